"""Asking Calendly whom a token acts for, and what the answer means for the credential."""

from __future__ import annotations

from dataclasses import dataclass, replace

from relay.calendly import Me, TokenRefused
from relay.errors import CalendlyTrouble
from relay.model.credential import Credential
from relay.web.documents import fault
from relay.web.services import Services


@dataclass(frozen=True, slots=True)
class Asked:
    """What Calendly told, or said against the token, or why it said nothing; all empty where it was not asked."""

    me: Me | None = None
    refused: str = ""
    unanswered: str = ""

    @property
    def trouble(self) -> str:
        """Give what keeps the credential from being used, as far as was found out just now."""
        return self.refused or self.unanswered

    def told(self, credential: Credential) -> Credential:
        """Write what Calendly told into a credential with that token. An organization that it has stays."""
        if self.refused:
            return replace(credential, trouble=self.refused)
        if self.me is None:
            return credential
        organization = credential.organization or self.me.organization
        return replace(credential, organization=organization, user=self.me.user, trouble="")


def ask(services: Services, credential: Credential) -> Asked:
    """Ask `GET /users/me`."""
    try:
        return Asked(services.calendly.me(credential, services.store.vault.open(credential.token)))
    except TokenRefused as exc:
        return Asked(refused=exc.detail)
    except CalendlyTrouble as exc:
        # Nothing is known against the token, so the credential is kept: a worker asks again when it needs to.
        return Asked(unanswered=exc.detail)


def ask_or_refuse(services: Services, credential: Credential) -> Asked:
    """Ask Calendly about the token. Raises Invalid if it is refused, or acts for another organization than is given."""
    asked = ask(services, credential)
    if asked.refused:
        raise fault("#/token", asked.refused.rstrip("."))
    if asked.me and credential.organization not in {"", asked.me.organization}:
        raise fault(
            "#/organization",
            f"should be left out, or null, and it is found: the token acts for {asked.me.organization}",
        )
    return asked

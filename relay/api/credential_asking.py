"""Asking Calendly whom a token acts for, and what the answer means for the credential."""

from __future__ import annotations

from dataclasses import dataclass, replace

from relay.calendly import TokenRefused
from relay.errors import CalendlyTrouble
from relay.model.credential import Credential
from relay.web.documents import fault
from relay.web.services import Services


@dataclass(frozen=True, slots=True)
class Asked:
    """The credential as it is known now, and what Calendly said against it, empty if nothing."""

    credential: Credential
    refused: str = ""
    unanswered: str = ""

    @property
    def trouble(self) -> str:
        """Give what keeps the credential from being used, as far as is known."""
        return self.refused or self.unanswered or self.credential.trouble

    def laid_over(self, stands: Credential, before: Credential) -> Credential:
        """Give what a change to `before` makes of the credential that stands by now.

        A token that somebody else changed meanwhile stays, unless this change has a token of its own.
        """
        changed = replace(self.credential, created_at=stands.created_at)
        if changed.token != before.token or stands.token == before.token:
            return changed
        return replace(stands, rate=changed.rate)

    def told(self, stands: Credential) -> Credential:
        """Write what Calendly told over a credential as it stands by now, unless it has another token."""
        known = self.credential
        if stands.token != known.token:
            return stands
        return replace(stands, organization=known.organization, user=known.user, trouble=known.trouble)


def ask(services: Services, credential: Credential) -> Asked:
    """Ask `GET /users/me`. An organization that the credential has stays; one that it lacks is filled in."""
    try:
        me = services.calendly.me(credential, services.store.vault.open(credential.token))
    except TokenRefused as exc:
        return Asked(replace(credential, trouble=exc.detail), refused=exc.detail)
    except CalendlyTrouble as exc:
        # Nothing is known against the token, so the credential is kept: a worker asks again when it needs to.
        return Asked(credential, unanswered=exc.detail)
    organization = credential.organization or me.organization
    return Asked(replace(credential, organization=organization, user=me.user, trouble=""))


def ask_or_refuse(services: Services, credential: Credential) -> Asked:
    """Ask Calendly about the token. Raises Invalid if it is refused."""
    asked = ask(services, credential)
    if asked.refused:
        raise fault("#/token", asked.refused.rstrip("."))
    return asked

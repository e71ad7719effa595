"""Asking Calendly whom a token acts for, and what the answer means for the credential."""

from __future__ import annotations

from dataclasses import dataclass, replace

from relay.api.waiting import a_place
from relay.calendly import Me, TokenRefused
from relay.errors import CalendlyTrouble
from relay.model.credential import Credential
from relay.oauth import Broken, Later, Ready
from relay.web.documents import fault
from relay.web.services import Services


@dataclass(frozen=True, slots=True)
class Asked:
    """What Calendly told, or said against the token, or why it said nothing; all empty where it was not asked."""

    me: Me | None = None
    refused: str = ""
    unanswered: str = ""
    broken: str = ""  # there is no grant to ask with; the credential says so itself
    token: str = ""  # what was asked with, sealed: a grant may have been renewed for it

    @property
    def trouble(self) -> str:
        """Give what keeps the credential from being used, as far as was found out just now."""
        return self.refused or self.unanswered or self.broken

    def told(self, credential: Credential) -> Credential:
        """Write what Calendly told into a credential with that token. An organization that it has stays."""
        if self.refused:
            return replace(credential, trouble=self.refused)
        if self.me is None:
            return credential
        organization = credential.organization or self.me.organization
        return replace(credential, organization=organization, user=self.me.user, trouble="")


def ask(services: Services, credential: Credential) -> Asked:
    """Ask `GET /users/me`. A grant is renewed before if need be, and once more if Calendly refuses its token."""
    if credential.kind != "oauth":
        return _ask(services, credential)
    asked = _ask_with_grant(services, credential)
    if asked.refused and services.grants.doubt(credential):
        asked = _ask_with_grant(services, services.store.credentials.get(credential.id))
    return asked


def _ask_with_grant(services: Services, credential: Credential) -> Asked:
    match services.grants.usable(credential):
        case Ready(credential=usable):
            return _ask(services, usable)
        case Later(reason=reason):
            return Asked(unanswered=f"There is no usable token at this moment: {reason}.")
        case Broken(reason=reason):
            return Asked(broken=reason)


def _ask(services: Services, credential: Credential) -> Asked:
    try:
        me = services.calendly.me(credential, services.store.vault.open(credential.token))
        return Asked(me, token=credential.token)
    except TokenRefused as exc:
        return Asked(refused=exc.detail, token=credential.token)
    except CalendlyTrouble as exc:
        # Nothing is known against the token, so the credential is kept: a worker asks again when it needs to.
        return Asked(unanswered=exc.detail)


def ask_or_refuse(services: Services, credential: Credential) -> Asked:
    """Ask Calendly about the token. Raises Invalid if it is refused, or acts for another organization than is given."""
    with a_place(services):
        asked = ask(services, credential)
    if asked.refused:
        # Where the tokens are Calendly's own, what was sent and needs them is the organization.
        raise fault("#/organization" if credential.kind == "oauth" else "#/token", asked.refused.rstrip("."))
    if asked.me and credential.organization not in {"", asked.me.organization}:
        raise fault(
            "#/organization",
            f"should be left out, or null, and it is found: the token acts for {asked.me.organization}",
        )
    return asked

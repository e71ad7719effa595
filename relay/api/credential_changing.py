"""PATCH of a credential: what it wishes, what Calendly says to that, and how both are laid over what stands by then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from relay.api.credential_asking import Asked, ask_or_refuse
from relay.api.credential_building import build, changed_document
from relay.errors import Conflict
from relay.model.credential import Credential
from relay.web.masks import is_mask
from relay.web.services import Services


@dataclass(frozen=True, slots=True)
class Change:
    """A PATCH that Calendly does not refuse: the names it gave, what it makes of `before`, and what Calendly told."""

    given: Mapping[str, Any]
    before: Credential
    wished: Credential
    asked: Asked

    @property
    def has_token(self) -> bool:
        """Tell whether the PATCH brings a token of its own."""
        return self.wished.token != self.before.token

    def laid_over(self, services: Services, stands: Credential) -> Credential:
        """Give what the PATCH makes of the credential that stands by now: names that it did not give stay.

        Raises Conflict where it names an organization and somebody else changed the token that it was asked for.
        """
        changed = build(services, changed_document(stands, self.given), stands)
        if self.has_token:
            own = replace(changed, token=self.wished.token, organization=self.wished.organization)
            return self.asked.told(own)
        if stands.token == self.before.token:
            return self.asked.told(changed)
        if self.wished.organization != self.before.organization:
            raise Conflict("The token was changed at the same time; send this again.")
        return changed


def prepare(services: Services, before: Credential, given: Mapping[str, Any]) -> Change:
    """Read a PATCH, and ask Calendly about a token or an organization that is new. Raises Invalid.

    A new token comes without the organization of the old one.
    """
    if "token" in given and not is_mask(given["token"]):
        given = {"organization": None, **given}
    wished = build(services, changed_document(before, given), before)
    if wished.token == before.token and before.organization == wished.organization != "":
        return Change(given, before, wished, Asked())
    asked = ask_or_refuse(services, wished)
    if asked.unanswered and wished.token != before.token and wished.organization == before.organization:
        # It came back with a document that was read, so it is the old token's, and nobody can say yet if it is right.
        wished = replace(wished, organization="")
    return Change(given, before, wished, asked)

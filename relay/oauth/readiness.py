"""How usable a credential is: now, later, or not before a person connects it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from relay.model.credential import Credential
from relay.oauth.words import not_connected


@dataclass(frozen=True, slots=True)
class Ready:
    """The credential's token can be used now."""

    credential: Credential


@dataclass(frozen=True, slots=True)
class Later:
    """There is no usable token now; ask again in so many seconds."""

    seconds: float
    reason: str
    others: bool = False  # another process is renewing at this moment


@dataclass(frozen=True, slots=True)
class Broken:
    """There is no grant, or Calendly renews it no more: a person has to connect the credential."""

    reason: str


Readiness = Ready | Later | Broken


def as_it_is(credential: Credential) -> Readiness | None:
    """Say how usable a credential is without asking anybody; None where it has to be renewed first."""
    if credential.kind != "oauth":
        return Ready(credential)
    grant = credential.grant
    if grant is None:
        return Broken(not_connected(credential.id))
    if grant.ended:
        return Broken(grant.ended)
    return None if grant.doubted or grant.has_expired(time.time()) else Ready(credential)

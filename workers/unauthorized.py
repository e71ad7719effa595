"""What happens when Calendly does not accept a credential: its destinations pause, and keep their records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import structlog

from relay.catalogue import template
from relay.errors import UnknownCredential, UnknownDestination
from relay.model.credential import Credential
from relay.model.destination import Destination, StandingDestination
from relay.model.verdict import Unauthorized
from workers.services import Services

log = structlog.get_logger()


def turn_away(services: Services, refused: str, credential: Credential, verdict: Unauthorized) -> bool:
    """Pause the destinations that cannot work with this token, and write the reason on them and on the credential.

    A token that is refused as a whole pauses all of its destinations; a missing scope, those whose template needs it
    and `refused`, the destination that met with it. False: the token or the destination has changed meanwhile, and
    the new one is not blamed for the old; or the token came of a grant, which the next turn renews and tries once more.
    """
    because = f"Calendly refuses the credential '{credential.id}': {verdict.reason}"
    try:
        own = services.store.destinations.get(refused)
    except UnknownDestination:
        return False
    if own.settings.credential != credential.id:
        return False
    if own.paused_because == because:
        return True  # another of its calls has seen to all this: many may be refused at once
    if not verdict.scopes and services.grants.doubt(credential):
        return False
    if not _blamed(services, credential, verdict.reason):
        return False
    if _pause(services, own, because) or own.state != "active":
        for other in _others_concerned(services, own, verdict):
            _pause(services, other, because)
    return True


def _blamed(services: Services, credential: Credential, reason: str) -> bool:
    """Write the reason on the credential, if it still has this token; tells whether it has."""

    def blame(stands: Credential) -> Credential:
        return replace(stands, trouble=reason) if stands.token == credential.token else stands

    try:
        return services.store.credentials.change(credential.id, blame).token == credential.token
    except UnknownCredential:
        return False


def _pause(services: Services, standing: StandingDestination, because: str) -> bool:
    settings = standing.settings
    paused = services.store.destinations.pause_if_active(settings.id, because)
    if paused:
        log.warning("destination.paused", destination=settings.id, credential=settings.credential)
    return paused


def _others_concerned(
    services: Services, own: StandingDestination, verdict: Unauthorized
) -> Iterator[StandingDestination]:
    for identifier in services.store.destinations.of_credential(own.settings.credential):
        with suppress(UnknownDestination):  # deleted at this moment
            other = services.store.destinations.get(identifier)
            if identifier != own.settings.id and (
                not verdict.scopes or _needs(other.settings, verdict.scopes)
            ):
                yield other


def _needs(destination: Destination, scopes: tuple[str, ...]) -> bool:
    return not set(scopes).isdisjoint(template(destination.template).scopes)

"""Finding out what serving a lane takes: its destination, its credential, its template."""

from __future__ import annotations

import structlog

from relay.catalogue import template
from relay.errors import UnknownCredential, UnknownDestination
from relay.model.credential import Credential
from relay.model.destination import StandingDestination
from relay.store import Lane
from relay.store.vault import CannotOpen
from workers.callback_work import CallbackWork
from workers.delivery_work import DeliveryWork
from workers.services import Services

log = structlog.get_logger()


def work_on(services: Services, lane: Lane) -> DeliveryWork | CallbackWork | None:
    """Give what the lane's items need, or None where they cannot be served now.

    A destination whose credential cannot be used pauses, says why, and keeps its records.
    """
    try:
        destination = services.store.destinations.get(lane.destination)
    except UnknownDestination:
        return None
    if lane.kind == "callback":
        return CallbackWork(services, destination)
    try:
        credential, token = _credential(services, destination)
    except Unusable as exc:
        services.store.destinations.pause_if_active(lane.destination, str(exc))
        log.warning("destination.paused", destination=lane.destination, because=str(exc))
        return None
    return DeliveryWork(services, destination, template(destination.settings.template), credential, token)


class Unusable(Exception):
    """The destination's credential cannot be used; the text says why."""


def _credential(services: Services, destination: StandingDestination) -> tuple[Credential, str]:
    name = destination.settings.credential
    try:
        credential = services.store.credentials.get(name)
        token = services.store.vault.open(credential.token)
    except UnknownCredential as exc:
        raise Unusable(f"Its credential '{name}' does not exist.") from exc
    except CannotOpen as exc:
        raise Unusable(f"The token of credential '{name}' cannot be opened with RELAY_SECRET_KEY.") from exc
    if credential.kind == "sandbox" and not services.settings.sandbox_url:
        raise Unusable(f"Its credential '{name}' is for the sandbox, and RELAY_SANDBOX_URL is not set.")
    return credential, token

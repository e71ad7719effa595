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
    """Give what the lane's items need, or None where there is nothing to serve.

    That is a destination that is gone, or one whose credential is: it pauses, says why, and keeps its records.
    Raises NotByThisWorker where another worker, or this one with other settings, could serve the lane.
    """
    try:
        destination = services.store.destinations.get(lane.destination)
    except UnknownDestination:
        return None
    if lane.kind == "callback":
        return CallbackWork(services, destination, _callback_secret(services, destination))
    try:
        credential, token = _credential(services, destination)
    except UnknownCredential:
        because = f"Its credential '{destination.settings.credential}' does not exist."
        services.store.destinations.pause_if_active(lane.destination, because)
        log.warning("destination.paused", destination=lane.destination, because=because)
        return None
    return DeliveryWork(services, destination, template(destination.settings.template), credential, token)


class NotByThisWorker(Exception):
    """This process lacks a setting that the lane needs; the text says which. Nothing is wrong with the destination."""


def _callback_secret(services: Services, destination: StandingDestination) -> str:
    callback = destination.settings.callback
    try:
        return "" if callback is None else services.store.vault.open(callback.secret)
    except CannotOpen as exc:
        raise NotByThisWorker("No key in RELAY_SECRET_KEY opens the secret of its callback.") from exc


def _credential(services: Services, destination: StandingDestination) -> tuple[Credential, str]:
    name = destination.settings.credential
    credential = services.store.credentials.get(name)
    if credential.kind == "sandbox" and not services.settings.sandbox_url:
        raise NotByThisWorker(f"Credential '{name}' is for the sandbox, and RELAY_SANDBOX_URL is not set.")
    try:
        return credential, services.store.vault.open(credential.token)
    except CannotOpen as exc:
        raise NotByThisWorker(f"No key in RELAY_SECRET_KEY opens the token of credential '{name}'.") from exc

"""Finding out what serving a lane takes: its destination, its credential, its template."""

from __future__ import annotations

import time

import structlog

from relay.callbacks import Opened, open_callback
from relay.errors import UnknownCredential, UnknownDestination
from relay.model.credential import Credential
from relay.model.destination import StandingDestination
from relay.oauth import Broken, Later, Ready
from relay.shaping.templates import template_of
from relay.store import Lane
from relay.store.vault import CannotOpen
from workers.callback_work import CallbackWork
from workers.delivery_work import NO_TOKEN, DeliveryWork
from workers.services import Services

log = structlog.get_logger()


def work_on(services: Services, lane: Lane) -> DeliveryWork | CallbackWork | None:
    """Give what the lane's items need, or None where there is nothing to serve.

    That is a destination that is gone, or one whose credential is: it pauses, says why, and keeps its records. Or one
    whose grant is being renewed: its lane is looked at again soon. One whose grant has ended pauses, too, and its work
    begins nothing; it only ends what an earlier turn left in flight.
    Raises NotByThisWorker where another worker, or this one with other settings, could serve the lane.
    """
    try:
        destination = services.store.destinations.get(lane.destination)
    except UnknownDestination:
        return None
    if lane.kind == "callback":
        return CallbackWork(services, destination, _opened(services, destination))
    try:
        credential, token = _credential(services, destination)
    except UnknownCredential:
        _pause(services, lane, f"Its credential '{destination.settings.credential}' does not exist.")
        return None
    except GrantEnded as exc:
        _pause(services, lane, str(exc))
        credential, token = exc.credential, NO_TOKEN
    except NoTokenYet as exc:
        log.info("lane.waits", lane=lane.name, because=str(exc))
        return None
    return DeliveryWork(services, lane, destination, template_of(destination.settings), credential, token)


class NotByThisWorker(Exception):
    """This process lacks a setting that the lane needs; the text says which. Nothing is wrong with the destination."""


class GrantEnded(Exception):
    """A person has to connect the credential before anything can go out; the text says why."""

    def __init__(self, credential: Credential, reason: str) -> None:
        super().__init__(reason)
        self.credential = credential


class NoTokenYet(Exception):
    """There is no usable token at this moment; the text says why."""


def _pause(services: Services, lane: Lane, because: str) -> None:
    if services.store.destinations.pause_if_active(lane.destination, because):
        log.warning("destination.paused", destination=lane.destination, because=because)


def _opened(services: Services, destination: StandingDestination) -> Opened | None:
    callback = destination.settings.callback
    try:
        return None if callback is None else open_callback(services.store.vault, callback, time.time())
    except CannotOpen as exc:
        raise NotByThisWorker("No key in RELAY_SECRET_KEY opens the secrets of its callback.") from exc


def _credential(services: Services, destination: StandingDestination) -> tuple[Credential, str]:
    name = destination.settings.credential
    credential = services.store.credentials.get(name)
    if credential.kind == "sandbox" and not services.settings.sandbox_url:
        raise NotByThisWorker(f"Credential '{name}' is for the sandbox, and RELAY_SANDBOX_URL is not set.")
    try:
        credential = _renewed(services, credential)
        return credential, services.store.vault.open(credential.token)
    except CannotOpen as exc:
        raise NotByThisWorker(f"No key in RELAY_SECRET_KEY opens the token of credential '{name}'.") from exc


def _renewed(services: Services, credential: Credential) -> Credential:
    """Give the credential with a token that is good now. Workers renew grants ahead of time, so it mostly is."""
    match services.grants.usable(credential):
        case Ready(credential=usable):
            return usable
        case Later(reason=reason):
            raise NoTokenYet(reason)
        case Broken(reason=reason):
            raise GrantEnded(credential, reason)

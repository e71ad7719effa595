"""Finding out what serving a lane takes: its destination, its credential, its template."""

from __future__ import annotations

import time

import structlog

from relay.callbacks import open_callback
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

    That is a destination that is gone. One whose credential is, or whose grant has ended, pauses, says why, and keeps its
    records; one whose grant is being renewed, or whose secrets this process cannot open, is looked at again soon. The work
    of all these begins nothing: it only ends what an earlier turn left in flight.
    """
    try:
        destination = services.store.destinations.get(lane.destination)
    except UnknownDestination:
        return None
    if lane.kind == "callback":
        return _callback_work(services, lane, destination)
    try:
        credential, token = _credential(services, destination)
    except NoToken as exc:
        _say_why(services, lane, exc)
        credential, token = exc.credential, NO_TOKEN
    return DeliveryWork(services, lane, destination, template_of(destination.settings), credential, token)


class NoToken(Exception):
    """There is nothing to call with as this user; the text says why."""

    def __init__(self, credential: Credential, reason: str) -> None:
        super().__init__(reason)
        self.credential = credential


class NotByThisWorker(NoToken):
    """This process lacks a setting that the lane needs. Nothing is wrong with the destination: others may serve it."""


class NoTokenForGood(NoToken):
    """A person has to make or connect the credential before anything can go out."""


def _say_why(services: Services, lane: Lane, why: NoToken) -> None:
    match why:
        case NoTokenForGood():
            _pause(services, lane, str(why))
        case NotByThisWorker():
            _not_served(lane, str(why))
        case _:
            log.info("lane.waits", lane=lane.name, because=str(why))


def _not_served(lane: Lane, because: str) -> None:
    log.error("lane.not_served", lane=lane.name, because=because)


def _pause(services: Services, lane: Lane, because: str) -> None:
    if services.store.destinations.pause_if_active(lane.destination, because):
        log.warning("destination.paused", destination=lane.destination, because=because)


def _callback_work(services: Services, lane: Lane, destination: StandingDestination) -> CallbackWork:
    callback = destination.settings.callback
    try:
        opened = None if callback is None else open_callback(services.store.vault, callback, time.time())
    except CannotOpen:
        _not_served(lane, "No key in RELAY_SECRET_KEY opens the secrets of its callback.")
        return CallbackWork(services, destination, None, locked=True)
    return CallbackWork(services, destination, opened)


def _credential(services: Services, destination: StandingDestination) -> tuple[Credential, str]:
    """Give as whom to call, and the token. Raises NoToken."""
    name = destination.settings.credential
    try:
        credential = services.store.credentials.get(name)
    except UnknownCredential as exc:
        # Stands for whoever it was: nothing is called as him.
        nobody = Credential(id=name, kind="personal_access_token", token=NO_TOKEN)
        raise NoTokenForGood(nobody, f"Its credential '{name}' does not exist.") from exc
    if credential.kind == "sandbox" and not services.settings.sandbox_url:
        reason = f"Credential '{name}' is for the sandbox, and RELAY_SANDBOX_URL is not set."
        raise NotByThisWorker(credential, reason)
    try:
        usable = _renewed(services, credential)
        return usable, services.store.vault.open(usable.token)
    except CannotOpen as exc:
        reason = f"No key in RELAY_SECRET_KEY opens the token of credential '{name}'."
        raise NotByThisWorker(credential, reason) from exc


def _renewed(services: Services, credential: Credential) -> Credential:
    """Give the credential with a token that is good now. Workers renew grants ahead of time, so it mostly is."""
    match services.grants.usable(credential):
        case Ready(credential=usable):
            return usable
        case Later(reason=reason):
            raise NoToken(credential, reason)
        case Broken(reason=reason):
            raise NoTokenForGood(credential, reason)

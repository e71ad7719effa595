"""Test sends: one call now, of a record or of what a person edited, in the log like any other and marked as a test."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from relay.catalogue.template import InvalidRecord, Template
from relay.errors import Conflict, FieldError, Invalid, NotReady, StoreUnavailable
from relay.model.delivery import WAITING, DeliveryLog
from relay.model.destination import Destination
from relay.model.masks import hidden, masked
from relay.shaping.manual import ManualTemplate
from relay.shaping.shape import shape
from relay.shaping.templates import template_of
from relay.store.patience import waiting_at_most
from relay.web.documents import fault
from relay.web.services import Services
from relay.web.turns import ask_for_turn

LOOK = 0.05  # seconds between two looks whether it is over
FOR_A_LOOK = 3.0  # seconds that Redis may take for one
PATIENCE = 5.0  # seconds beyond the time that a call may take
OVER = frozenset({"delivered", "dead", "canceled", "uncertain"})


def send_test(services: Services, destination: Destination, given: Mapping[str, Any]) -> DeliveryLog:
    """Send one call and give its delivery, settled unless that takes longer than a call may, and then canceled.

    A worker makes the call: it is on record before its first byte is sent, within the budget, and never sent twice.
    Raises Invalid, Conflict where the credential is not connected, NotReady where no worker is there, and NotDurable
    where none would begin a call that Redis does not promise to remember.
    """
    template = template_of(destination)
    if given["record"] is not None:
        fields = _of_record(destination, template, given["record"])
        record = given["record"]
    else:
        fields = _of_edited(destination, template, given["path"] or {}, given["body"])
        record = fields
    _refuse_unconnected(services, destination)
    if not services.store.presence.workers():
        raise NotReady("No worker process is running, so nobody can make the call.")
    identifier = services.store.new_delivery_id(destination.id)
    sealed = services.store.vault.seal_some(fields, template.secret_fields)
    services.store.acceptance.begin_test(destination, identifier, [_shown(template, record, fields)], sealed)
    ask_for_turn(destination.id, "test")
    return _awaited(services, identifier)


def _refuse_unconnected(services: Services, destination: Destination) -> None:
    credential = services.store.credentials.get(destination.credential)
    if credential.kind == "oauth" and credential.grant is None:
        raise Conflict(f"The credential '{credential.id}' is not connected yet, so nothing can be called.")


def _of_record(destination: Destination, template: Template, record: dict[str, Any]) -> dict[str, Any]:
    shapes = shape(destination, [record])
    if shapes.wrong:
        faults = tuple(
            replace(each, pointer="#/record" + each.pointer.removeprefix("#"), index=None)
            for each in shapes.wrong[0]
        )
        raise Invalid("The record is wrong; nothing was sent.", errors=faults)
    if shapes.skipped:
        raise fault("#/record", "does not count: the destination's inbound.when is not true for it")
    fields = shapes.right[0].fields
    return template.merged([fields]) if destination.batch else fields


def _of_edited(
    destination: Destination, template: Template, path: dict[str, Any], body: Any
) -> dict[str, Any]:
    """Take what a person edited as it stands, as far as the template lets it."""
    try:
        if isinstance(template, ManualTemplate):
            return {**template.read(path), "body": body}
        if body is not None and not isinstance(body, dict):
            raise fault("#/body", "should be a JSON object")
        return template.read({**(body or {}), **path}, destination.allow)
    except InvalidRecord as exc:
        faults = tuple(_in_its_part(template, each) for each in exc.errors)
        raise Invalid("The call is wrong; nothing was sent.", errors=faults) from exc


def _in_its_part(template: Template, each: FieldError) -> FieldError:
    """Point into `path` or `body`, where the person wrote it."""
    name = each.pointer.removeprefix("#/").partition("/")[0]
    in_path = isinstance(template, ManualTemplate) or name in template.path_fields
    return replace(each, pointer=f"#/{'path' if in_path else 'body'}{each.pointer.removeprefix('#')}")


def _shown(template: Template, record: dict[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    secrets = {fields[name] for name in template.secret_fields if name in fields}
    return dict(hidden(masked(record, template.secret_fields), secrets))


def _awaited(services: Services, identifier: str) -> DeliveryLog:
    give_up_at = time.monotonic() + services.settings.call_timeout + PATIENCE
    while True:
        # The call goes on without us, and Redis comes back in most cases. Each look has a time of its own.
        with suppress(StoreUnavailable), waiting_at_most(FOR_A_LOOK):
            delivery = services.store.deliveries.get(identifier)
            if delivery.state in OVER:
                return delivery
        if time.monotonic() > give_up_at:
            return _withdrawn(services, identifier)
        time.sleep(LOOK)


def _withdrawn(services: Services, identifier: str) -> DeliveryLog:
    """Take back a test whose call nobody began in time: who waited for it must not be surprised by it later."""
    if services.store.deliveries.get(identifier).state not in WAITING:
        return services.store.deliveries.get(identifier)  # its call is on its way
    with suppress(Conflict):
        reason = (
            f"No worker could make the call in time; nothing was sent. {services.store.durability.trouble()}"
        )
        return services.store.operations.cancel(identifier, reason.strip())
    return services.store.deliveries.get(identifier)

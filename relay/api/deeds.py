"""What people do by the management API is written down in the audit: which action, on what, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, g, request
from marshmallow import Schema

from relay.store.audit import Deed
from relay.web.documents import Part, ReadOnly
from relay.web.services import services

READS = frozenset({"GET", "HEAD"})
# What each write is called in the audit, by its view.
NAMES = {
    "keys.create_key": "key.created",
    "keys.change_key": "key.changed",
    "keys.revoke_key": "key.revoked",
    "credentials.create_credential": "credential.created",
    "credentials.change_credential": "credential.changed",
    "credentials.delete_credential": "credential.deleted",
    "credentials.check_credential": "credential.checked",
    "credentials.connect_credential": "credential.connection_begun",
    "credentials.pause_destinations": "credential.paused",
    "credentials.resume_destinations": "credential.resumed",
    "destinations.create_destination": "destination.created",
    "destinations.change_destination": "destination.changed",
    "destinations.delete_destination": "destination.deleted",
    "destinations.activate": "destination.activated",
    "destinations.pause": "destination.paused",
    "callbacks.try_callback": "destination.callback_tested",
    "callbacks.rotate_secret": "destination.callback_secret_rotated",
    "trials.make_trial": "destination.tested",
    "replays.replay": "destination.replayed",
    "deliveries.retry_delivery": "delivery.retried",
    "deliveries.cancel_delivery": "delivery.canceled",
    "deliveries.resolve_delivery": "delivery.resolved",
    "deliveries.retry_callback": "delivery.callback_retried",
    "forgetting.forget": "person.forgotten",
}
CHANGE_NOTHING = frozenset({"trials.preview_calls"})
THINGS = ("credential", "destination", "delivery")


def remember(**details: Any) -> None:
    """Say more about what this request does: names, counts or a note, never the value of a secret or a record."""
    g.setdefault("deed", {}).update(details)


def changed_nothing() -> None:
    """Say that this write only looked."""
    g.only_looked = True


def write_deed(answer: Response) -> Response:
    """Write one entry for each write that was done; what was refused stands in the log only."""
    view = (request.endpoint or "").removeprefix("api.")
    looked = request.method in READS or view in CHANGE_NOTHING or g.get("only_looked", False)
    if not looked and answer.status_code < 400:
        services().store.audit.write(
            Deed(
                who=g.key.name,
                key=g.key.id,
                what=NAMES.get(view, view),
                on=_things(view),
                details=g.get("deed", {}),
                request_id=g.request_id,
            )
        )
    return answer


def changed_names(document: Schema, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Name the settings in which two documents differ, such as `name` and `delivery.concurrency`."""
    found = []
    for attribute, field in document.fields.items():
        name = field.data_key or attribute
        old, new = before.get(name), after.get(name)
        if isinstance(field, ReadOnly) or old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            part = field.schema if isinstance(field, Part) else None
            inner = changed_names(part, old, new) if part else _different(old, new)
            found += [f"{name}.{each}" for each in inner]
        else:
            found.append(name)
    return found


def _different(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]


def _things(view: str) -> dict[str, str]:
    """Name what was worked on: what stands in the address, and what the view noted in the request's event."""
    noted = {name: str(g.event[name]) for name in THINGS if name in g.event}
    named = (request.view_args or {}).get("identifier") or g.event.get("identifier")
    return {NAMES.get(view, view).partition(".")[0]: str(named), **noted} if named else noted

"""Which deliveries are asked for, and how a delivery looks in answers."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from typing import Any

from marshmallow import fields

from relay.api.ids import Slug
from relay.catalogue import CATALOGUE
from relay.model.delivery import STATES, Attempt, CallbackLog, DeliveryLog
from relay.model.masks import masked
from relay.web.answers import iso
from relay.web.documents import Document, OneOf, Text, sentences

MOST = 200  # things on a page of any list
USUAL = 50
_LOST_PLUS = re.compile(
    r"(?<=\d) (?=\d\d:?\d\d\Z)"
)  # the "+" of a zone, which an unescaped query turns into a space


class Moment(fields.String):
    """A date and time with its zone, read into Unix seconds."""

    def __init__(self, **options: Any) -> None:
        sentence = "should be a date and time with its zone, such as 2026-01-31T08:00:00Z"
        super().__init__(error_messages=sentences(sentence), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:  # type: ignore[override]
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            moment = datetime.fromisoformat(_LOST_PLUS.sub("+", text) if "T" in text else text)
            if moment.tzinfo is not None:
                return moment.timestamp()
        except (ValueError, OverflowError):
            pass
        raise self.make_error("invalid")


class Count(fields.String):
    """How much a page may hold, as a query writes it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(error_messages=sentences(f"should be a whole number from 1 to {MOST}"), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:  # type: ignore[override]
        text = super()._deserialize(value, attr, data, **kwargs)
        if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= MOST:
            raise self.make_error("invalid")
        return int(text)


class DeliveryQuery(Document):
    """Which deliveries a page should hold."""

    destination = Slug(load_default=None)
    state = OneOf(*STATES, load_default=None)
    since = Moment(load_default=None)
    until = Moment(load_default=None)
    record = Text(longest=200, load_default=None)
    limit = Count(load_default=USUAL)
    cursor = Text(longest=100, load_default=None)


def summary(delivery: DeliveryLog) -> dict[str, Any]:
    """Give a delivery as lists show it: how it fares, without what was sent."""
    latest = delivery.callbacks[-1] if delivery.callbacks else None
    return {
        "id": delivery.id,
        "destination": delivery.destination,
        "template": delivery.template,
        "state": delivery.state,
        "reason": delivery.reason or None,
        "attempts": delivery.attempt_count,
        "record_count": delivery.record_count,
        "test": delivery.test,
        "part_of": delivery.part_of or None,
        "parts": list(delivery.parts),
        "payload": delivery.payload,
        "accepted_at": iso(delivery.accepted_at),
        "updated_at": iso(delivery.updated_at),
        "settled_at": iso(delivery.settled_at),
        "next_attempt_at": iso(delivery.next_attempt_at),
        "callback": latest and {"id": latest.id, "state": latest.state},
    }


def whole(delivery: DeliveryLog) -> dict[str, Any]:
    """Give everything about one delivery; secrets that a record carried are masked."""
    template = CATALOGUE.get(delivery.template)
    secret = frozenset(template.secret_fields if template else ())
    return {
        **{name: value for name, value in summary(delivery).items() if name not in {"attempts", "callback"}},
        "records": delivery.records,
        "fields": masked(delivery.fields, secret),
        "found": delivery.found,
        "attempts": [_attempt(each) for each in delivery.attempts],
        "request": delivery.request,
        "response": delivery.response,
        "callbacks": [_callback(each) for each in delivery.callbacks],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    plain = asdict(attempt)
    return {**plain, "started_at": iso(attempt.started_at), "ended_at": iso(attempt.ended_at)}


def _callback(callback: CallbackLog) -> dict[str, Any]:
    return {
        "id": callback.id,
        "type": callback.type,
        "state": callback.state,
        "url": callback.url,
        "reason": callback.reason or None,
        "next_attempt_at": iso(callback.next_attempt_at),
        "body": callback.body,
        "unshaped": callback.unshaped or None,
        "payload": callback.payload,
        "attempts": [_attempt(each) for each in callback.attempts],
    }

"""Sending one sample callback now, exactly as real ones are sent; it is in no log, and nothing follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from relay.callbacks import (
    CallbackType,
    CannotShape,
    Opened,
    callback_headers,
    make_payload,
    open_callback,
    read_callback_outcome,
    send_callback,
    written,
)
from relay.callbacks.sample import example_call, sample_told
from relay.errors import Conflict
from relay.model.call import Answer, Outcome
from relay.model.destination import CallbackSettings, Destination
from relay.model.masks import MASK
from relay.outgoing.door import as_sent
from relay.web.masks import mask
from relay.web.services import Services

MOST_SHOWN = 4000  # characters of what the receiver answers
SHORTEST_HIDDEN = (
    8  # characters of a header's value; anything shorter hides nothing, and stands in half of all texts
)


def callback_of(destination: Destination) -> CallbackSettings:
    """Give the destination's callback; Conflict where it has none."""
    if destination.callback is None:
        raise Conflict("This destination has no callback; PATCH it with one first.")
    return destination.callback


def send_sample(services: Services, destination: Destination, kind: CallbackType) -> dict[str, Any]:
    """Send the sample and say what was sent and what came of it; trouble on the network is told, never raised."""
    callback, now = callback_of(destination), datetime.now(UTC)
    opened = open_callback(services.store.vault, callback, now.timestamp())
    try:
        body = written(_payload(services, destination, kind, now), callback.body)
    except CannotShape as exc:
        return {"sent": None, "response": None, "error": str(exc), "seconds": 0.0}
    identifier = services.store.new_callback_id(destination.id)
    timeout = services.settings.callback_timeout
    door = services.callback_door
    outcome = send_callback(door, callback.url, opened, identifier, body, timeout=timeout, now=now)
    headers = as_sent(callback_headers(opened, identifier, body, now))
    return {
        "sent": {
            "url": callback.url,
            "headers": {
                name: mask(value) if name in opened.headers else value for name, value in headers.items()
            },
            "body": json.loads(body),
        },
        "response": _response(outcome, opened),
        "error": _error(outcome),
        "seconds": round(outcome.seconds, 3),
    }


def _payload(
    services: Services, destination: Destination, kind: CallbackType, now: datetime
) -> dict[str, Any]:
    credential = services.store.credentials.get(destination.credential)
    call = example_call(destination, credential.organization)
    url = services.calendly.request_url(credential, call)
    request = {"method": call.method, "url": url, "body": call.body}
    delivery = services.store.new_delivery_id(destination.id)
    return make_payload(sample_told(destination, kind, delivery, request, now), now)


def _error(outcome: Outcome) -> str | None:
    """Say why a real callback would not count as arrived."""
    reason = read_callback_outcome(outcome).reason
    return f"{reason[0].upper()}{reason[1:].rstrip('.')}." if reason else None


def _response(outcome: Outcome, opened: Opened) -> dict[str, Any] | None:
    if not isinstance(outcome, Answer):
        return None
    # A receiver that echoes what it is sent must not bring the secrets back.
    secrets = sorted(_pieces(opened.headers.values()), key=len, reverse=True)
    headers = {name: _without(value, secrets) for name, value in outcome.headers.items()}
    return {
        "status": outcome.status,
        "headers": headers,
        "body": _excerpt(_without(outcome.body, secrets)),
    }


def _pieces(values: Iterable[str]) -> set[str]:
    """Give the texts to hide: each value whole, and each word of it, such as the token after “Bearer”."""
    every = [piece for value in values for piece in (value, *value.split())]
    return {piece for piece in every if len(piece) >= SHORTEST_HIDDEN}


def _without(value: Any, secrets: list[str]) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, list):
        return [_without(each, secrets) for each in value]
    if isinstance(value, Mapping):
        return {_without(name, secrets): _without(each, secrets) for name, each in value.items()}
    return value


def _excerpt(body: Any) -> Any:
    """Give a short body as it is, and of a long one the beginning, as a text."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return body if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}… (cut)"

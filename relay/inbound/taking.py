"""Taking a request's records: what is stored of them, and what the request is answered, also when it comes again."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relay.errors import BadRequest, FieldError, Invalid
from relay.inbound.checking import new_records, refuse_wrong, rejected
from relay.model.destination import Destination, StandingDestination
from relay.shaping.shape import Shaped, Shapes, shape
from relay.shaping.templates import template_of
from relay.store import Store
from relay.store.acceptance import Accepted, OtherBody, OtherRecords, Request
from relay.web.services import services

LONGEST_KEY = 255  # characters of an Idempotency-Key
_OTHER_BODY = "This Idempotency-Key came with another body before; a new request needs a new key."
RESEND = 120_000  # milliseconds for which our own repeats of one request are known


@dataclass(frozen=True, slots=True)
class Taken:
    """What a request is answered. `wake`: a turn should be asked for."""

    answer: dict[str, Any]
    status: int
    replayed: bool = False
    wake: bool = False


def idempotency_key(header: str | None) -> str:
    """Read an Idempotency-Key, bare or in quotes; empty where there is none. Raises BadRequest."""
    if header is None:
        return ""
    key = header.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 1 <= len(key) <= LONGEST_KEY or not all(" " <= letter <= "~" for letter in key):
        raise BadRequest(f"The Idempotency-Key should be 1 to {LONGEST_KEY} printable ASCII characters.")
    return key


def recall(store: Store, standing: StandingDestination, key: str, body: bytes) -> Taken | None:
    """Give the first answer to this request once more, whatever has changed since; None where it is new."""
    try:
        accepted = store.acceptance.recall(standing, _named(key), _digest(body))
    except OtherBody:
        raise Invalid(_OTHER_BODY) from None
    return _answered(json.loads(accepted.rest), accepted) if accepted else None


def take_records(
    store: Store, destination: Destination, records: Sequence[Any], key: str, body: bytes
) -> Taken:
    """Shape, check and store records. Raises Invalid, and whatever acceptance raises."""
    shapes = shape(destination, records)
    while True:
        refuse_wrong(shapes, len(records), partial=destination.partial)
        try:
            return _store(store, destination, shapes, key, body)
        except OtherRecords as exc:
            # Each time there are fewer: another request may store the key of one of the rest in between.
            shapes = _set_aside(shapes, exc.places)
        except OtherBody:
            raise Invalid(_OTHER_BODY) from None


def _store(store: Store, destination: Destination, shapes: Shapes, key: str, body: bytes) -> Taken:
    rest: dict[str, Any] = {
        "indices": [each.index for each in shapes.right],
        "rejected": rejected(shapes.wrong),
        "skipped": [{"index": index} for index in shapes.skipped],
    }
    request = _request(store, destination, shapes, key, body, json.dumps(rest))
    if not shapes.right and request is None:
        return _answered(rest, Accepted([]))
    template = template_of(destination)
    new = new_records(template, shapes.right, lambda: store.new_delivery_id(destination.id), store.vault)
    # A Redis that can be read may be one that takes no writes, and says so as late.
    with services().scout.sent(f"{store.server_of(destination.id)}, written to"):
        accepted = store.acceptance.accept(destination, new, request, template.heaviest)
    first = json.loads(accepted.rest) if accepted.replayed and accepted.rest != "{}" else rest
    return _answered(first, accepted)


def _request(
    store: Store, destination: Destination, shapes: Shapes, key: str, body: bytes, rest: str
) -> Request | None:
    """Give the key by which this request's repeats are known: the sender's, or one for our own if Redis drops us."""
    if key:
        return Request(key=_named(key), digest=_digest(body), keep=store.acceptance.keep, rest=rest)
    if shapes.right and (destination.batch or destination.shape.dedupe):
        return Request(key=f"own-{secrets.token_hex(16)}", digest="", keep=RESEND, rest=rest, ours=True)
    return None


def _named(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _answered(rest: dict[str, Any], accepted: Accepted) -> Taken:
    pairs = zip(rest["indices"], accepted.deliveries, strict=True)
    answer = {
        "accepted": [{"index": index, "delivery": delivery} for index, delivery in pairs],
        "rejected": rest["rejected"],
        "skipped": rest["skipped"],
    }
    only_skipped = not answer["accepted"] and not answer["rejected"]
    return Taken(answer, 200 if only_skipped else 202, accepted.replayed, accepted.wake)


def _set_aside(shapes: Shapes, places: Sequence[int]) -> Shapes:
    """Count as wrong the records whose dedupe keys stand for other records."""
    sentence = "repeats an earlier record's dedupe key, and would send something else"
    others: list[Shaped] = [shapes.right[place] for place in places]
    wrong = {each.index: (FieldError("#", sentence, each.index),) for each in others}
    right = [each for each in shapes.right if each.index not in wrong]
    return Shapes(right, dict(sorted({**shapes.wrong, **wrong}.items())), shapes.skipped)

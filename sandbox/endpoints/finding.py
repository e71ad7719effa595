"""Finding what a call points at, by uuid in the path or by URI in the body and query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from sandbox.call import Answer, Call
from sandbox.fields import Fields
from sandbox.paging import PageRequest, R, cut_page, pagination
from sandbox.refusals import not_found
from sandbox.uris import uuid_in

T = TypeVar("T")


def find(things: Mapping[str, T], uuid: str) -> T:
    """Find the thing with that uuid, or the generic 404."""
    if uuid not in things:
        raise not_found()
    return things[uuid]


def read_uri(fields: Fields, name: str, collection: str, *, required: bool = True) -> str:
    """Find the uuid of a full URI; a bare uuid or another kind of URI is a fault."""
    uri = fields.uri(name, required=required)
    uuid = uuid_in(uri, collection)
    if uri and uuid is None:
        fields.blame(name, f"is not a URI of {collection}")
    return uuid or ""


def answer_page(
    call: Call, rows: Iterable[R], wanted: PageRequest, key: Callable[[R], str], show: Callable[[R], object]
) -> Answer:
    """One page of rows in Calendly's envelope."""
    chosen, following, previous = cut_page(rows, wanted, key)
    envelope = pagination(len(chosen), call.address, call.query, following, previous)
    return 200, {"collection": [show(row) for row in chosen], "pagination": envelope}

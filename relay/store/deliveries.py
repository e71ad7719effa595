"""The log: deliveries as people look at them, one by one or page by page, newest first."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from redis import Redis

from relay.errors import BadRequest, UnknownDelivery
from relay.model.delivery import Attempt, CallbackLog, DeliveryLog
from relay.model.ids import first_at
from relay.store import keys
from relay.store.batched import fields_of, has_records, is_batch, records_of
from relay.store.connection import speaking_our_errors
from relay.store.listing import Page
from relay.store.texts import from_json, moment, seconds, text, texts

PREFIX = "dlv_"
MOST_SEARCHED = 2000  # deliveries that one page looks through for a text before it hands out a cursor
AT_A_TIME = 100  # deliveries whose records are read in one round trip
# What lists show of a delivery and of its callbacks: records and answers can be large, and lists are long.
OUTLINE = (
    *("destination", "template", "state", "accepted_at", "updated_at", "settled_at", "next_attempt_at"),
    *("reason", "attempt", "callbacks", "type", "url", "batch_count", "test", "part_of", "parts", "dropped"),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries a page should hold. Times are Unix seconds; `record` is a text that a record contains."""

    destination: str | None = None
    state: str | None = None
    since: float | None = None
    until: float | None = None
    record: str | None = None


class Deliveries:
    """Reads deliveries."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def get(self, identifier: str) -> DeliveryLog:
        """Give one delivery. Raises UnknownDelivery."""
        found = self._fetch([identifier]) if _looks_right(identifier) else []
        if not found:
            raise UnknownDelivery
        return found[0]

    def page(self, wanted: Wanted, *, limit: int = 50, cursor: str | None = None) -> Page[DeliveryLog]:
        """Give up to `limit` deliveries older than `cursor`, newest first, in outline: without records and answers.

        A page may be short, and more may follow. Raises BadRequest for a cursor that no page gave.
        """
        if cursor is not None and not _looks_right(cursor):
            raise BadRequest("The cursor is not one that a page gave.")
        if wanted.record is None:
            ids = self._ids(wanted, cursor, limit + 1)
            return Page(self._fetch(ids[:limit], OUTLINE), ids[limit - 1] if len(ids) > limit else None)
        ids, following = self._search(wanted, limit, cursor)
        return Page(self._fetch(ids, OUTLINE), following)

    def _search(self, wanted: Wanted, limit: int, cursor: str | None) -> tuple[list[str], str | None]:
        """Look for a text in the records of what the other filters leave; give ids, and where to go on."""
        sought = (wanted.record or "").casefold()
        found: list[str] = []
        for _ in range(MOST_SEARCHED // AT_A_TIME):
            ids = self._ids(wanted, cursor, AT_A_TIME)
            for identifier, item in zip(ids, self._with_records(ids), strict=True):
                records = records_of(item) if has_records(item) else []  # some are kept without
                if any(sought in leaf.casefold() for leaf in _leaves(records)):
                    found.append(identifier)
                    if len(found) == limit:
                        return found, identifier
            if len(ids) < AT_A_TIME:
                return found, None
            cursor = ids[-1]
        return found, cursor

    def _with_records(self, ids: Sequence[str]) -> list[dict[str, str]]:
        """Read what holds the records of each delivery; the hash of a batch is read whole."""
        found = self._hashes(map(keys.delivery, ids), ("records", "batch_count"))
        batches = [identifier for identifier, item in zip(ids, found, strict=True) if is_batch(item)]
        whole = dict(zip(batches, self._hashes(map(keys.delivery, batches)), strict=True)) if batches else {}
        return [whole.get(identifier, item) for identifier, item in zip(ids, found, strict=True)]

    def _ids(self, wanted: Wanted, cursor: str | None, limit: int) -> list[str]:
        lower, upper = between(wanted.since, wanted.until)
        if cursor is not None and (upper == "+" or cursor < upper[1:]):
            upper = f"({cursor}"
        with speaking_our_errors():
            pipe = self._redis.pipeline(transaction=False)
            for shard in [keys.shard_of(wanted.destination)] if wanted.destination else keys.SHARD_TAGS:
                log = keys.log(shard, wanted.destination, wanted.state)
                pipe.zrevrangebylex(log, upper, lower, start=0, num=limit)
            merged = heapq.merge(*pipe.execute(), reverse=True)
        return [raw.decode() for raw in islice(merged, limit)]

    def _fetch(self, ids: Sequence[str], names: Sequence[str] = ()) -> list[DeliveryLog]:
        """Read deliveries and their callbacks, whole or only these names of them; what is no longer kept is left out."""
        stored = self._hashes(map(keys.delivery, ids), names)
        callbacks = [name for item in stored for name in item.get("callbacks", "").split()]
        told = dict(zip(callbacks, self._hashes(map(keys.callback, callbacks), names), strict=True))
        pairs = zip(ids, stored, strict=True)
        return [_delivery(identifier, item, told) for identifier, item in pairs if item]

    def _hashes(self, hashes: Iterable[str], names: Sequence[str] = ()) -> list[dict[str, str]]:
        """Read hashes in one round trip, whole or only these names of them."""
        with speaking_our_errors():
            pipe = self._redis.pipeline(transaction=False)
            for each in hashes:
                pipe.hmget(each, names) if names else pipe.hgetall(each)
            read = pipe.execute()
        if not names:
            return [texts(raw) for raw in read]
        named = [zip(names, raw, strict=True) for raw in read]
        return [{name: text(value) for name, value in pairs if value is not None} for pairs in named]


def between(since: float | None, until: float | None) -> tuple[str, str]:
    """Give the bounds of the ids that were made in a span of time, as a list by id takes them."""
    lower = "-" if since is None else f"[{first_at(PREFIX, int(since * 1000))}"
    upper = "+" if until is None else f"({first_at(PREFIX, int(until * 1000) + 1)}"
    return lower, upper


def _fields(item: dict[str, str]) -> dict[str, Any]:
    every = fields_of(item)
    return {"batch": every} if is_batch(item) else every[0]


def _looks_right(identifier: str) -> bool:
    try:
        keys.delivery(identifier)
    except ValueError:
        return False
    return identifier.startswith(PREFIX)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for below in value.values():
            yield from _leaves(below)
    elif isinstance(value, list):
        for below in value:
            yield from _leaves(below)
    else:
        yield str(value)


def _attempts(item: dict[str, str]) -> tuple[Attempt, ...]:
    found = [from_json(raw) for name, raw in item.items() if name.startswith("attempt:")]
    return tuple(
        Attempt(
            number=int(raw["number"]),
            started_at=moment(raw["started_at"]),
            ended_at=seconds(raw.get("ended_at")),
            verdict=raw.get("verdict", ""),
            status=raw.get("status"),
            reason=raw.get("reason", ""),
            decision=raw.get("decision", ""),
        )
        for raw in sorted(found, key=lambda raw: int(raw["number"]))
    )


def _callback(identifier: str, item: dict[str, str]) -> CallbackLog:
    return CallbackLog(
        id=identifier,
        type=item["type"],
        state=item["state"],
        url=item.get("url", ""),
        attempts=_attempts(item),
        next_attempt_at=seconds(item.get("next_attempt_at")),
        reason=item.get("reason", ""),
        body=from_json(item.get("shaped", item.get("payload"))),
        unshaped="" if "shaped" in item else item.get("unshaped", ""),
        payload=item.get("dropped", "kept"),
    )


def _delivery(identifier: str, item: dict[str, str], callbacks: dict[str, dict[str, str]]) -> DeliveryLog:
    own = [name for name in item.get("callbacks", "").split() if callbacks[name]]
    return DeliveryLog(
        id=identifier,
        destination=item["destination"],
        template=item["template"],
        state=item["state"],
        accepted_at=moment(item["accepted_at"]),
        updated_at=moment(item["updated_at"]),
        settled_at=seconds(item.get("settled_at")),
        next_attempt_at=seconds(item.get("next_attempt_at")),
        reason=item.get("reason", ""),
        records=records_of(item) if has_records(item) else [],
        fields=_fields(item) if has_records(item) else {},
        record_count=int(item.get("batch_count", 1)),
        test="test" in item,
        part_of=item.get("part_of", ""),
        parts=tuple(item.get("parts", "").split()),
        attempts=_attempts(item),
        attempt_count=int(item["attempt"]),
        found=from_json(item.get("found")),
        request=from_json(item.get("request")),
        response=from_json(item.get("response")),
        payload=item.get("dropped", "kept"),
        callbacks=tuple(_callback(name, callbacks[name]) for name in own),
    )

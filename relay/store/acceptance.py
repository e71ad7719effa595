"""Acceptance: records are stored whole or not at all, and a repeat is known for what it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from redis import Redis

from relay.errors import Conflict, NotConfirmed, QueueFull, StoreUnavailable, UnknownDestination
from relay.model.delivery import NewRecord
from relay.model.destination import BatchSettings, Destination, StandingDestination
from relay.store import keys
from relay.store.connection import PATIENCE, speaking_our_errors, was_refused
from relay.store.patience import patience_left, waited_for
from relay.store.scripts import Scripts
from relay.store.texts import from_json, text, to_json

PAUSE = 0.1  # seconds between two tries to store
DAY = 86_400_000  # milliseconds
_OF_A_REQUEST = ("digest", "ids", "rest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: a key by which its repeat is known, the digest of its body, and what else it is answered.

    `keep` is how many milliseconds the key is remembered, `rest` what the first answer holds besides the deliveries.
    `ours`: nobody else knows the key, so that a repeat is our own, after an answer of Redis that got lost.
    """

    key: str
    digest: str
    keep: int
    rest: str = "{}"
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The delivery of each record, in order, and whether a turn should be asked for.

    `replayed`: nothing was new, so this is the first answer once more, with the `rest` of that one.
    """

    deliveries: list[str]
    wake: bool = False
    replayed: bool = False
    rest: str = "{}"


class OtherBody(Exception):
    """The key of this request came with another body before."""


class OtherRecords(Exception):
    """Records whose dedupe keys stand for other records: `places` says which. Nothing was stored."""

    def __init__(self, places: Sequence[int]) -> None:
        self.places = tuple(places)
        super().__init__(f"{len(self.places)} records")


class Acceptance:
    """Stores what requests bring. Each request is one script: it is stored whole, and repeats cannot overtake it."""

    def __init__(self, redis: Redis, scripts: Scripts, idempotency_days: int) -> None:
        self._redis = redis
        self._scripts = scripts
        self.keep = idempotency_days * DAY

    def accept(
        self,
        destination: Destination,
        records: Sequence[NewRecord],
        request: Request | None = None,
        heaviest: int = 0,
    ) -> Accepted:
        """Store records and put their deliveries in the destination's lane. `heaviest` bounds a batch's weight.

        Raises UnknownDestination; Conflict where the destination is not active and refuses records then; QueueFull;
        OtherBody and OtherRecords; NotDurable where nothing was stored, and NotConfirmed where it was, but is not yet kept
        as RELAY_DURABILITY says. Storing the same ids twice stores them once, and so does the same request.
        """
        batch = destination.batch or BatchSettings()
        args: list[Any] = [
            *(keys.shard_prefix(keys.shard_of(destination.id)), destination.id, destination.template),
            *((request.key, request.digest, request.keep, request.rest) if request else ("", "", 0, "")),
            *(
                destination.delivery.max_waiting,
                batch.size,
                batch.window * 1000,
                heaviest or 10**9,
                self.keep,
            ),
        ]
        for each in records:
            args += [each.id, to_json(each.record), to_json(each.fields)]
            args += [each.group, each.weight, each.dedupe, each.digest]
        key = keys.destination(destination.id)
        self._scripts.durability.ensure(key)
        outcome, *rest = _store_once(lambda: self._scripts.run_durably("accept", key, args))
        accepted = _read(outcome, rest, len(records))
        if request and request.ours and text(outcome) == "known":
            return replace(accepted, wake=True, replayed=False)
        return accepted

    def recall(self, standing: StandingDestination, key: str, digest: str) -> Accepted | None:
        """Give the first answer to a request with this key; None where it is new.

        Raises OtherBody; NotConfirmed where what it tells of is not yet kept as RELAY_DURABILITY says.
        """
        made = round(standing.created_at * 1000)
        name, durability = keys.request(standing.settings.id, made, key), self._scripts.durability
        with speaking_our_errors():
            stored = self._redis.hmget(name, *_OF_A_REQUEST)
        if stored[0] is not None and durability.waits:
            answer, kept = durability.send(name, "HMGET", name, *_OF_A_REQUEST)
            stored = durability.confirm(answer, kept=kept)
        if stored[0] is None:
            return None
        if text(stored[0]) != digest:
            raise OtherBody
        return Accepted(list(from_json(stored[1])), replayed=True, rest=text(stored[2] or b"{}"))

    def begin_test(
        self, destination: Destination, identifier: str, records: Sequence[Any], fields: dict[str, Any]
    ) -> None:
        """Store a test, due at once in a lane of its own. Raises UnknownDestination, and NotDurable where nobody would begin it."""
        prefix = keys.shard_prefix(keys.shard_of(destination.id))
        args = [prefix, destination.id, destination.template, identifier, to_json(records), to_json(fields)]
        key = keys.destination(destination.id)
        self._scripts.durability.ensure(key, anew=True)
        if not _store_once(lambda: self._scripts.run("begin_test", key, args)):
            raise UnknownDestination


def _store_once(store: Callable[[], Any]) -> Any:
    """Store, again and again for a moment where no answer came: it may have stored, and must not be said not to have."""
    give_up_at = time.monotonic() + patience_left(PATIENCE)
    while True:
        try:
            return store()
        except NotConfirmed:
            raise  # it was waited for
        except StoreUnavailable as exc:
            if time.monotonic() + PAUSE > give_up_at or was_refused(exc):
                raise
            with waited_for():
                time.sleep(PAUSE)


def _read(outcome: bytes, rest: list[Any], count: int) -> Accepted:
    match text(outcome):
        case "ok":
            wake, ids, known = rest
            return Accepted([text(each) for each in ids], bool(wake), replayed=0 < known == count)
        case "known":
            ids, first = rest
            return Accepted([text(each) for each in ids], replayed=True, rest=text(first))
        case "refused":
            raise Conflict(f"The destination is {text(rest[0])} and takes no records until it is activated.")
        case "full":
            raise QueueFull(f"{rest[0]} deliveries of this destination wait already; send this again later.")
        case "other body":
            raise OtherBody
        case "other record":
            raise OtherRecords(rest[0])
        case _:
            raise UnknownDestination

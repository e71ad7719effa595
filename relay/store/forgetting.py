"""Forgetting a person: what deliveries that are over carried of them goes, and what cannot go yet is told."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from redis import Redis

from relay.model.person import Person
from relay.store import keys
from relay.store.batched import is_batch
from relay.store.connection import speaking_our_errors
from relay.store.scripts import Scripts
from relay.store.seeking import FIRST, Found, Seeking
from relay.store.texts import from_json, text, texts, to_json

PATIENCE = 2.0  # seconds after which an answer gives a cursor instead of more


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Whom to forget. `dry`: only say what would be. `waiting`: cancel what waits, instead of leaving it."""

    person: Person
    dry: bool = False
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """A delivery that named the person, and what became of it: `erased`, or why it was left.

    Left are those that are `waiting`, `sending`, or `telling` (their callback is not over), or that `changed` meanwhile.
    """

    delivery: str
    destination: str
    state: str
    outcome: str


@dataclass(slots=True)
class Forgotten:
    """What one look through a part of Redis came to, and where to go on (None: that was all)."""

    deliveries: list[About] = field(default_factory=list)
    answers: int = 0  # kept for repeats of a request
    audit_entries: int = 0
    failures: int = 0  # traces of jobs that RQ keeps for an hour
    settings: list[tuple[str, str]] = field(default_factory=list)  # kind and id: told, never changed
    looked_at: int = 0
    next_cursor: str | None = None

    @property
    def erased(self) -> int:
        """Count what was erased."""
        deliveries = sum(each.outcome == "erased" for each in self.deliveries)
        return deliveries + self.answers + self.audit_entries + self.failures


class Forgetting:
    """Erases, page by page. Each delivery is one script: it goes whole, or it is left and told. Doing it again does no harm."""

    def __init__(self, redis: Redis, scripts: Scripts, keep: int) -> None:
        self._redis: Any = redis  # its answers have no exact types
        self._scripts = scripts
        self._seeking = Seeking(redis)
        self._keep = keep

    def forget(self, wish: Wish, cursor: str | None = None, seconds: float = PATIENCE) -> Forgotten:
        """Look through a part of all that is kept, and forget the person there. Raises BadRequest for a strange cursor."""
        with speaking_our_errors():
            looked = self._seeking.look(wish.person, cursor or FIRST, seconds)
            done = Forgotten(looked_at=looked.looked_at, next_cursor=looked.next_cursor)
            deliveries = [self._delivery(wish, *each) for each in _deliveries(looked.found)]
            done.deliveries = [each for each in deliveries if each.outcome != "gone"]
            for each in looked.found:
                self._other(wish, each, done)
            for name, deed in looked.entries:
                done.audit_entries += self._audit_entry(wish, name, deed)
        return done

    def _delivery(self, wish: Wish, identifier: str, callbacks: Sequence[str]) -> About:
        shard = keys.shard_prefix(identifier[-1].lower())
        records = self._records(wish.person, identifier) if wish.waiting else {}
        pairs = [part for pair in records.items() for part in pair]
        args = [
            shard,
            identifier,
            int(wish.dry),
            int(wish.waiting),
            self._keep,
            len(records),
            *pairs,
            *callbacks,
        ]
        outcome = self._scripts.run("forget", keys.delivery(identifier), args)
        became, state, destination = map(text, outcome)
        return About(identifier, destination, state, became)

    def _records(self, person: Person, identifier: str) -> dict[int, str]:
        """Give the records of a batch that name the person: the digest of each, by its number.

        The script looks whether these still stand there, and takes all others for those of other people.
        """
        item = texts(self._redis.hgetall(keys.delivery(identifier)))
        count = int(item["batch_count"]) if is_batch(item) else 0
        entries = {number: item.get(f"batch:{number}", "") for number in range(1, count + 1)}
        return {number: _digest(entry) for number, entry in entries.items() if person.is_in(entry)}

    def _other(self, wish: Wish, found: Found, done: Forgotten) -> None:
        match found.kind:
            case "request":
                done.answers += 1 if wish.dry else self._answer(wish.person, found)
            case "failure" | "gone":
                done.failures += found.kind == "failure"
                if not wish.dry:
                    self._redis.delete(found.key)
            case "destination" | "credential":
                done.settings.append((found.kind, found.id))
            case "key":
                named = [name for name, value in found.item.items() if wish.person.is_in(value)]
                done.settings += [("key", name) for name in named]

    def _answer(self, person: Person, found: Found) -> int:
        """Keep an answer for repeats of its request, without what it says of the person."""
        rest = found.item.get("rest", "")
        without = to_json(person.without(from_json(rest)))
        return int(self._scripts.run("forget_answer", found.key, [rest, without]))

    def _audit_entry(self, wish: Wish, name: str, deed: dict[str, Any]) -> int:
        """Write an entry anew without the person, with the time of the first one, and take the old one away.

        Entries cannot be changed. Where somebody else was faster, his stands.
        """
        if wish.dry:
            return 1
        at = datetime.fromtimestamp(int(name.partition("-")[0]) / 1000, UTC)
        without = wish.person.without(deed)
        # An entry that was written anew before has its time.
        without["details"] = {
            "first_written_at": at.isoformat(timespec="milliseconds"),
            **without["details"],
        }
        written = "" if wish.person.is_in(to_json(without)) else to_json(without)
        return int(self._scripts.run("forget_entry", keys.AUDIT, [name, written]))


def _digest(entry: str) -> str:
    return hashlib.sha1(entry.encode(), usedforsecurity=False).hexdigest()


def _deliveries(found: Sequence[Found]) -> list[tuple[str, list[str]]]:
    """Give the deliveries that are named, each once, with the callbacks that were found to name the person."""
    callbacks: dict[str, list[str]] = {each.id: [] for each in found if each.kind == "delivery"}
    for each in found:
        if each.kind == "callback" and each.item.get("delivery"):
            callbacks.setdefault(each.item["delivery"], []).append(each.id)
    return list(callbacks.items())

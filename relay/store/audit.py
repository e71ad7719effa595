"""The audit: who did what, on what, and when. It keeps the latest hundred thousand entries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from redis import Redis

from relay.errors import BadRequest, StoreUnavailable
from relay.store import keys
from relay.store.connection import speaking_our_errors
from relay.store.listing import Page
from relay.store.texts import from_json, to_json

MOST_KEPT = 100_000  # entries, and somewhat more, since Redis drops old ones by the hundred
MOST_SEARCHED = 5000  # entries that one page looks through before it hands out a cursor
AT_A_TIME = 500  # entries read in one round trip where most of them may be about something else
_CURSOR = re.compile(r"[1-9][0-9]{0,17}-[0-9]{1,18}")  # no more than Redis holds in an id
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that somebody did: `what` as in "destination.changed", `on` which things (kind to id).

    `details` hold names, counts and notes; never the value of a secret or a record. `who` is the name of the key that
    was shown and `key` its id, since another key may have that name later; "relay" and none where the relay did it.
    """

    who: str
    what: str
    on: Mapping[str, str]
    details: Mapping[str, Any] = field(default_factory=dict)
    request_id: str = ""
    key: str = ""

    def is_about(self, identifier: str) -> bool:
        """Tell whether something with this id was worked on, by itself or among several destinations, or did the work."""
        named = (self.key, *self.on.values(), *self.details.get("destinations", ()))
        return identifier in named


@dataclass(frozen=True, slots=True)
class Entry:
    """A deed as the audit has it; `at` in Unix seconds by Redis's clock."""

    id: str
    at: float
    deed: Deed


class Audit:
    """Writes down what was done, and gives it page by page."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def write(self, deed: Deed) -> None:
        """Write down what was done. It is done by then, so a store that is away is no reason to fail: the log tells."""
        plain = {
            "who": deed.who,
            "what": deed.what,
            "on": dict(deed.on),
            "details": dict(deed.details),
            "request_id": deed.request_id,
            "key": deed.key,
        }
        try:
            with speaking_our_errors():
                self._redis.xadd(keys.AUDIT, {"deed": to_json(plain)}, maxlen=MOST_KEPT, approximate=True)
        except StoreUnavailable:
            # A note is a person's own words, and may name people: those have no place in a log.
            without_note = {name: value for name, value in deed.details.items() if name != "note"}
            log.exception("audit.lost", **{**plain, "details": without_note})

    def page(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        since: float | None = None,
        until: float | None = None,
        about: str | None = None,
    ) -> Page[Entry]:
        """Give up to `limit` entries older than `cursor`, newest first; `about` asks for those on one id.

        A page may be short, and more may follow. Raises BadRequest for a cursor that no page gave.
        """
        if cursor is not None and not _CURSOR.fullmatch(cursor):
            raise BadRequest("The cursor is not one that a page gave.")
        found: list[Entry] = []
        latest = cursor
        at_a_time = limit + 1 if about is None else AT_A_TIME
        for looked_at, entry in enumerate(self._back_from(cursor, since, until, at_a_time), 1):
            if len(found) == limit or looked_at > MOST_SEARCHED:
                return Page(found, latest)
            latest = entry.id
            if about is None or entry.deed.is_about(about):
                found.append(entry)
        return Page(found, None)

    def _back_from(
        self, cursor: str | None, since: float | None, until: float | None, at_a_time: int
    ) -> Iterator[Entry]:
        """Give entries from the newest to the oldest of a span of time."""
        earliest = "-" if since is None else str(max(0, int(since * 1000)))
        latest = "+" if until is None else str(max(0, int(until * 1000)))
        if cursor is not None and (until is None or int(cursor.partition("-")[0]) <= int(latest)):
            latest = f"({cursor}"
        while True:
            with speaking_our_errors():
                read: Any = self._redis.xrevrange(keys.AUDIT, latest, earliest, count=at_a_time)
            for name, values in read:
                yield _entry(name.decode(), from_json(values[b"deed"]))
            if len(read) < at_a_time:
                return
            latest = f"({read[-1][0].decode()}"


def _entry(name: str, plain: Mapping[str, Any]) -> Entry:
    known = ("who", "what", "on", "details", "request_id", "key")  # an older release wrote no key
    deed = Deed(**{each: plain[each] for each in known if each in plain})
    return Entry(name, int(name.partition("-")[0]) / 1000, deed)

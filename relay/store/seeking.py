"""Seeking a person: through every key that may hold what records, answers or people said, page by page."""

from __future__ import annotations

import hashlib
import re
import time
import zlib
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from redis import Redis

from relay.errors import BadRequest
from relay.model.person import Person
from relay.store import keys
from relay.store.condition import process_of
from relay.store.connection import each_server
from relay.store.texts import from_json, text, texts

KEYS_AT_A_TIME = 500  # names in one answer of SCAN
READ_AT_A_TIME = 20  # keys read in one round trip: a batch may hold megabytes
ENTRIES_AT_A_TIME = 500
FIRST = "new.0.0"
_CURSOR = re.compile(r"(new|[0-9a-f]{16})\.([0-9]{1,4})\.([0-9]{1,20})|audit\.([1-9][0-9]{0,17}-[0-9]{1,18})")
LAST_PLACE = 2**64 - 1  # the largest that Redis takes to go on scanning from
_AUDIT = "audit."

Kind = Literal["delivery", "callback", "request", "destination", "gone", "credential", "key", "failure"]
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("delivery", re.compile(r"relay:\{[0-9a-f]\}:delivery:(dlv_.+)")),
    ("callback", re.compile(r"relay:\{[0-9a-f]\}:callback:(cbk_.+)")),
    ("request", re.compile(r"relay:\{[0-9a-f]\}:request:(.+)")),
    ("destination", re.compile(r"relay:\{[0-9a-f]\}:destination:(.+)")),
    ("gone", re.compile(r"relay:\{[0-9a-f]\}:gone:(.+)")),
    ("credential", re.compile(r"relay:credential:(.+)")),
    ("key", re.compile(f"({keys.ADMIN_KEYS})")),
    ("failure", re.compile(r"\{?rq\}?:results:(.+)")),
)
_TEXTS = frozenset({"gone", "credential"})  # the others are hashes, but for what RQ keeps


@dataclass(frozen=True, slots=True)
class Found:
    """A key that names the person: of which kind, of which thing, and what to know of its values to go on."""

    kind: Kind
    id: str
    key: str
    item: dict[str, str]


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look found among so many keys or entries, and where to go on (None: that was all)."""

    found: list[Found]
    entries: list[tuple[str, dict[str, Any]]]  # of the audit: id and deed
    looked_at: int
    next_cursor: str | None


class Seeking:
    """Looks through Redis. What is there from the first look to the last is seen for certain."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # its answers have no exact types

    def look(self, person: Person, cursor: str, seconds: float) -> Looked:
        """Look on from a cursor, for about so many seconds. Raises BadRequest for a cursor that no look gave."""
        match = _CURSOR.fullmatch(cursor)
        if match is None or int(match[3] or 0) > LAST_PLACE:
            raise BadRequest("The cursor is not one that an answer gave.")
        if match[4]:
            return self._look_at_audit(person, match[4], seconds)
        return self._look_at_keys(person, match[1], (int(match[2]), int(match[3])), seconds)

    def _look_at_keys(self, person: Person, begun_on: str, place: tuple[int, int], seconds: float) -> Looked:
        give_up_at = time.monotonic() + seconds
        every = each_server(self._redis)
        processes = _digest_of(every)
        # A place in the keys says something to the process that gave it only: others keep them in another order.
        server, at = place if begun_on == processes else (0, 0)
        found: list[Found] = []
        looked_at = 0
        while server < len(every):
            at, names = cast("tuple[int, list[bytes]]", every[server].scan(at, count=KEYS_AT_A_TIME))
            looked_at += len(names)
            found += self._naming(person, [text(name) for name in names])
            if at == 0:
                server += 1
            if time.monotonic() > give_up_at:
                break
        if server < len(every):
            following = f"{processes}.{server}.{at}"
        else:
            following = f"{_AUDIT}1-0" if _digest_of(each_server(self._redis)) == processes else FIRST
        return Looked(found, [], looked_at, following)

    def _naming(self, person: Person, names: Sequence[str]) -> Iterator[Found]:
        """Give those of these keys that name the person."""
        known = [each for name in names if (each := _known(name)) is not None]
        for start in range(0, len(known), READ_AT_A_TIME):
            page = known[start : start + READ_AT_A_TIME]
            for (kind, identifier, key), item in zip(page, self._read(page), strict=True):
                if person.is_in_any(item.values()) or person.is_in_any(item):
                    needed = {"delivery": item["delivery"]} if "delivery" in item else item
                    yield Found(kind, identifier, key, {} if kind == "delivery" else needed)

    def _read(self, page: Sequence[tuple[Kind, str, str]]) -> list[dict[str, str]]:
        pipe = self._redis.pipeline(transaction=False)
        for kind, _, key in page:
            if kind == "failure":
                pipe.xrange(key)
            elif kind in _TEXTS:
                pipe.get(key)
            else:
                pipe.hgetall(key)
        return [_item(kind, raw) for (kind, _, _), raw in zip(page, pipe.execute(), strict=True)]

    def _look_at_audit(self, person: Person, after: str, seconds: float) -> Looked:
        give_up_at = time.monotonic() + seconds
        entries: list[tuple[str, dict[str, Any]]] = []
        looked_at = 0
        while read := self._redis.xrange(keys.AUDIT, f"({after}", "+", count=ENTRIES_AT_A_TIME):
            looked_at += len(read)
            after = text(read[-1][0])
            for name, values in read:
                if person.is_in(text(values[b"deed"])):
                    entries.append((text(name), from_json(values[b"deed"])))
            if time.monotonic() > give_up_at:
                return Looked([], entries, looked_at, f"{_AUDIT}{after}")
        return Looked([], entries, looked_at, None)


def _digest_of(servers: Sequence[Redis]) -> str:
    """Tell these processes, in their order, from any others."""
    names = " ".join(map(process_of, servers))
    return hashlib.sha256(names.encode()).hexdigest()[:16]


def _known(name: str) -> tuple[Kind, str, str] | None:
    """Say what a key is about; None where it can name nobody: it holds ids, times and digests."""
    for kind, pattern in _KINDS:
        if match := pattern.fullmatch(name):
            return kind, match[1], name
    return None


def _item(kind: Kind, raw: Any) -> dict[str, str]:
    if not raw:
        return {}
    if kind == "failure":
        return {text(name): _trace(values) for name, values in raw}
    return {"text": text(raw)} if kind in _TEXTS else texts(raw)


def _trace(values: dict[bytes, bytes]) -> str:
    """Give what RQ keeps of a job that failed, as the text that it was."""
    packed = values.get(b"exc_string")
    try:
        return zlib.decompress(b64decode(packed)).decode() if packed else ""
    except (ValueError, zlib.error):
        return text(packed or b"")

"""The lookout: says in the log what is wrong with Redis, once when it begins and once when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from relay.store import keys
from relay.store.condition import Problem
from relay.store.mark import SENTENCES

if TYPE_CHECKING:
    from relay.store import Store

EVERY = 30.0  # seconds between two looks
STOPPING = {"read_only", "durability"}  # problems with which no record can be taken
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Report:
    """What a look found. With a `stop` the relay can take no records; the sentence says why."""

    problems: tuple[Problem, ...]
    stop: str = ""


def report_on(store: Store) -> Report:
    """Look at the store: whether its data is there, its promises can be had, and it keeps what it is given."""
    standing = store.mark.look()
    lost = SENTENCES[standing] if standing in {"lost", "another"} else ""
    unkept = store.durability.trouble()
    found = store.condition.look()
    if lost:
        found.append(Problem("lost", lost))
    if unkept and not any(each.code == "durability" for each in found):
        found.append(Problem("durability", unkept))
    stops = [each.detail for each in found if each.code in STOPPING]
    return Report(tuple(found), (lost if standing == "lost" else "") or unkept or next(iter(stops), ""))


class Lookout:
    """Remembers what was said already."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told: dict[str, Problem] = {}

    def look(self) -> None:
        """Look once, and say what has changed."""
        self._store.durability.try_all(map(keys.attention, keys.SHARD_TAGS))
        found = {each.code: each for each in report_on(self._store).problems}
        for code, problem in found.items():
            if self._told.get(code) != problem:
                log.warning("store.problem", problem=code, detail=problem.detail)
        for code in self._told.keys() - found.keys():
            log.info("store.problem_over", problem=code)
        self._told = found

"""Following the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from relay.cli.following import Follower


class Log:
    """A log that changes between looks. Ids sort by time."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Any]] = {}
        self.read = 0
        self.asked: list[str] = []

    def put(self, number: int, state: str, attempts: int = 0) -> None:
        """Write a delivery, new or changed."""
        name = f"dlv_{number:03}"
        moment = f"2026-01-01T00:00:00.{number:03}Z"
        self.entries[name] = {
            "id": name,
            "state": state,
            "attempts": attempts,
            "accepted_at": moment,
            "updated_at": moment,
        }

    def newest(self) -> Iterator[Mapping[str, Any]]:
        """Read it."""
        for name in sorted(self.entries, reverse=True):
            self.read += 1
            yield self.entries[name]

    def find(self, name: str) -> Mapping[str, Any] | None:
        """Find one."""
        self.asked.append(name)
        return self.entries.get(name)


def look(follower: Follower, at_least: int = 2) -> list[tuple[str, str]]:
    """Look, and give what is new as ids and states."""
    return [(each["id"][-3:], each["state"]) for each in follower.look(at_least)]


def test_first_it_shows_the_newest_oldest_first() -> None:
    """As many as were asked for."""
    log = Log()
    for number in range(5):
        log.put(number, "delivered")

    assert [("003", "delivered"), ("004", "delivered")] == look(Follower(log.newest, log.find))


def test_then_it_shows_what_is_new_and_what_has_changed() -> None:
    """And nothing twice; however many are new, none is missed."""
    log = Log()
    log.put(1, "queued")
    follower = Follower(log.newest, log.find)
    look(follower)
    for number in range(2, 9):
        log.put(number, "delivered")
    log.put(1, "retrying", 1)

    assert [(f"{number:03}", "delivered" if number > 1 else "retrying") for number in range(1, 9)] == look(
        follower
    )
    assert [] == look(follower)


def test_one_that_waits_is_asked_for_when_it_is_out_of_sight() -> None:
    """Its end is told, however much has come since."""
    log = Log()
    log.put(1, "queued")
    follower = Follower(log.newest, log.find)
    look(follower)
    for number in range(2, 9):
        log.put(number, "delivered")
    look(follower)
    log.put(1, "dead", 3)

    assert [("001", "dead")] == look(follower)
    assert log.asked == ["dlv_001"]
    assert [] == look(follower)


def test_one_that_is_gone_is_no_trouble() -> None:
    """The relay keeps settled deliveries for a limited time."""
    log = Log()
    log.put(1, "queued")
    follower = Follower(log.newest, log.find)
    look(follower)
    log.entries.clear()

    assert [] == look(follower)

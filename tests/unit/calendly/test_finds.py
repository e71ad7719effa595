"""Finds are kept for a minute, and one look serves all who ask at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from relay.calendly.finds import Finds
from tests.waiting import until


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now


class Looks:
    """Counts how often was looked; each look waits until it may end."""

    def __init__(self, *, at_once: bool = True) -> None:
        self.count = 0
        self.may_end = threading.Event()
        if at_once:
            self.may_end.set()

    def __call__(self) -> str:
        """Look once."""
        self.count += 1
        assert self.may_end.wait(10)
        return f"find {self.count}"


def test_a_find_is_kept_for_a_minute() -> None:
    """Then Calendly is asked again."""
    clock, looks = Clock(), Looks()
    finds: Finds[str] = Finds(timer=clock)

    told = [finds.get("a", looks)]
    for now in (59.9, 60.1):
        clock.now = now
        told.append(finds.get("a", looks))

    assert [("find 1", True), ("find 1", False), ("find 2", True)] == told


def test_finds_of_other_keys_are_others() -> None:
    """What one credential finds is nothing to another."""
    looks = Looks()
    finds: Finds[str] = Finds()

    assert ["find 1", "find 2"] == [finds.get(key, looks)[0] for key in ("a", "b")]


def test_a_find_can_be_forgotten() -> None:
    """Calendly said that it is gone."""
    looks = Looks()
    finds: Finds[str] = Finds()
    finds.get("a", looks)

    finds.forget("a")
    finds.forget("never there")

    assert ("find 2", True) == finds.get("a", looks)


def test_the_oldest_go_where_there_are_too_many() -> None:
    """The memory of a process is bounded."""
    looks = Looks()
    finds: Finds[str] = Finds(most=2)
    for key in "abc":
        finds.get(key, looks)

    assert [True, False] == [finds.get(key, looks)[1] for key in ("a", "c")]


def _together(finds: Finds[str], look: Callable[[], str], ended: threading.Event) -> list[str]:
    with ThreadPoolExecutor(20) as threads:
        first = threads.submit(finds.get, "a", look)
        others = [threads.submit(finds.get, "a", look) for _ in range(19)]
        until(lambda: threads._work_queue.qsize() == 0)  # all have begun
        ended.set()
        return [one.result(10)[0] for one in (first, *others)]


def test_many_who_ask_at_a_time_share_one_look() -> None:
    """A thousand records with one name make one call."""
    looks = Looks(at_once=False)

    found = _together(Finds(), looks, looks.may_end)

    assert ["find 1"] * 20 == found
    assert 1 == looks.count


def test_what_failed_is_not_kept() -> None:
    """Those who waited hear of it; the next one looks again."""
    finds: Finds[str] = Finds()

    def fail() -> str:
        raise ValueError("no answer")

    with pytest.raises(ValueError, match="no answer"):
        finds.get("a", fail)

    assert ("find 1", True) == finds.get("a", Looks())


def test_those_who_wait_share_the_failure() -> None:
    """Twenty look-ups into a closed rate window would be nineteen too many."""
    may_end = threading.Event()
    count: list[int] = []

    def fail() -> str:
        count.append(1)
        assert may_end.wait(10)
        raise ValueError("no answer")

    with pytest.raises(ValueError, match="no answer"):
        _together(Finds(), fail, may_end)

    assert 20 > len(count)

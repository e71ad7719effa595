"""Room for turns: who waits for somebody that does not answer keeps nobody else from a place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TypeVar

import pytest

from workers import room as rooms
from workers.room import Room

PLACES = 8
NOW = 0.0  # seconds to wait for a place
Given = TypeVar("Given")


@contextmanager
def turns(room: Room, number: int) -> Iterator[Callable[[Callable[[], Given]], list[Given]]]:
    """Have turns take places and keep them; gives a way to let each of them do something in its own thread."""
    pools = [ThreadPoolExecutor(1) for _ in range(number)]

    def each(what: Callable[[], Given]) -> list[Given]:
        asked: list[Future[Given]] = [pool.submit(what) for pool in pools]
        return [future.result() for future in asked]

    for pool in pools:
        assert room.enter(NOW)
        pool.submit(room.sit).result()
    yield each
    each(room.leave)
    for pool in pools:
        pool.shutdown()


def free_in(room: Room) -> int:
    """Count the places that can be had."""
    taken = 0
    while room.enter(NOW):
        taken += 1
    for _ in range(taken):
        room.give_back()
    return taken


def test_a_place_is_free_again_after_its_turn() -> None:
    """And there are never more of them than there are."""
    room = Room(PLACES)

    with turns(room, PLACES):
        full = room.enter(NOW)

    assert (False, PLACES) == (full, free_in(room))


def test_who_steps_aside_frees_a_place_once() -> None:
    """When the turn ends, there is not one place more than before."""
    room = Room(PLACES)

    with turns(room, 1) as each:
        assert [True] == each(lambda: room.step_aside("calendly/acme"))
        meanwhile = free_in(room)

    assert (PLACES, PLACES) == (meanwhile, free_in(room))


@pytest.mark.parametrize(
    ("whom", "most"),
    [(["calendly/acme"], PLACES // 4), ([f"callback/{n}" for n in range(PLACES)], PLACES // 2)],
)
def test_only_some_may_stand_aside(whom: list[str], most: int) -> None:
    """A quarter waits for the same one, half for callbacks; the others keep their places."""
    room = Room(PLACES)
    names = iter(whom * PLACES)

    with turns(room, PLACES) as each:
        aside = each(lambda: room.step_aside(next(names)))

    assert most == sum(aside)


def test_lanes_of_one_who_hangs_are_admitted_aside_and_then_no_more() -> None:
    """Where places are short. Others are not concerned."""
    room = Room(PLACES)
    room.hangs("calendly/acme")

    with turns(room, PLACES) as each:
        admitted = each(lambda: room.admits("calendly/acme"))
        others = each(lambda: room.admits("calendly/other"))

    assert PLACES // 4 <= sum(admitted) < PLACES
    assert all(others)


def test_while_places_are_plenty_everybody_is_admitted() -> None:
    """One who is slow and alone on this relay is not made slower."""
    room = Room(PLACES)
    room.hangs("calendly/acme")

    with turns(room, PLACES // 2) as each:
        admitted = each(lambda: room.admits("calendly/acme"))

    assert all(admitted)


def test_places_are_never_plenty_for_callbacks_that_hang() -> None:
    """Others' callbacks need the seats."""
    room = Room(PLACES)
    room.hangs("callback/deaf")

    with turns(room, PLACES // 2) as each:
        admitted = each(lambda: room.admits("callback/deaf"))

    assert PLACES // 4 == sum(admitted)


def test_a_quick_answer_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """So does time."""
    room = Room(PLACES)
    room.hangs("calendly/acme")
    before = room.is_hanging("calendly/acme")
    room.answers("calendly/acme")
    after = room.is_hanging("calendly/acme")
    monkeypatch.setattr(rooms, "REMEMBERED", -1.0)
    room.hangs("calendly/acme")

    assert (True, False, False) == (before, after, room.is_hanging("calendly/acme"))


def test_who_waits_for_a_place_gets_the_first_that_is_free() -> None:
    """The worker's main thread waits there."""
    room = Room(1)
    waits = Event()

    def wait() -> bool:
        waits.set()
        return room.enter(10.0)

    with ThreadPoolExecutor(1) as pool:
        assert room.enter(NOW)
        waiting = pool.submit(wait)
        waits.wait()
        room.give_back()

    assert waiting.result()

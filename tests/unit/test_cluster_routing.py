"""Where a command goes on a Redis Cluster."""

from __future__ import annotations

from typing import Any

import pytest

from relay.store import keys
from relay.store.routing import key_of
from relay.store.slots import SLOTS, SlotGuide, slot_of


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (("GET", "relay:mark"), "relay:mark"),
        (("HSET", "name", "field", "value"), "name"),
        (("EVALSHA", "digest", 2, "relay:{7}:lane:x", "relay:{7}:never", "x"), "relay:{7}:lane:x"),
        (("EVAL", "return 1", 0), None),
        (("WAIT", "1", "1200"), None),
        (("CONFIG GET", "appendonly"), None),
        (("TIME",), None),
        (("PING",), None),
    ],
)
def test_the_key_of_a_command_is_found(command: tuple[Any, ...], key: str | None) -> None:
    """It decides which server is asked; a command without one goes with the one before it."""
    assert key == key_of(command)


def test_whoever_follows_a_slot_looks_it_up_for_each_connection() -> None:
    """A connection is made anew where something went wrong, and the slot may be somewhere else by then."""
    slots = Moving()
    guide = SlotGuide(slots, 7)  # type: ignore[arg-type]  # all that it asks for

    found = [guide.find(), guide.find()]

    assert [("host", 1), ("host", 2)] == found
    assert 1 == guide.changes


class Moving:
    """Slots that are on another port after each doubt."""

    port = 0

    def doubt(self) -> None:
        """Move."""
        self.port += 1

    def master(self, slot: int) -> tuple[str, int]:
        """Say where, for the slot that is asked for."""
        assert 7 == slot
        return "host", self.port


def test_all_keys_of_a_destination_are_in_one_slot() -> None:
    """So that one script may touch them."""
    lane = keys.Lane("delivery", "here")
    names = [keys.destination("here"), keys.due(lane), keys.flight(lane), keys.lane_of(lane)]
    names += [keys.attention(lane.shard), keys.log(lane.shard, "here", "dead"), keys.gone_receiver("here")]

    assert 1 == len({slot_of(name) for name in names})


def test_shards_are_spread_over_all_slots() -> None:
    """Each of three masters has some of the sixteen."""
    thirds = [slot_of(keys.attention(shard)) * 3 // SLOTS for shard in keys.SHARD_TAGS]

    assert [4, 6, 6] == sorted(thirds.count(third) for third in range(3))

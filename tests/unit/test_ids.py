"""Ids: they sort by time, never repeat, and name their shard."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.model import ids
from relay.model.ids import ALPHABET, ID_LENGTH, IdMaker, first_at, made_at, shard_of_id

SHARD = st.sampled_from("0123456789abcdef")


class Clock:
    """A clock that a test sets."""

    def __init__(self, *milliseconds: int) -> None:
        self.left = list(milliseconds)

    def time_ns(self) -> int:
        """Give the next moment, and the last one for ever."""
        return (self.left.pop(0) if len(self.left) > 1 else self.left[0]) * 1_000_000


@given(shards=st.lists(SHARD, min_size=2, max_size=50))
def test_ids_rise_in_the_order_they_were_made(shards: list[str]) -> None:
    """Within one millisecond too, and whatever their shards."""
    maker = IdMaker()

    made = [maker.make("dlv_", shard) for shard in shards]

    assert made == sorted(set(made))
    assert shards == [shard_of_id(each) for each in made]


def test_ids_rise_also_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A corrected clock must not put a later record before an earlier one."""
    monkeypatch.setattr(ids, "time", Clock(2000, 1000, 1500, 2000, 2001))
    maker = IdMaker()

    made = [maker.make("dlv_", "0") for _ in range(5)]

    assert made == sorted(set(made))


def test_ids_of_many_threads_differ() -> None:
    """One maker serves a whole process."""
    maker = IdMaker()

    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: maker.make("dlv_", "a"), range(4000)))

    assert 4000 == len(set(made))


def test_ids_of_two_makers_differ() -> None:
    """Processes know nothing of each other."""
    one, other = IdMaker(), IdMaker()

    assert set() == {one.make("dlv_", "a") for _ in range(500)} & {
        other.make("dlv_", "a") for _ in range(500)
    }


def test_an_id_has_one_length_and_a_plain_alphabet() -> None:
    """No letter reads like a digit."""
    made = IdMaker().make("dlv_", "f")

    assert ID_LENGTH == len(made.removeprefix("dlv_"))
    assert set(made.removeprefix("dlv_")) <= set(ALPHABET)
    assert set("ILOU").isdisjoint(ALPHABET)


@given(moments=st.lists(st.integers(min_value=0, max_value=2**45), min_size=2, max_size=6))
def test_the_bound_of_a_moment_parts_the_ids_before_from_those_after(moments: list[int]) -> None:
    """That is how a list by time works."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids, "time", Clock(*sorted(moments)))
        made = [IdMaker().make("dlv_", "0") for _ in moments]
    bound = first_at("dlv_", moments[0])

    assert [each >= moments[0] for each in sorted(moments)] == [each >= bound for each in made]


@pytest.mark.parametrize(
    "text", ["", "dlv_", "a", "dlv_" + "0" * 24 + "G", "dlv_" + "0" * 24 + "\u0660", "dlv_\u00e9" + "0" * 25]
)
def test_what_is_no_id_names_no_shard(text: str) -> None:
    """It never becomes part of a key."""
    with pytest.raises(ValueError, match="not an id"):
        shard_of_id(text)


@given(milliseconds=st.integers(min_value=0, max_value=2**48))
def test_an_id_tells_when_it_was_made(milliseconds: int) -> None:
    """To the millisecond."""
    assert milliseconds / 1000 == made_at("dlv_", first_at("dlv_", milliseconds) + "0" * 15)

"""Records in requests."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from relay.cli.chunks import Chunk, chunked
from relay.cli.records import Record


def records(count: int, begin: int = 0) -> list[Record]:
    """Give some records that differ."""
    return [Record(json.dumps({"n": number}), number + 1) for number in range(begin, begin + count)]


@given(st.integers(0, 50), st.integers(1, 20), st.integers(1, 200))
def test_every_record_is_in_one_chunk_in_order(count: int, size: int, most_bytes: int) -> None:
    """No chunk is larger than it may be, but for a record that is too large alone."""
    chunks = list(chunked(records(count), size, most_bytes))

    assert records(count) == [record for chunk in chunks for record in chunk.records]
    assert all(len(chunk.records) <= size for chunk in chunks)
    assert all(
        len(chunk.records) == 1 or sum(len(each.text) for each in chunk.records) <= most_bytes
        for chunk in chunks
    )


def test_one_record_goes_alone_and_several_as_an_array() -> None:
    """As an upstream system would send them."""
    assert [b'{"n": 0}', b'[{"n": 0},{"n": 1}]'] == [
        Chunk("0", tuple(records(count))).body for count in (1, 2)
    ]


def test_the_same_file_gives_the_same_keys() -> None:
    """That is what makes a second run go on where the first one stopped."""
    first, second = ([each.key("here", "f", "") for each in chunked(records(100), 40)] for _ in range(2))

    assert first == second
    assert len(first) == len(set(first)) > 3


@given(st.integers(0, 299), st.booleans())
def test_what_happens_to_one_record_concerns_its_own_chunk_alone(place: int, taken_out: bool) -> None:
    """Mended or taken out: every other request keeps its key, but the next one where the record ended its own."""
    before, after = records(300), records(300)
    after[place : place + 1] = [] if taken_out else [Record('{"n": "mended"}', place + 1)]
    chunks = list(chunked(before, 200))
    own = next(number for number, chunk in enumerate(chunks) if before[place] in chunk.records)
    ends = chunks[own].records[-1] == before[place]

    keys = {each.key("here", "f", "") for each in chunked(after, 200)}
    changed = {number for number, each in enumerate(chunks) if each.key("here", "f", "") not in keys}

    assert own in changed
    assert changed <= {own, own + 1} if ends else changed == {own}


def test_destination_file_run_and_place_are_in_the_key() -> None:
    """The same records for somebody else, from another file, once more on purpose, or twice in a file are new."""
    chunk = Chunk("0", tuple(records(2)))
    keys = {
        chunk.key("here", "f", ""),
        chunk.key("there", "f", ""),
        chunk.key("here", "g", ""),
        chunk.key("here", "f", "again"),
        Chunk("1", chunk.records).key("here", "f", ""),
        *(half.key("here", "f", "") for half in chunk.halves()),
    }

    assert 7 == len(keys)
    assert all(len(key) <= 255 and key.isascii() for key in keys)


def test_a_chunk_can_do_without_some() -> None:
    """Those that were refused."""
    assert (records(1)[0], records(3)[2]) == Chunk("0", tuple(records(3))).without([1]).records

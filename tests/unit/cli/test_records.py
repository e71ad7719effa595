"""Records out of files."""

from __future__ import annotations

import io
import json
from itertools import count, islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.cli.endings import Trouble
from relay.cli.records import Cells, Format, Record, format_of, read_records

RECORDS = st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers() | st.none()))


def read(text: str | bytes, kind: Format, cells: Cells = "text") -> list[Record]:
    """Read all records of a file with this content."""
    return list(read_records(io.BytesIO(text if isinstance(text, bytes) else text.encode()), kind, cells))


@given(RECORDS, st.sampled_from([None, 1]))
def test_a_json_array_gives_its_items(records: list[dict[str, Any]], indent: int | None) -> None:
    """In order, each as the file has it."""
    assert records == [json.loads(each.text) for each in read(json.dumps(records, indent=indent), "json")]


@given(RECORDS)
def test_ndjson_gives_its_lines(records: list[dict[str, Any]]) -> None:
    """Empty lines are none."""
    text = "\n\n".join(json.dumps(each) for each in records)

    assert records == [json.loads(each.text) for each in read(text, "ndjson")]


def test_numbers_are_sent_as_they_stand() -> None:
    """A number with more digits than a computer keeps is not rounded."""
    text = '{"n": 1.00000000000000000000001, "id": 123456789012345678901234567890}'

    assert [text] == [each.text for each in read(f"[{text}]", "json")]
    assert [text] == [each.text for each in read(text, "ndjson")]


@pytest.mark.parametrize(
    ("text", "kind", "lines"),
    [
        ('[\n  {"a": 1},\n\n  {"a":\n 2}, {"a": 3}\n]', "json", [2, 4, 5]),
        ('\n{"a": 1}', "json", [2]),
        ('{"a": 1}\n\n{"a": 2}\n', "ndjson", [1, 3]),
        ('a,b\n1,2\n"two\nlines",3\n4,5\n', "csv", [2, 3, 5]),
    ],
)
def test_each_record_knows_its_line(text: str, kind: Format, lines: list[int]) -> None:
    """So that people find it in their editor."""
    assert lines == [each.line for each in read(text, kind)]


@pytest.mark.parametrize(
    ("text", "kind", "faults"),
    [
        ('{"a": 1}\n{"a": \n7\n{"a": NaN}', "ndjson", [2, 3, 4]),
        (b'{"a": 1}\n{"a": "\xff"}', "ndjson", [2]),
        ('[{"a": 1}, 7]', "json", [1]),
        ("7", "json", [1]),
        ("a,b\n1,2,3\n1\n", "csv", [2]),
    ],
)
def test_a_bad_record_is_told_and_the_others_are_read(
    text: str | bytes, kind: Format, faults: list[int]
) -> None:
    """One line of a million does not hold up the rest."""
    assert faults == [each.line for each in read(text, kind) if each.fault]


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ('[\n{"a": 1}\n{"a": 2}]', "json", "Line 2: after the record that begins here"),
        ('[{"a": 1},\n{"a": }]', "json", "Line 2: what begins here is not right JSON"),
        ('[{"a": 1}', "json", "Line 1: after the record"),
        (b"a\n\xff\n", "csv", "The file is not UTF-8"),
        ("a,a\n1,2\n", "csv", "Line 1: the first line of a CSV file should name each column"),
        ("", "csv", "Line 1: the first line of a CSV file should name each column"),
        ('a,b\n"1"x,2\n', "csv", "Line 2: this is not right CSV"),
    ],
)
def test_a_file_that_cannot_be_read_on_says_where(text: str | bytes, kind: Format, said: str) -> None:
    """There the reading ends."""
    with pytest.raises(Trouble) as caught:
        read(text, kind)

    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "cells", "value"),
    [
        ("a,b,c\n1,,x y\n", "text", {"a": "1", "c": "x y"}),
        ("a;b\n1;007\n", "text", {"a": "1", "b": "007"}),
        ("a\tb\n1\t2\n", "text", {"a": "1", "b": "2"}),
        ("\ufeffa,b\n1,2\n", "text", {"a": "1", "b": "2"}),
        ('a,b,c\n7,"[""x"", 1]",no\n', "json", {"a": 7, "b": ["x", 1], "c": "no"}),
        ("a,b\n1\n", "text", {"a": "1"}),
    ],
)
def test_csv_as_spreadsheets_write_it(text: str, cells: Cells, value: dict[str, Any]) -> None:
    """An empty cell is a value left out; the delimiter is seen; cells are texts unless somebody asks for JSON."""
    assert [value] == [json.loads(each.text) for each in read(text, "csv", cells)]


@pytest.mark.parametrize("kind", ["ndjson", "csv"])
def test_a_file_without_end_is_read_as_it_comes(kind: Format) -> None:
    """Nothing waits for the rest of it."""

    class Endless(io.RawIOBase):
        """A file that always has another line."""

        def __init__(self) -> None:
            self.numbers = count()

        def readable(self) -> bool:
            """It can be read."""
            return True

        def readinto(self, into: Any) -> int:
            """Give one line."""
            number = next(self.numbers)
            line = b'{"a": 1}\n' if kind == "ndjson" else b"a\n" if number == 0 else b"1\n"
            into[: len(line)] = line
            return len(line)

    records = read_records(io.BufferedReader(Endless(), 16), kind)

    assert 3 == len(list(islice(records, 3)))


def test_the_suffix_tells_the_format() -> None:
    """Unless it is said; stdin has none."""
    assert ["json", "ndjson", "ndjson", "csv", "csv", "json"] == [
        format_of("a.json", None),
        format_of("a.NDJSON", None),
        format_of("a.jsonl", None),
        format_of("a.csv", None),
        format_of("a.tsv", None),
        format_of("a.csv", "json"),
    ]
    with pytest.raises(Trouble):
        format_of("-", None)


def test_a_cell_with_half_of_a_character_can_still_be_sent() -> None:
    """JSON writes it escaped, where UTF-8 has no bytes for it; whether it is right is for the relay to say."""
    (record,) = read('name\n"""\\ud800"""\n', "csv", "json")

    assert {"name": "\ud800"} == json.loads(record.text.encode())

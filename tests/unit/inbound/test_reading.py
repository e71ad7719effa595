"""From bytes to records."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.errors import BadRequest, Invalid, RelayError, TooLarge
from relay.inbound.reading import read_records

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(LEAVES, lambda below: st.lists(below) | st.dictionaries(TEXT, below), max_leaves=10)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=4)
A, B = {"a": 1}, {"b": [2, {"c": None}]}


@pytest.mark.parametrize(
    ("body", "records"),
    [
        ('{"a": 1}', [A]),
        ('\ufeff \n\t{"a": 1}\r\n ', [A]),
        ('{\n  "a": 1\n}', [A]),
        ('{\n\n"a":\n1}', [A]),
        ('{"a": 1,\n"x": {}\n}', [{"a": 1, "x": {}}]),
        ("{}", [{}]),
        ('[{"a": 1}]', [A]),
        ('[\n{"a": 1},\n{"b": [2, {"c": null}]}]\n', [A, B]),
        ('{"a": 1}\n{"b": [2, {"c": null}]}', [A, B]),
        ('{"a": 1}\r\n\r\n  \n {"b": [2, {"c": null}]}\r\n', [A, B]),
        ('{"a": "x\u2028y\u0085z"}\n{"a": 1}', [{"a": "x\u2028y\u0085z"}, A]),
    ],
)
def test_bodies_are_told_apart_by_how_they_begin(body: str, records: list[dict[str, Any]]) -> None:
    """One object over any number of lines, an array, or objects one a line."""
    assert records == read_records(body.encode(), 100)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "is empty"),
        (b" \r\n\t\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"[]", "array is empty"),
        (b"[ \n]", "array is empty"),
        (b'"text"', "begins as neither"),
        (b"3", "begins as neither"),
        (b"null", "begins as neither"),
        (b"a=1&b=2", "looks like a form: send it as JSON"),
        (b"deal%5Bid%5D=D-1042", "looks like a form: send it as JSON"),
        (b"a == b", "begins as neither"),
        (b"<soap:Envelope/>", "looks like XML"),
        (b"\x1f\x8b\x08", "not UTF-8"),
        (b'{"a": 1', "line 1"),
        (b'{"a": 1} {"b": 2}', "More follows the first JSON value"),
        (b'{"a": 1}\n{"b": 2,}', "Line 2: "),
        (b'{"a": 1}\n\nnope', "Line 3: Not JSON at column 1"),
        (b'{"a": 1}\n\n{"b": 2, "b": 3}', "Line 3: The name"),
        (b'{"a": 1, "a": 2}\n{"b": 2}', "Line 1: The name"),
        (b'{"a": NaN}\n{"b": 2}', "Line 1: NaN"),
        (b'{"a": 1}\n{"b": ' + b"[" * 2000 + b"]" * 2000 + b"}", "Line 2: Objects and arrays"),
        (b'{"a": ' + b"9" * 5000 + b'}\n{"b": 1}', "Line 1: A number"),
        (b'[{"a": 1}\n{"a": 2}]', "line 2"),
        (b'{"a": 1}\x00', "More follows"),
    ],
)
def test_what_cannot_be_read_is_a_bad_request(body: bytes, sentence: str) -> None:
    """The sentence says where, and never repeats a value."""
    with pytest.raises(BadRequest) as refusal:
        read_records(body, 100)

    assert sentence in refusal.value.detail


@pytest.mark.parametrize(
    ("body", "indexes"),
    [("[{}, 1, [], null]", [1, 2, 3]), ('{}\n"x"\n{}\n3', [1, 3]), ("[[{}]]", [0]), ("{}\n[{}]", [1])],
)
def test_records_are_objects(body: str, indexes: list[int]) -> None:
    """Anything else in an array or on a line is named by its index."""
    with pytest.raises(Invalid) as refusal:
        read_records(body.encode(), 100)

    assert [(index, "#") for index in indexes] == [
        (fault.index, fault.pointer) for fault in refusal.value.errors
    ]


@pytest.mark.parametrize("body", ["[{}, {}, {}]", "{}\n{}\n{}", "{}\n{broken\n{}"])
def test_too_many_records_are_refused(body: str) -> None:
    """The sentence names the limit; lines are counted before they are read."""
    with pytest.raises(TooLarge, match="3 records; this relay takes at most 2"):
        read_records(body.encode(), 2)


def test_as_many_records_as_allowed_are_read() -> None:
    """The limit itself is allowed."""
    assert [{}, {}] == read_records(b"[{}, {}]", 2) == read_records(b"{}\n{}\n", 2)


@given(st.lists(OBJECTS, min_size=1, max_size=5))
def test_records_come_back_as_they_were_sent(records: list[dict[str, Any]]) -> None:
    """As an array, as NDJSON, and one by one, pretty or not."""
    assert records == read_records(json.dumps(records).encode(), 100)
    assert records == read_records(
        "\n".join(json.dumps(each, ensure_ascii=False) for each in records).encode(), 100
    )
    assert records[:1] == read_records(json.dumps(records[0], indent=2).encode(), 100)


@given(
    st.binary() | st.text().map(lambda text: text.encode("utf-8", "replace")),
    st.sampled_from([b"", b"{", b"[", b"{}\n"]),
)
def test_any_bytes_are_records_or_refused(raw: bytes, start: bytes) -> None:
    """Nothing but an error of ours ever comes out of bad bytes."""
    records: list[dict[str, Any]] = []
    try:
        records = read_records(start + raw, 100)
    except RelayError as refusal:
        assert refusal.status in {400, 413, 422}  # noqa: PT017 # which of them depends on the bytes

    assert all(isinstance(record, dict) for record in records)


EVENTS = {"portal": 7, "events": [{"object": A}, {"object": B}, {"other": 1}], "one": A, "none": None, "n": 3}


@pytest.mark.parametrize(
    ("expression", "records"),
    [
        ("events[*].object", [A, B]),
        ("events[?object].object", [A, B]),
        ("one", [A]),
        ("@", [EVENTS]),
        ("none", []),
        ("missing.below", []),
        ("events[?object == `9`]", []),
        ("[one, one]", [A, A]),
    ],
)
def test_an_expression_finds_the_records_in_a_body(expression: str, records: list[Any]) -> None:
    """A list is several, an object is one, and nothing is none."""
    assert records == read_records(json.dumps(EVENTS).encode(), 2, expression)


def test_an_expression_is_over_the_whole_body() -> None:
    """An array is one value, and so are the lines of NDJSON."""
    for body in ('[{"a": 1}, {"x": [{"a": 1}]}]', '{"a": 1}\n{"x": [{"a": 1}]}'):
        assert [A] == read_records(body.encode(), 2, "[].x[]")


@pytest.mark.parametrize(("expression", "indexes"), [("n", [0]), ("[n, one]", [0]), ("events[*].other", [0])])
def test_what_an_expression_finds_has_to_be_objects(expression: str, indexes: list[int]) -> None:
    """Each that is none is named by its place."""
    with pytest.raises(Invalid) as refusal:
        read_records(json.dumps(EVENTS).encode(), 9, expression)

    assert indexes == [fault.index for fault in refusal.value.errors]


def test_an_expression_that_finds_too_many_records_is_refused() -> None:
    """The bound is on records, however they are packed."""
    with pytest.raises(TooLarge, match="holds 3 records"):
        read_records(json.dumps(EVENTS).encode(), 2, "events")


def test_an_expression_that_fails_on_a_body_says_so() -> None:
    """The setting is named, the data is not."""
    with pytest.raises(Invalid) as refusal:
        read_records(b'{"a": "planted"}', 9, "keys(a)")

    assert "inbound.records" in refusal.value.detail
    assert "planted" not in str(refusal.value.errors)


def test_what_is_no_object_is_left_to_be_rejected_where_good_ones_are_taken() -> None:
    """A destination that takes a part gets all of them, to tell which are wrong."""
    assert [A, 3, None] == read_records(b'[{"a": 1}, 3, null]', 9, partial=True)

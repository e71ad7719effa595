"""JSON without its loose ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.errors import BadRequest
from relay.model.strict_json import DEEPEST
from relay.web.strict_json import decode, parse

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(LEAVES, lambda below: st.lists(below) | st.dictionaries(TEXT, below), max_leaves=30)

REFUSED = [
    ("a name twice", '{"a": 1, "a": 2}', "“a” stands more than once"),
    ("a name twice, deep inside", '[{"b": {"a": 1, "a": 1}}]', "“a” stands more than once"),
    ("a name twice, once escaped", '{"a": 1, "\\u0061": 2}', "“a” stands more than once"),
    ("half a character as a name, twice", '{"\\ud800": 1, "\\ud800": 2}', "“?” stands more than once"),
    ("NaN", '{"a": NaN}', "NaN is not JSON"),
    ("infinity", "[Infinity]", "Infinity is not JSON"),
    ("minus infinity", "[-Infinity]", "-Infinity is not JSON"),
    ("a number beyond doubles", "[1e999]", "too large"),
    ("a number beyond doubles, below zero", "[-1e999]", "too large"),
    ("more digits than Python reads", "[" + "9" * 4301 + "]", "4300"),
    ("half a surrogate pair", '["\\ud800"]', "surrogate"),
    ("the other half", '["\\uDFFF"]', "surrogate"),
    ("half a surrogate pair as a name", '{"\\ud83d": 1}', "surrogate"),
    ("arrays too deep", "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "64 deep"),
    ("objects too deep", '{"a":' * (DEEPEST + 1) + "1" + "}" * (DEEPEST + 1), "64 deep"),
    ("far too deep", "[" * 100_000, "64 deep"),
    ("two values", "{} {}", "More follows the first JSON value, at line 1, column 4"),
    # Releases of Python differ in what they point at: the comma, or what follows it.
    ("nothing after a comma", '{\n"a": 1,}', "Not JSON at line 2, column "),
    ("single quotes", "{'a': 1}", "line 1, column 2"),
    ("a line end inside a text", '["a\nb"]', "Not JSON at line 1, column 4: invalid control character"),
    ("an unknown escape", '["\\x"]', "Not JSON at line 1, column 3: invalid \\escape."),
    ("nothing", "", "Not JSON"),
    ("a byte order mark in the text", "\ufeff{}", "Not JSON"),
]


@pytest.mark.parametrize(("text", "sentence"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_loose_json_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    """What other readers of JSON would read differently, or not at all, is refused and says why."""
    with pytest.raises(BadRequest) as refusal:
        parse(text)

    assert sentence in refusal.value.detail
    assert refusal.value.detail.endswith(".")
    assert refusal.value.detail.encode()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": {"a": 1}}', {"a": {"a": 1}}),
        ('["\\ud83d\\ude00"]', ["😀"]),
        ('["\\\\ud800"]', ["\\ud800"]),
        ("9" * 4300, int("9" * 4300)),
        ("[1e308, -0.0, 5e-324]", [1e308, -0.0, 5e-324]),
        ("[" * DEEPEST + "]" * DEEPEST, None),
        ('\t\r\n "x" ', "x"),
        ("null", None),
    ],
)
def test_odd_json_that_is_right_is_read(text: str, value: Any) -> None:
    """Strictness stops where JSON itself allows something."""
    read = parse(text)

    assert value in (None, read)


@given(JSON)
def test_what_json_writes_is_read_back(value: Any) -> None:
    """Any value that JSON can carry comes back as it was, escaped or not."""
    assert value == parse(json.dumps(value))
    assert value == parse(json.dumps(value, ensure_ascii=False))


@given(
    st.binary()
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.text().map(lambda t: t.encode("utf-16"))
)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Nothing but BadRequest ever comes out of bad bytes."""
    try:
        told = json.dumps(parse(decode(raw)), allow_nan=False)
    except BadRequest as refusal:
        told = refusal.detail

    assert told.encode()


def test_a_byte_order_mark_is_cut() -> None:
    """Editors on Windows write one; it is no part of the text."""
    assert "{}" == decode(b"\xef\xbb\xbf{}")


@pytest.mark.parametrize("raw", [b'{"a": "\xe4"}', b"\xff\xfe{\x00}\x00", b'"\xed\xa0\x80"', b'"\xc0\x80"'])
def test_what_is_not_utf_8_is_refused(raw: bytes) -> None:
    """Latin-1, UTF-16, encoded surrogates and overlong forms are no UTF-8."""
    with pytest.raises(BadRequest, match="not UTF-8"):
        decode(raw)

"""How values look in answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from relay.web.answers import ReadableJson, iso


@pytest.fixture
def readable() -> ReadableJson:
    """The writer of answers."""
    return ReadableJson(Flask("test"))


def test_answers_keep_their_order_and_their_letters(readable: ReadableJson) -> None:
    """An answer reads as it was written."""
    assert '{"b": "ü", "a": "€"}' == readable.dumps({"b": "ü", "a": "€"})


@pytest.mark.parametrize("value", ["\ud800", {"x": ["\udfff ü"]}])
def test_any_text_can_be_answered(readable: ReadableJson, value: Any) -> None:
    """Half a surrogate pair, out of somebody else's answer, is escaped instead of failing ours."""
    text = readable.dumps(value)

    assert text.encode()
    assert value == json.loads(text)


def test_an_answer_is_never_anything_but_json(readable: ReadableJson) -> None:
    """NaN is a fault of ours and not written out."""
    with pytest.raises(ValueError):
        readable.dumps(float("nan"))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, None),
        (0.0, None),
        (1_795_000_000.0004, "2026-11-18T11:06:40.000Z"),
        (1.5, "1970-01-01T00:00:01.500Z"),
    ],
)
def test_times_are_utc_with_milliseconds(seconds: float | None, text: str | None) -> None:
    """Never is null."""
    assert text == iso(seconds)

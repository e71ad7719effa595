"""Reading bodies and headers: JSON that can be written again as JSON, or else a text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.model.strict_json import read
from relay.outgoing.answers import keep_headers, read_body
from relay.outgoing.waits import retry_after

JSON = {"content-type": "application/json; charset=utf-8"}


@pytest.mark.parametrize(
    ("raw", "headers", "body"),
    [
        (b"", JSON, None),
        (b" \r\n", JSON, None),
        (b'{"a": [1, 2.5, null, true]}', JSON, {"a": [1, 2.5, None, True]}),
        (b"[1]", {}, [1]),
        (b"7", JSON, 7),
        (b"7", {"content-type": "text/plain"}, "7"),
        (b"12345678901234567890123", JSON, 12345678901234567890123),
        (b'{"a": NaN}', JSON, '{"a": NaN}'),
        (b'{"a": -Infinity}', JSON, '{"a": -Infinity}'),
        (b'{"a": 1e999}', JSON, '{"a": 1e999}'),
        (b'{"a": "\\ud800"}', JSON, '{"a": "\\ud800"}'),
        (b'{"a": "\\ud83d\\ude00"}', JSON, {"a": "\U0001f600"}),
        (b"<html>down</html>", {"content-type": "text/html"}, "<html>down</html>"),
        (b"\xff\xfe{", {}, "\ufffd\ufffd{"),
        (b'{"a": ', JSON, '{"a": '),
        (b"9" * 5000, JSON, "9" * 5000),
    ],
)
def test_what_a_body_becomes(raw: bytes, headers: dict[str, str], body: Any) -> None:
    """JSON where it is JSON, nothing where there is nothing, otherwise the text as far as it can be read."""
    assert body == read_body(raw, headers)


@pytest.mark.parametrize("depth", [65, 900, 50_000])
def test_a_body_nested_beyond_reason_stays_a_text(depth: int) -> None:
    """Nothing that stores or shows it later runs out of stack."""
    raw = b"[" * depth + b"]" * depth

    assert raw.decode() == read_body(raw, JSON)


@given(st.binary(max_size=200), st.sampled_from([{}, JSON, {"content-encoding": "br"}]))
def test_any_bytes_become_something_that_can_be_stored(raw: bytes, headers: dict[str, str]) -> None:
    """Whatever comes, it can be written as JSON and as UTF-8."""
    body = read_body(raw, headers)

    assert body == json.loads(json.dumps(body, allow_nan=False, ensure_ascii=False).encode())


@given(st.text(max_size=100))
def test_strict_json_raises_nothing_but_value_error(text: str) -> None:
    """Callers catch it and nothing else."""
    try:
        value = read(text)
    except ValueError:
        return

    assert value == json.loads(json.dumps(value))


def test_headers_are_cut_and_cleaned() -> None:
    """Lower-case names, sane sizes, no cookies."""
    kept = keep_headers({"X-Long": "x" * 5000, "Set-Cookie": "a=b", "Retry-After": "5"})

    assert {"x-long": "x" * 1000, "retry-after": "5"} == kept


def test_only_so_many_headers_are_kept() -> None:
    """A thousand headers do not become a thousand stored values."""
    assert 60 == len(keep_headers({f"x-{number}": "y" for number in range(1000)}))


NOW = datetime(2026, 11, 22, 16, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("1.5", 1.5),
        (" 7 ", 7.0),
        ("99999999", 3600.0),
        ("Sun, 22 Nov 2026 16:02:00 GMT", 120.0),
        ("Sun, 22 Nov 2026 16:02:00", 120.0),
        ("Sun, 22 Nov 2026 17:02:00 +0100", 120.0),
        ("Sun, 22 Nov 2020 16:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
        ("Sun, 99 Nov 2026 99:00:00 GMT", None),
    ],
)
def test_how_long_retry_after_asks_to_wait(text: str, seconds: float | None) -> None:
    """Seconds or a date; garbage asks for nothing, and nobody waits for years."""
    assert seconds == retry_after({"retry-after": text}, longest=3600, now=NOW)

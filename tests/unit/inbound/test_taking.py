"""The key by which a repeat of a request is known."""

from __future__ import annotations

import pytest

from relay.errors import BadRequest
from relay.inbound.taking import LONGEST_KEY, idempotency_key


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (None, ""),
        ("abc", "abc"),
        ('"abc"', "abc"),
        ('  "abc" ', "abc"),
        ('"a b"', "a b"),
        ('"', '"'),
        ('"a', '"a'),
        ('""a""', '"a"'),
        ("a,b", "a,b"),
        ("x" * LONGEST_KEY, "x" * LONGEST_KEY),
        (f'"{"x" * LONGEST_KEY}"', "x" * LONGEST_KEY),
    ],
)
def test_a_key_is_taken_bare_or_in_quotes(header: str | None, key: str) -> None:
    """The quotes are no part of it: some senders write them, as the draft standard asks, and some do not."""
    assert key == idempotency_key(header)


@pytest.mark.parametrize(
    "header",
    ["", " ", '""', "x" * (LONGEST_KEY + 1), f'"{"x" * (LONGEST_KEY + 1)}"', "a\tb", "a\x7f", "ü", "a\x00"],
)
def test_what_is_no_key_is_refused(header: str) -> None:
    """A key that says nothing, is too long or cannot be printed would not protect anybody."""
    with pytest.raises(BadRequest, match="1 to 255 printable ASCII"):
        idempotency_key(header)

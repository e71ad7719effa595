"""Keys: how they are kept and compared."""

from __future__ import annotations

import pytest

from relay.web.keys import bearer, digest, new_key, new_salt, same


def test_the_same_key_under_another_salt_is_another_digest() -> None:
    """Two destinations with one key cannot be told to share it."""
    key = new_key()

    assert digest(new_salt(), key) != digest(new_salt(), key)
    assert digest("salt", key) == digest("salt", key.encode())
    assert key not in digest("salt", key)


def test_new_keys_differ_and_fit_a_url() -> None:
    """Each is random, and needs no escaping."""
    keys = {new_key() for _ in range(100)}

    assert 100 == len(keys)
    assert all(len(key) >= 43 and key.replace("-", "").replace("_", "").isalnum() for key in keys)


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", b"abc"),
        ("bearer  abc ", b"abc"),
        ("Bearer ü", b"\xfc"),
        ("Basic abc", b""),
        ("Bearer", b""),
        ("", b""),
        (None, b""),
    ],
)
def test_a_bearer_token_is_what_follows_the_scheme(header: str | None, token: bytes) -> None:
    """The scheme's case does not matter; anything else has no token."""
    assert token == bearer(header)


def test_texts_are_compared_whole() -> None:
    """A part is not the same, and nothing is the same as nothing only."""
    assert same("abc", b"abc")
    assert not same("abc", "abcd")
    assert not same("", "a")

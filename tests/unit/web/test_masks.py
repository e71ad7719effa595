"""Masks, and documents that come back with them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from relay.model.masks import MASK
from relay.web.masks import KEPT, Secret, is_mask, mask
from relay.web.merging import merge


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("short", MASK),
        ("fifteen-letters", MASK),
        ("sixteen-letters!", MASK + "ers!"),
        ("x" * 400, MASK + "xxxx"),
    ],
)
def test_a_mask_shows_four_characters_at_most(secret: str, shown: str) -> None:
    """Of a short secret it shows nothing."""
    assert shown == mask(secret)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126)))
def test_no_secret_is_taken_for_a_mask(secret: str) -> None:
    """A mask begins with what no secret may hold."""
    assert not is_mask(secret)
    assert is_mask(mask(secret))


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        ["x" * 20],
        "",
        "x" * 15,
        "x" * 4097,
        "with a space in it",
        "ümlaute-im-kennwort",
        "x" * 20 + "\n",
    ],
)
def test_a_secret_fits_a_header(value: Any) -> None:
    """What cannot stand in a header, or is too short to be safe, is refused without being repeated."""
    with pytest.raises(ValidationError) as refusal:
        Secret(shortest=16).deserialize(value)

    assert ["should be 16 to 4096 printable ASCII characters without spaces"] == refusal.value.messages


def test_a_mask_is_no_secret() -> None:
    """Whoever sends a mask where there is nothing to keep is told so."""
    with pytest.raises(ValidationError, match="is the mask of a secret"):
        Secret(shortest=1).deserialize(MASK + "abcd")


STANDING = {"name": "a", "delivery": {"tries": 1, "age": 2}, "secret": KEPT}


@pytest.mark.parametrize(
    ("given_", "merged"),
    [
        ({}, STANDING),
        ({"name": "b"}, {**STANDING, "name": "b"}),
        ({"delivery": {"tries": 5}}, {**STANDING, "delivery": {"tries": 5, "age": 2}}),
        ({"delivery": None}, {"name": "a", "secret": KEPT}),
        ({"delivery": {"tries": None}}, {**STANDING, "delivery": {"age": 2}}),
        ({"delivery": 3}, {**STANDING, "delivery": 3}),
        ({"secret": MASK + "abcd"}, STANDING),
        ({"secret": None}, {"name": "a", "delivery": {"tries": 1, "age": 2}}),
        ({"other": {"new": None, "x": 1}}, {**STANDING, "other": {"new": None, "x": 1}}),
        ({"other": None}, {**STANDING, "other": None}),
        ({"other": MASK}, {**STANDING, "other": MASK}),
        ({"name": MASK + " a"}, {**STANDING, "name": MASK + " a"}),
    ],
)
def test_a_patch_is_laid_over_what_stands(given_: dict[str, Any], merged: dict[str, Any]) -> None:
    """Objects merge, null takes a name away, and a mask changes nothing."""
    assert merged == merge(STANDING, given_)


def test_a_document_that_was_read_can_be_laid_over_itself() -> None:
    """Null inside a constant stays null, and a mask for a secret that ended meanwhile brings nothing back."""
    standing = {"constants": {"meta": {"a": None, "b": 1}}, "batch": None, "previous_secret": None}

    merged = merge(standing, {**standing, "previous_secret": MASK + "abcd"})

    assert standing == merged

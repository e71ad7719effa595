"""`${NAME}` in files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.cli.placeholders import Filled, Filling, escape, placeholder


@given(st.text("${}Aa_1 "))
def test_an_escaped_text_comes_back(text: str) -> None:
    """Whatever stands in a setting survives an export and an apply."""
    assert text == Filling({}).fill(escape(text))


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${TOKEN}", "t-1"),
        ("Bearer ${TOKEN}, ${OTHER}", "Bearer t-1, o"),
        ("$${TOKEN}", "${TOKEN}"),
        ("$TOKEN costs $5", "$TOKEN costs $5"),
        ("$$${TOKEN}", "$${TOKEN}"),
    ],
)
def test_texts_are_filled(text: str, filled: str) -> None:
    """Only ${NAME} is a placeholder, and $${ is not."""
    assert filled == Filling({"TOKEN": "t-1", "OTHER": "o"}).fill(text)


def test_names_numbers_and_flags_stay() -> None:
    """Placeholders count in texts alone, at any depth."""
    value = {"${A}": [1, True, None, {"x": "${A}"}]}

    assert {"${A}": [1, True, None, {"x": "v"}]} == Filling({"A": "v"}).fill(value)


def test_all_that_cannot_be_filled_is_collected() -> None:
    """One message can name every variable that is missing, and every text that is malformed."""
    filling = Filling({})
    filling.fill(["${A}", "${B} ${A}", "${not a name}"])

    assert (["A", "B"], ["${not a name}"]) == (list(filling.missing), list(filling.malformed))


def test_a_filled_text_remembers_how_it_was_written() -> None:
    """A diff can show the variable's name where it must not show its value."""
    filled = Filling({"A": "v"}).fill("x ${A}")

    assert isinstance(filled, Filled)
    assert ("x v", "x ${A}") == (filled, filled.written)


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        (("cancel-demos", "inbound", "key"), "${CANCEL_DEMOS_INBOUND_KEY}"),
        (("7days", "token"), "${_7DAYS_TOKEN}"),
        (("a", "header", "X-Api-Key"), "${A_HEADER_X_API_KEY}"),
    ],
)
def test_names_are_made_of_ids(parts: tuple[str, ...], shown: str) -> None:
    """The same secret always has the same name, and a shell can set it."""
    assert shown == placeholder(*parts)

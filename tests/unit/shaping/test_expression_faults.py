"""Expressions that are refused when they are saved, and what is said about them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay.shaping.expressions import BadExpression, compiled

WHERE = "should be a JMESPath expression; at column"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "should not be empty"),
        (" \n", "should not be empty"),
        ("a" * 1001, "should be at most 1000 characters long"),
        ("a.", f"{WHERE} 3: it ends too early"),
        ("a[", f"{WHERE} 3: it ends too early"),
        ("a[1:", f"{WHERE} 5: it ends too early"),
        ("a[?b", f"{WHERE} 5: it ends too early"),
        ("a b", f"{WHERE} 3: b is not expected here"),
        ("a.#", f"{WHERE} 3: # is not expected here"),
        ("a = 'b'", f"{WHERE} 3: = is not expected here"),
        ("a]", f"{WHERE} 2: ] is not expected here"),
        ("'lost", f"{WHERE} 1: ' opens here and is never closed"),
        ('a == "b', f'{WHERE} 6: " opens here and is never closed'),
        ("a == `b`", f"{WHERE} 6: `b` is no JSON; a text stands in single quotes, such as 'closed'"),
        ("a == `NaN`", f"{WHERE} 6: NaN is not JSON."),
        ("a == `1e999`", f"{WHERE} 6: A number is too large to be held."),
        (
            "`[" + "[" * 70 + "]" * 70 + "]`",
            f"{WHERE} 1: Objects and arrays stand inside each other more than 64 deep.",
        ),
        ('"\\ud800"', f"{WHERE} 1: A text holds half of a surrogate pair, which is no character."),
        ('a."\\x"', f'{WHERE} 3: "\\x" is no name in JSON\'s quotes'),
        ("'\ud800'", f"{WHERE} 2: half of a surrogate pair, which is no character"),
        ("a && lenght(b)", f"{WHERE} 6: there is no function lenght(); length() is one"),
        ("a[?qqq(@)].abs(b)", f"{WHERE} 4: there is no function qqq()"),
        ("abs(a) + 1", f"{WHERE} 8: + is not expected here"),
        ("join(a)", f"{WHERE} 1: join() takes 2 arguments, not 1"),
        ("a[?contains(@)].abs(b)", f"{WHERE} 4: contains() takes 2 arguments, not 1"),
        ("abs(@) || abs(a, b)", f"{WHERE} 11: abs() takes 1 argument, not 2"),
        ("not_null()", f"{WHERE} 1: not_null() takes at least 1 argument, not 0"),
        ("map(email, @)", f"{WHERE} 1: argument 1 of map() should be an expression after &, such as &email"),
        ("&a", f"{WHERE} 1: & belongs before an argument of map(), sort_by(), min_by() or max_by()"),
        ("[a, &b]", f"{WHERE} 5: & belongs before an argument of map(), sort_by(), min_by() or max_by()"),
        (
            "to_string(&a)",
            f"{WHERE} 11: & belongs before an argument of map(), sort_by(), min_by() or max_by()",
        ),
        (
            "map(&(&a), @)",
            f"{WHERE} 7: & belongs before an argument of map(), sort_by(), min_by() or max_by()",
        ),
        ("(abs)(a)", f"{WHERE} 6: ( is not expected here"),
        ('"abs"(a)', f"{WHERE} 1: the name of a function stands without quotes"),
        ("a[1:2:0]", f"{WHERE} 7: the step of a slice cannot be 0"),
        ("a[::0]", f"{WHERE} 5: the step of a slice cannot be 0"),
        ("(" * 51 + "a" + ")" * 51, f"{WHERE} 51: brackets stand inside each other more than 50 deep"),
        ("!" * 900 + "a", "should nest less deep"),
        ("|".join(["@"] * 60), "should build at most 50 steps on each other"),
    ],
)
def test_a_bad_expression_is_told_what_is_wrong_and_where(text: str, sentence: str) -> None:
    """Columns count from 1, as editors do."""
    with pytest.raises(BadExpression) as caught:
        compiled(text)

    assert sentence == str(caught.value)


@pytest.mark.parametrize("text", ["a[0:]", "a[:0]", "a[0:0]", "a[0]", "{a: `0`}", "a[?b==`0`]", "a[0:1:1]"])
def test_a_zero_elsewhere_is_no_step(text: str) -> None:
    """Only the third number of a slice is."""
    assert text == compiled(text).text


WORDS = [
    *"[]{}().,:@*|&!<>='\"`\\-# \n",
    "[?",
    "[]",
    "==",
    "&&",
    "||",
    "a",
    "b",
    "0",
    "17",
    "-1",
    "'x'",
    "`1`",
    '"y"',
    "`{}`",
]
CALLED = [
    "abs(HERE)",
    "abs(a)[?abs(b)].abs(HERE)",
    "HERE[?abs(a)].abs(b)",
    "a[?HERE && abs(b)][?abs(c)]",
    "{x: abs(a), y: HERE, z: abs(@)}",
    "map(&abs(HERE), abs(a)[].abs(b))",
    "[abs(a), HERE] | abs(@) || abs('abs')",
    "!abs(HERE) == abs(b)",
]
CALLS = ["abs(", "map(&", "join(", "sort_by(", "to_string(", "contains("]


@given(st.lists(st.sampled_from(WORDS + CALLS), max_size=25).map("".join) | st.text(max_size=30))
@example("[1 2]")
@example("a[1:2 3]")
@example("=")
@example("a=")
@example("@(a)")
@example("(a)(b)")
@example("{")
@example("{a")
@example("{a:")
@example("[*")
@example("-")
@example("'\\")
@example("foo(,)")
def test_any_text_is_an_expression_or_a_sentence(text: str) -> None:
    """Whatever the library makes of it."""
    try:
        said = f"should be {compiled(text).text}"
    except BadExpression as exc:
        said = str(exc)

    assert said.startswith("should ")


@given(st.lists(st.sampled_from(CALLED), min_size=1, max_size=6), st.data())
def test_the_column_is_that_of_the_very_call(pieces: list[str], data: st.DataObject) -> None:
    """However the expression is put together."""
    text = ""
    for piece in pieces:
        text = piece.replace("HERE", text or "@")
    places = [place for place in range(len(text)) if text.startswith("abs(", place)]
    place = data.draw(st.sampled_from(places))
    with pytest.raises(BadExpression) as caught:
        compiled(f"{text[:place]}xyz{text[place + 3 :]}")

    assert f"{WHERE} {place + 1}: there is no function xyz()" == str(caught.value)

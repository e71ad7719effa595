"""Expressions over records: what they give, and that values keep their types."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jmespath
import pytest

from relay.shaping.expressions import Budget, ExpressionFailed, compiled, truth

RECORD: dict[str, Any] = {
    "stage": "closedlost",
    "score": 1,
    "ratio": 1.0,
    "won": True,
    "owner": None,
    "name": "Zoë",
    "big": 2**70,
    "when": "2026-11-22T16:00:00Z",
    "properties": {
        "calendly_event": "https://api.calendly.com/scheduled_events/AAA",
        "e.mail": "a@b.example",
    },
    "contacts": [{"email": "b@x.example", "age": 41}, {"email": "a@x.example", "age": 7}, {"age": 9}],
    "nested": [[1], [True]],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("properties.calendly_event", "https://api.calendly.com/scheduled_events/AAA"),
        ('properties."e.mail"', "a@b.example"),
        ("missing.deeper", None),
        ("contacts[*].email", ["b@x.example", "a@x.example"]),
        ("contacts[?age > `8`].age", [41, 9]),
        ("contacts[0:2].age", [41, 7]),
        ("contacts[::-1].age", [9, 7, 41]),
        ("contacts[-1].age", 9),
        ("contacts[99999999999999999999999999]", None),
        ("sort_by(contacts, &age)[0].age", 7),
        ("max_by(contacts, &age).age", 41),
        ("min_by(contacts, &age).age", 7),
        ("min_by(`[]`, &age)", None),
        ("sort(contacts[].email)", ["a@x.example", "b@x.example"]),
        ("join(' ', ['Closed lost:', stage])", "Closed lost: closedlost"),
        ("stage == 'closedlost' && won", True),
        ("owner || 'nobody'", "nobody"),
        ("!owner", True),
        ("not_null(owner, name)", "Zoë"),
        ("merge({a: score}, {a: ratio, b: won})", {"a": 1.0, "b": True}),
        ("when > '2026-01-01'", True),
        ("when > score", None),
        ("to_string({a: name})", '{"a":"Zoë"}'),
        ("to_number('12')", 12),
        ("to_number('-1.50')", -1.5),
        ("to_number('1_000')", None),
        ("to_number('nan')", None),
        ("to_number('1e999')", None),
        ("to_number('١٢')", None),
        ("to_number(won)", None),
        ("contains(name, 'ë')", True),
        ("contains(name, score)", False),
        ("contains(contacts[].age, `7.0`)", True),
        ("contains(nested, `[true]`)", True),
        ("contains(nested[0], `true`)", False),
        ("`[[1]]` == `[[true]]`", False),
        ('`{"a": [1]}` == `{"a": [1.0]}`', True),
        ('`{"a": 1}` != `{"b": 1}`', True),
        ("`1` == `true`", False),
        ("keys(properties)", ["calendly_event", "e.mail"]),
        ("map(&age, contacts)", [41, 7, 9]),
        ("type(won)", "boolean"),
        ("ceil(`1.2`)", 2),
        ("avg(`[1, 2]`)", 1.5),
        ("nested[]", [1, True]),
        ("@.score", 1),
    ],
)
def test_an_expression_gives_what_it_says(text: str, expected: Any) -> None:
    """To the type: 1, 1.0 and true are three different values."""
    found = compiled(text).search(RECORD)

    assert json.dumps(expected) == json.dumps(found)


@pytest.mark.parametrize("name", ["score", "ratio", "won", "owner", "name", "big", "nested"])
def test_values_keep_their_types(name: str) -> None:
    """A whole number stays one, however large it is."""
    found = compiled(name).search(RECORD)

    assert json.dumps(RECORD[name]) == json.dumps(found)
    assert type(RECORD[name]) is type(found)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sum(contacts[].email)", "sum() takes an array of numbers, not one that holds a text"),
        ("sum(name)", "sum() takes an array of numbers, not a text"),
        ("sum(nested)", "sum() takes an array of numbers, not one that holds an array"),
        ("length(score)", "length() takes a text or an array or an object, not a number"),
        ("join(', ', owner)", "join() takes an array of texts, not null"),
        ("merge(properties, contacts)", "merge() takes objects only"),
        ("sort_by(contacts, &email)", "sort_by() takes keys that are all numbers or all texts"),
        ("max_by(contacts, &(email || age))", "max_by() takes keys that are all numbers or all texts"),
        ("sum(`[1e308, 1e308]`)", "makes a number that is too large to be held"),
        ("avg([`1.5`, `1" + "0" * 400 + "`])", "avg() makes a number that is too large to be held"),
    ],
)
def test_a_function_that_does_not_take_a_value_says_so(text: str, sentence: str) -> None:
    """In a sentence without anybody's data."""
    with pytest.raises(ExpressionFailed) as caught:
        compiled(text).search(RECORD)

    assert sentence == str(caught.value)


def test_an_integer_that_cannot_be_written_is_refused() -> None:
    """A sum may have one digit more than Python writes."""
    most = 10**4300 - 1
    with pytest.raises(ExpressionFailed) as caught:
        compiled("sum(@)").search([most, most])

    assert "makes a number of more than 4300 digits" == str(caught.value)


@pytest.mark.parametrize("value", [0, 0.0, 1, "x", [0], {"a": None}, True, "false"])
def test_most_values_count_as_true(value: Any) -> None:
    """Zero too, as JMESPath has it."""
    assert truth(value)
    assert "yes" == compiled("@ && 'yes'").search(value)


@pytest.mark.parametrize("value", [None, False, "", [], {}])
def test_null_false_and_what_is_empty_count_as_false(value: Any) -> None:
    """Just as JMESPath's own operators see it."""
    assert not truth(value)
    assert "no" == compiled("@ || 'no'").search(value)


def test_a_result_may_be_changed_without_changing_the_expression() -> None:
    """A literal is given anew to every evaluation."""
    expression = compiled('`{"tags": ["a"]}`')

    expression.search(None)["tags"].append("b")

    assert {"tags": ["a"]} == expression.search(None)


def test_an_expression_is_compiled_once() -> None:
    """And equal texts are equal expressions."""
    assert compiled("contacts[0].email") is compiled("contacts[0].email")
    assert "contacts[0].email" == compiled("contacts[0].email").text


def test_evaluations_can_share_a_budget() -> None:
    """So that the expressions of one request are bounded together."""
    budget = Budget(9)
    expression = compiled("a.b.c")
    expression.search({}, budget)

    with pytest.raises(ExpressionFailed):
        expression.search({}, budget)


def test_many_threads_compile_and_search_at_once() -> None:
    """More texts than the library's own cache holds."""

    def found(number: int) -> Any:
        jmespath.parser.Parser.purge()
        return compiled(f"rows[{number % 700}]").search({"rows": list(range(700))})

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(found, range(3000)))

    assert [number % 700 for number in range(3000)] == results

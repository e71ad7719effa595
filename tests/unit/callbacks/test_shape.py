"""Reshaping what a callback says."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.callbacks import CannotShape, encode, shaped, written
from relay.shaping.expressions import BadExpression, compiled

PAYLOAD: dict[str, Any] = {
    "type": "delivery.delivered",
    "timestamp": "2026-11-22T16:00:00.000Z",
    "data": {
        "records": [{"crm_id": 7, "name": "Zoë"}],
        "response": {"status": 201, "body": {"resource": {"booking_url": "https://calendly.com/d/x"}}},
        "error": None,
    },
}
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
JSON = st.recursive(SCALARS, lambda below: st.lists(below) | st.dictionaries(st.text(), below), max_leaves=20)
PIECES = st.sampled_from(
    [
        *(
            "@",
            "*",
            "a",
            "b.c",
            "data",
            "data.records",
            "data.records[0]",
            "data.records[].crm_id",
            "[?a > `1`]",
        ),
        *(
            "type",
            "data.response.body",
            "length(@)",
            "keys(@)",
            "sum(@)",
            "sort(@)",
            "join(',', @)",
            '`{"a": 1}`',
        ),
        *(
            "to_string(@)",
            "to_number(type)",
            "values(data)",
            "{a: type, b: data}",
            "[type, data]",
            "''",
            "reverse(@)",
        ),
    ]
)
EXPRESSIONS = st.lists(PIECES, min_size=1, max_size=4).map(" | ".join)


def test_without_an_expression_the_payload_is_sent_as_it_is() -> None:
    """Byte for byte."""
    assert encode(PAYLOAD) == written(PAYLOAD, "")


def test_an_expression_makes_what_a_crm_takes() -> None:
    """Over the whole payload: type and timestamp as well."""
    expression = "{properties: {link: data.response.body.resource.booking_url, status: type}, id: data.records[0].crm_id}"

    body = written(PAYLOAD, expression)

    assert {
        "properties": {"link": "https://calendly.com/d/x", "status": "delivery.delivered"},
        "id": 7,
    } == json.loads(body)
    assert body.isascii()


@pytest.mark.parametrize(
    ("expression", "sent"),
    [
        ("data.error", "null"),
        ("type", '"delivery.delivered"'),
        ("data.records[0].crm_id", "7"),
        ("data.records[].crm_id", "[7]"),
        ("data.records[0].name", '"Zo\\u00eb"'),
        ("`true`", "true"),
    ],
)
def test_any_json_value_can_be_sent(expression: str, sent: str) -> None:
    """An object is usual, and not asked for."""
    assert sent == written(PAYLOAD, expression).decode()


@pytest.mark.parametrize(
    "expression", ["sum(data.records)", "join(', ', data.records)", "length(data.error)"]
)
def test_an_expression_that_fails_says_which_setting_it_is_and_shows_no_data(expression: str) -> None:
    """A person reads it in the log, where people's data have no place."""
    with pytest.raises(CannotShape) as failed:
        written(PAYLOAD, expression)

    assert str(failed.value).startswith("The destination's callback.body ")
    assert "Zoë" not in str(failed.value)


def test_an_expression_that_no_longer_counts_as_one_fails_alike() -> None:
    """One that an older release took: nothing but CannotShape comes out."""
    with pytest.raises(CannotShape):
        written(PAYLOAD, "no such expression (")


@given(JSON, EXPRESSIONS)
def test_a_payload_is_shaped_to_json_or_says_why_not(data: Any, expression: str) -> None:
    """Whatever the records and the answers hold, whatever the expression asks."""
    payload = {"type": "delivery.dead", "timestamp": "t", "data": data}
    try:
        compiled(expression)
    except BadExpression:
        return
    with contextlib.suppress(CannotShape):
        body = written(payload, expression)

        assert shaped(payload, expression) == json.loads(body)

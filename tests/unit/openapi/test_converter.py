"""What the document says of our own fields is what they take."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from marshmallow import Schema, ValidationError

from relay.api.auth_documents import BasicAuth, BearerAuth, QueryAuth
from relay.api.callbacks import RotationDocument
from relay.api.credential_documents import CredentialDocument
from relay.api.destination_documents import DestinationDocument
from relay.api.destination_parts import BatchPart, DeliveryPart, ManualPart
from relay.api.replays import ReplayDocument
from relay.openapi.bodies import as_change
from relay.openapi.converter import component_name
from relay.openapi.fields import or_null

# In ECMAScript, whose patterns the document has, `$` is the end of a text; Python's is before a last newline as well.
TEXTS = (
    st.text(max_size=20)
    | st.sampled_from(
        [
            "a",
            "A",
            "acme",
            "bearer",
            "basic",
            "query",
            "POST",
            "json",
            "a\nb",
            "x" * 2000,
            "é",
            "arrival",
            "dead",
            "",
        ]
    )
).filter(lambda text: not text.endswith("\n"))
VALUES: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-5, 200_000)
    | st.sampled_from([1.0, 1.5, 60.0])
    | TEXTS
    | st.just([])
    | st.just({})
    | st.just(["a"])
)
GOOD: dict[type[Schema], dict[str, Any]] = {
    BearerAuth: {"kind": "bearer"},
    BasicAuth: {"kind": "basic", "username": "crm"},
    QueryAuth: {"kind": "query"},
    CredentialDocument: {"id": "acme", "kind": "sandbox"},
    DestinationDocument: {
        "id": "here",
        "template": "manual",
        "credential": "acme",
        "inbound": {"auth": {"kind": "bearer"}},
    },
    BatchPart: {},
    DeliveryPart: {},
    ManualPart: {"method": "POST", "url": "/shares"},
    ReplayDocument: {"state": "dead"},
    RotationDocument: {},
}
# Checked by other code, and so stricter in the document than in the form alone.
ELSEWHERE = {"headers", "secret", "since", "until"}


@pytest.mark.filterwarnings(
    "ignore:Generating overly large repr"
)  # of the document, where something is wrong
@pytest.mark.parametrize("kind", GOOD, ids=lambda kind: kind.__name__)
@given(pick=st.integers(0, 100), value=VALUES)
def test_the_schema_takes_what_the_form_takes(
    kind: type[Schema], document: dict[str, Any], pick: int, value: Any
) -> None:
    """Name by name, with any value; a name that is not known is refused by both."""
    names = [field.data_key or name for name, field in kind().fields.items()] + ["unknown"]
    fit = [each for each in names if each not in ELSEWHERE]
    sent = {**GOOD[kind], fit[pick % len(fit)]: value}
    validator = validator_of(document, component_name(kind))

    assert _loads(kind, sent) == validator.is_valid(sent), sent


@pytest.mark.parametrize("kind", GOOD, ids=lambda kind: kind.__name__)
def test_what_is_needed_is_needed(kind: type[Schema], document: dict[str, Any]) -> None:
    """And all else may be left out, or null."""
    validator = validator_of(document, component_name(kind))

    assert validator.is_valid(GOOD[kind])
    for name in GOOD[kind]:
        assert not validator.is_valid({each: value for each, value in GOOD[kind].items() if each != name})
        assert not validator.is_valid({**GOOD[kind], name: None})


def test_a_change_needs_nothing_and_keeps_masks(document: dict[str, Any]) -> None:
    """Null resets, a mask keeps its secret, and a name that is not known is refused as ever."""
    validator = validator_of(document, "DestinationChange")
    mask = "••••u1o="

    right: list[dict[str, Any]] = [
        {},
        {"name": None},
        {"delivery": {"concurrency": 1}},
        {"inbound": {"auth": {"key": None}}},
        {"inbound": {"auth": {"kind": "basic", "username": "crm", "password": mask}}},
        {"callback": {"secret": mask, "headers": {"Authorization": mask, "X-Old": None}}},
        {"mapping": {"reason": None}},
    ]
    wrong: list[dict[str, Any]] = [
        {"nmae": "x"},
        {"delivery": {"concurrency": 0}},
        {"inbound": {"auth": {"kye": "x"}}},
    ]

    for change in right:
        assert validator.is_valid(change), change
    for change in wrong:
        assert not validator.is_valid(change), change


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, {"type": ["string", "null"]}),
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        ({"type": "string", "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
        (
            {"$ref": "#/x", "description": "X."},
            {"anyOf": [{"$ref": "#/x"}, {"type": "null"}], "description": "X."},
        ),
        ({"anyOf": [{"type": "null"}]}, {"anyOf": [{"type": "null"}]}),
        ({"description": "Anything."}, {"description": "Anything."}),
    ],
)
def test_null_is_added_once(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    """However a schema is written."""
    assert expected == or_null(schema)


def test_a_change_has_no_defaults() -> None:
    """What is left out stays as it is."""
    schema = {
        "properties": {"size": {"type": "integer", "default": 100}},
        "required": ["size"],
        "type": "object",
    }

    assert {"properties": {"size": {"type": ["integer", "null"]}}, "type": "object"} == as_change(schema, {})


def validator_of(document: dict[str, Any], name: str) -> Draft202012Validator:
    """Give the validator of a component."""
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": document["components"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def _loads(kind: type[Schema], sent: dict[str, Any]) -> bool:
    try:
        kind().load(sent)
    except ValidationError:
        return False
    return True

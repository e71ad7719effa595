"""What the catalogue tells about a template."""

from __future__ import annotations

import json

import jsonschema
import pytest

from relay.catalogue import TEMPLATES
from relay.catalogue.describe import describe, json_schema
from relay.catalogue.template import Template
from tests.bad_records import BAD_RECORDS

# What a schema cannot say, or says only with a validator of formats.
ONLY_READ_TELLS = (
    "in the future",
    "no such day",
    "no such hour",
    "before the first year",
    "before start_time",
    "equal to start_time",
    "beyond 24 months",
    "far too long",
    "surrogate",
    "NUL",
    "port",
    "with scope",
    "for one user",
    "for the organization",
    "address",
    "dots",
    "dot at the end",
    "hyphen",
    "invisible",
    "mailto",
    "too long",
)


def test_a_description_is_json(template: Template) -> None:
    """It can be answered as it is."""
    described = describe(template)

    assert described == json.loads(json.dumps(described))


def test_a_description_tells_what_decides_a_template() -> None:
    """Role, plan, scopes and what cannot be taken back."""
    described = describe(TEMPLATES["delete_invitee_data"])
    facts = ("name", "method", "path", "plan", "scopes", "irreversible", "harmless_to_repeat", "success")
    expected = {
        "name": "delete_invitee_data",
        "method": "POST",
        "path": "/data_compliance/deletion/invitees",
        "plan": "Enterprise",
        "scopes": ["data_compliance:write"],
        "irreversible": True,
        "harmless_to_repeat": True,
        "success": [202],
    }

    assert expected == {name: described[name] for name in facts}


def test_fields_say_where_they_go() -> None:
    """In the path, in the body, or no further than a look-up."""
    fields = describe(TEMPLATES["cancel_scheduled_event"])["fields"]
    expected = {
        "event_uuid": "path",
        "invitee_email": "look_up",
        "start_time": "look_up",
        "reason": "body",
    }

    assert expected == {field["name"]: field["where"] for field in fields}


def test_done_already_reads_as_sentences() -> None:
    """For the page that a person reads before activating."""
    done = {name: describe(TEMPLATES[name])["done_already"] for name in TEMPLATES}

    assert ["403 'Event is already canceled': The event had been canceled before."] == done[
        "cancel_scheduled_event"
    ]
    assert ["404 after an attempt with an unknown outcome: that attempt had worked."] == done[
        "unmark_invitee_no_show"
    ]
    assert "A look-up at /webhook_subscriptions decides." in done["create_webhook_subscription"][0]


def test_allowed_values_show_in_the_schema() -> None:
    """A destination's own description knows what it allows."""
    schema = json_schema(TEMPLATES["create_webhook_subscription"], {"events": ("invoice.paid",)})

    assert "invoice.paid" in schema["properties"]["events"]["items"]["enum"]


def test_a_secret_is_write_only() -> None:
    """A form does not show it again."""
    properties = json_schema(TEMPLATES["create_webhook_subscription"])["properties"]

    assert ["signing_key"] == [name for name, schema in properties.items() if schema.get("writeOnly")]


@pytest.mark.parametrize("name", BAD_RECORDS)
def test_the_schema_refuses_bad_records_but_for_what_only_reading_tells(name: str) -> None:
    """The schema is no mere formality: it stops what a schema can stop."""
    judge = jsonschema.Draft202012Validator(json_schema(TEMPLATES[name]))
    passed = [bad.why for bad in BAD_RECORDS[name] if judge.is_valid(bad.record)]

    assert [] == [why for why in passed if not any(words in why for words in ONLY_READ_TELLS)]

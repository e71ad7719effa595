"""What holds for every template, also for the next one."""

from __future__ import annotations

import re

import jsonschema
import pytest

from relay import catalogue
from relay.catalogue import TEMPLATES
from relay.catalogue.describe import describe, json_schema
from relay.catalogue.fields import RecordField
from relay.catalogue.template import InvalidRecord, Template
from relay.errors import UnknownTemplate
from tests.bad_records import BAD_RECORDS, BadRecord
from tests.unit.catalogue.calls import ORGANIZATION, check_call

EVERY_BAD_RECORD = [
    pytest.param(name, bad, id=f"{name}-{bad.why}") for name, rows in BAD_RECORDS.items() for bad in rows
]


def _found_by_look_ups(template: Template) -> set[str]:
    return {one.finds for one in template.look_ups}


def test_the_example_makes_a_call_that_calendly_allows(template: Template) -> None:
    """Whoever copies the example gets a call that Calendly's own document accepts."""
    call = template.call(template.read(template.example), ORGANIZATION)

    check_call(call)


def test_reading_twice_changes_nothing(template: Template) -> None:
    """What was read can be read again: stored fields are a record too."""
    fields = template.read(template.example)

    assert fields == template.read(fields)


def test_unknown_attributes_are_ignored(template: Template) -> None:
    """A record may carry more than the template's fields."""
    record = {**template.example, "crm_id": 17, "": None, "_schema": "x", "nested": {"deep": [1]}}

    assert template.read(template.example) == template.read(record)


def test_a_field_of_null_counts_as_left_out(template: Template) -> None:
    """Most systems write an empty field as null."""
    needed = _found_by_look_ups(template)
    optional = [
        name for name, field in template.fields().items() if not field.required and name not in needed
    ]
    without = {name: value for name, value in template.example.items() if name not in optional}
    record = {**dict.fromkeys(optional), **template.example}

    assert template.read(template.example) == template.read(record)
    if (
        template.name != "create_webhook_subscription"
    ):  # its user is optional in itself, required by its scope
        assert template.read(without) == template.read({**without, **dict.fromkeys(optional)})


def test_a_missing_field_is_named_with_what_it_is(template: Template) -> None:
    """An empty record is told all that it lacks, at once."""
    needed = _found_by_look_ups(template)
    required = [name for name, field in template.fields().items() if field.required or name in needed]

    with pytest.raises(InvalidRecord) as caught:
        template.read({})

    assert [f"#/{name}" for name in required] == [error.pointer for error in caught.value.errors]
    assert all(error.detail.startswith("is required: ") for error in caught.value.errors)


def test_delete_sends_no_body(template: Template) -> None:
    """A DELETE has a path only; any other call has a body, be it empty."""
    call = template.call(template.read(template.example), ORGANIZATION)

    assert (template.method == "DELETE") == (call.body is None)


def test_fields_are_made_of_the_catalogue_s_own(template: Template) -> None:
    """Only then has every refusal a sentence that says what would be right."""
    declared = template.schema().fields

    assert set(declared) == set(template.fields())
    assert all(isinstance(field, RecordField) for field in declared.values())


def test_placeholders_are_required_fields_or_the_organization(template: Template) -> None:
    """No path can be left with a hole: what a record may leave out is looked up."""
    required = {name for name, field in template.fields().items() if field.required}

    assert set(template.path_fields) <= required | _found_by_look_ups(template) | {"organization_uuid"}


def test_the_name_tells_the_facts(template: Template) -> None:
    """What people read is there, and the name is the file's."""
    facts = (
        template.title,
        template.summary,
        template.role,
        template.plan,
        template.sources,
        template.repeat,
    )

    assert template.schema.__module__ == f"relay.catalogue.{template.name}"
    assert all(facts)
    assert template.scopes
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", template.name)


def test_what_is_done_already_has_a_sentence_for_the_log(template: Template) -> None:
    """Whoever reads the log sees why no second effect was needed."""
    shown = template.proof.evidence if template.proof else ()

    assert all(one.meaning for one in (*template.done_already, *template.try_again))
    assert all(one.meaning for one in shown)


def test_the_schema_accepts_the_example(template: Template) -> None:
    """The JSON Schema is a valid one, and the example satisfies it."""
    schema = json_schema(template)
    jsonschema.Draft202012Validator.check_schema(schema)

    jsonschema.validate(dict(template.example), schema, cls=jsonschema.Draft202012Validator)


def test_the_description_names_every_field(template: Template) -> None:
    """The description's fields, the schema's properties and the template agree."""
    described = describe(template)

    assert list(template.fields()) == [field["name"] for field in described["fields"]]
    assert list(template.fields()) == list(described["schema"]["properties"])
    assert {"path", "body", "look_up"} >= {field["where"] for field in described["fields"]}


def test_each_template_has_fifteen_kinds_of_bad_record(template: Template) -> None:
    """The table of bad records grows with the catalogue."""
    assert len({bad.why for bad in BAD_RECORDS[template.name]}) >= 15


@pytest.mark.parametrize(("name", "bad"), EVERY_BAD_RECORD)
def test_a_bad_record_is_refused_where_it_is_wrong(name: str, bad: BadRecord) -> None:
    """The error names the field, says what would be right, and does not repeat what was sent."""
    with pytest.raises(InvalidRecord) as caught:
        TEMPLATES[name].read(bad.record)

    assert [bad.pointer] == [error.pointer for error in caught.value.errors]
    assert re.match(r"should |is required: ", caught.value.errors[0].detail)
    assert "lovelace" not in str(caught.value.errors)


def test_the_catalogue_has_the_eleven_endpoints() -> None:
    """The names are part of the contract with destinations."""
    expected = {
        "cancel_scheduled_event",
        "create_webhook_subscription",
        "delete_webhook_subscription",
        "create_scheduling_link",
        "mark_invitee_no_show",
        "unmark_invitee_no_show",
        "remove_user_from_organization",
        "invite_user_to_organization",
        "revoke_organization_invitation",
        "delete_invitee_data",
        "delete_scheduled_event_data",
    }

    assert expected == set(TEMPLATES)


def test_a_template_is_found_by_its_name() -> None:
    """A destination names its template."""
    assert TEMPLATES["delete_invitee_data"] is catalogue.template("delete_invitee_data")


def test_an_unknown_name_is_answered_with_the_names_that_there_are() -> None:
    """Whoever misspells a template sees how it is spelt."""
    with pytest.raises(UnknownTemplate) as caught:
        catalogue.template("cancel_event")

    assert all(name in caught.value.detail for name in TEMPLATES)


def test_irreversible_templates_are_the_four_that_nothing_takes_back() -> None:
    """These need an acknowledgement before a destination is activated."""
    expected = {
        "cancel_scheduled_event",
        "remove_user_from_organization",
        "delete_invitee_data",
        "delete_scheduled_event_data",
    }

    assert expected == {one.name for one in TEMPLATES.values() if one.irreversible}


def test_a_repeat_does_harm_in_four_templates() -> None:
    """After silence these are not simply sent again."""
    expected = {
        "create_webhook_subscription",
        "create_scheduling_link",
        "mark_invitee_no_show",
        "invite_user_to_organization",
    }

    assert expected == {one.name for one in TEMPLATES.values() if not one.harmless_to_repeat}


def test_gone_means_done_for_every_delete_and_nothing_else() -> None:
    """After an attempt with an unknown outcome, a 404 says that it had worked."""
    deletes = {one.name for one in TEMPLATES.values() if one.method == "DELETE"}

    assert deletes == {one.name for one in TEMPLATES.values() if one.gone_is_done_after_unknown}

"""From records to deliveries."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from relay.catalogue import template
from relay.errors import Invalid
from relay.inbound.checking import new_records, refuse_wrong, rejected
from relay.model.delivery import NewRecord
from relay.model.destination import ShapeSettings
from relay.shaping.shape import shape
from relay.store.vault import Vault
from tests.destinations import a_destination
from tests.over_http import SCHEDULING_RECORD

NAME = "create_scheduling_link"
HOOKS = "create_webhook_subscription"
VAULT = Vault(("a secret key that is only for tests",))


def made_of(records: list[dict[str, Any]], name: str = NAME, **changes: Any) -> list[NewRecord]:
    """Give what is stored of a request's records."""
    destination = a_destination(template=name, **changes)
    shapes = shape(destination, records)
    refuse_wrong(shapes, len(records), partial=destination.partial)
    numbers = count(1)
    return new_records(template(name), shapes.right, lambda: f"dlv_{next(numbers)}", VAULT)


def test_each_record_is_one_delivery_in_order() -> None:
    """It keeps the record as it came, and the fields as they will be sent."""
    records = [{**SCHEDULING_RECORD, "deal": deal} for deal in ("D-1", "D-2")]

    made = made_of(records)

    assert ["dlv_1", "dlv_2"] == [each.id for each in made]
    assert records == [each.record for each in made]
    assert all("deal" not in each.fields for each in made)


def test_one_bad_record_refuses_all_and_every_fault_is_named() -> None:
    """Each fault has the index of its record and a pointer inside it."""
    records: list[dict[str, Any]] = [
        SCHEDULING_RECORD,
        {"owner": 3},
        {**SCHEDULING_RECORD, "max_event_count": 2},
        {},
    ]

    with pytest.raises(Invalid) as refusal:
        made_of(records)

    assert "3 of 4 records are wrong; nothing was accepted." == refusal.value.detail
    assert [(1, "#/owner"), (2, "#/max_event_count"), (3, "#/owner")] == [
        (fault.index, fault.pointer) for fault in refusal.value.errors
    ]


def test_a_secret_in_a_record_is_sealed_for_the_call_and_masked_for_people() -> None:
    """Nobody who reads the store or the log sees it; the call can still be made."""
    record = {"url": "https://crm.example/", "events": ["invitee.created"], "scope": "organization"}
    secret = "a-signing-key-of-the-customer"

    (made,) = made_of([{**record, "signing_key": secret}], HOOKS)

    assert secret not in str(made)
    assert {**record, "signing_key": "••••"} == made.record
    assert secret == VAULT.open(made.fields["signing_key"])


def test_the_faults_of_many_records_are_bounded_and_the_records_counted() -> None:
    """A request of a megabyte cannot make us write a hundred."""
    with pytest.raises(Invalid) as refusal:
        made_of([{}] * 600, HOOKS)

    assert refusal.value.detail.startswith("600 of 600 records are wrong")
    assert 1000 == len(refusal.value.errors)


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        ([{}], "The record is wrong; nothing was accepted."),
        ([{}, SCHEDULING_RECORD], "1 of 2 records is wrong; nothing was accepted."),
        ([{}, {}], "2 of 2 records are wrong; nothing was accepted."),
    ],
)
def test_wrong_records_are_counted_in_plain_english(records: list[dict[str, Any]], sentence: str) -> None:
    """One is one."""
    with pytest.raises(Invalid) as refusal:
        made_of(records)

    assert sentence == refusal.value.detail


def test_a_list_without_measure_costs_next_to_nothing() -> None:
    """It is refused for its length before anybody looks inside."""
    record = {"url": "https://crm.example/", "events": [1] * 500_000, "scope": "organization"}

    with pytest.raises(Invalid) as refusal:
        made_of([record], HOOKS)

    assert ["#/events"] == [fault.pointer for fault in refusal.value.errors]
    assert "at most 100" in refusal.value.errors[0].detail


def test_a_secret_is_masked_under_whatever_name_it_came() -> None:
    """A mapping may take it from anywhere in the record."""
    record = {"url": "https://crm.example/", "events": ["invitee.created"], "scope": "organization"}
    secret = "a-signing-key-of-the-customer"

    (made,) = made_of(
        [{**record, "hook": {"keys": [secret]}}],
        HOOKS,
        shape=ShapeSettings(mapping={"signing_key": "hook.keys[0]"}),
    )

    assert {**record, "hook": {"keys": ["••••"]}} == made.record
    assert secret == VAULT.open(made.fields["signing_key"])


def test_a_destination_that_takes_a_part_refuses_only_what_is_wrong() -> None:
    """The good records are taken, the others listed with what would be right."""
    records: list[dict[str, Any]] = [{}, SCHEDULING_RECORD]
    shapes = shape(a_destination(template=NAME), records)

    refuse_wrong(shapes, len(records), partial=True)

    assert [1] == [each.index for each in shapes.right]
    assert [0] == [each["index"] for each in rejected(shapes.wrong)]
    assert "#/owner" == rejected(shapes.wrong)[0]["errors"][0]["pointer"]


def test_a_request_without_any_good_record_is_refused_also_where_a_part_would_be_taken() -> None:
    """There is nothing to take."""
    shapes = shape(a_destination(template=NAME), [{}])

    with pytest.raises(Invalid):
        refuse_wrong(shapes, 1, partial=True)

"""From records to deliveries."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from relay.catalogue import template
from relay.errors import Invalid
from relay.inbound.checking import make_deliveries
from relay.store.vault import Vault
from tests.over_http import SCHEDULING_RECORD

NAME = "create_scheduling_link"
VAULT = Vault(("a secret key that is only for tests",))


def test_each_record_is_one_delivery_in_order() -> None:
    """It keeps the record as it came, and the fields as they will be sent."""
    numbers = count(1)
    records = [{**SCHEDULING_RECORD, "deal": deal} for deal in ("D-1", "D-2")]

    made = make_deliveries(template(NAME), {}, records, lambda: f"dlv_{next(numbers)}", VAULT)

    assert ["dlv_1", "dlv_2"] == [each.id for each in made]
    assert [[record] for record in records] == [each.records for each in made]
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
        make_deliveries(template(NAME), {}, records, str, VAULT)

    assert "3 of 4 records are wrong; nothing was accepted." == refusal.value.detail
    assert [(1, "#/owner"), (2, "#/max_event_count"), (3, "#/owner")] == [
        (fault.index, fault.pointer) for fault in refusal.value.errors
    ]


def test_a_secret_in_a_record_is_sealed_for_the_call_and_masked_for_people() -> None:
    """Nobody who reads the store or the log sees it; the call can still be made."""
    record = {"url": "https://crm.example/", "events": ["invitee.created"], "scope": "organization"}
    secret = "a-signing-key-of-the-customer"
    hooks = template("create_webhook_subscription")

    (made,) = make_deliveries(hooks, {}, [{**record, "signing_key": secret}], lambda: "dlv_1", VAULT)

    assert secret not in str(made)
    assert [{**record, "signing_key": "••••"}] == made.records
    assert secret == VAULT.open(made.fields["signing_key"])


def test_the_faults_of_many_records_are_bounded_and_the_records_counted() -> None:
    """A request of a megabyte cannot make us write a hundred."""
    with pytest.raises(Invalid) as refusal:
        make_deliveries(template("create_webhook_subscription"), {}, [{}] * 600, str, VAULT)

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
        make_deliveries(template(NAME), {}, records, str, VAULT)

    assert sentence == refusal.value.detail


def test_a_list_without_measure_costs_next_to_nothing() -> None:
    """It is refused for its length before anybody looks inside."""
    record = {"url": "https://crm.example/", "events": [1] * 500_000, "scope": "organization"}

    with pytest.raises(Invalid) as refusal:
        make_deliveries(template("create_webhook_subscription"), {}, [record], str, VAULT)

    assert ["#/events"] == [fault.pointer for fault in refusal.value.errors]
    assert "at most 100" in refusal.value.errors[0].detail

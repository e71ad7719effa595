"""Samples of callbacks: of every type, for every template."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from relay.callbacks import CallbackType, encode, make_payload
from relay.callbacks.sample import example_call, example_record, sample_told
from relay.catalogue import TEMPLATES
from relay.model.destination import BatchSettings, ManualSettings
from relay.shaping.templates import template_of
from tests.destinations import a_destination

MOMENT = datetime(2026, 11, 22, 16, tzinfo=UTC)
KINDS: tuple[CallbackType, ...] = get_args(CallbackType)


def payload_of(kind: CallbackType, **changes: Any) -> dict[str, Any]:
    """Give a sample's payload as a receiver reads it."""
    destination = a_destination("here", **changes)
    call = example_call(destination, "")
    request = {"method": call.method, "url": f"https://api.calendly.com{call.path}", "body": call.body}
    payload = make_payload(sample_told(destination, kind, "dlv_1", request, MOMENT), MOMENT)
    read: dict[str, Any] = json.loads(encode(payload))
    return read


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_every_template_has_a_sample_of_every_type(template: str, kind: CallbackType) -> None:
    """It carries what a real one carries, and is marked as a test."""
    payload = payload_of(kind, template=template)

    assert kind == payload["type"]
    assert True is payload["data"]["test"]
    assert template == payload["data"]["template"]
    assert payload["data"]["records"]
    assert "{" not in payload["data"]["request"]["url"]
    assert "//" not in payload["data"]["request"]["url"].removeprefix("https://")


def test_each_type_has_the_answer_and_the_error_that_go_with_it() -> None:
    """So that an expression can be tried for each."""
    told = {kind: payload_of(kind, template="create_scheduling_link")["data"] for kind in KINDS}

    statuses = {kind: data["response"] and data["response"]["status"] for kind, data in told.items()}
    verdicts = {kind: data["error"] and data["error"]["verdict"] for kind, data in told.items()}
    assert {
        "delivery.delivered": 201,
        "delivery.dead": 400,
        "delivery.uncertain": None,
        "delivery.attempted": 503,
    } == statuses
    assert {
        "delivery.delivered": None,
        "delivery.dead": "refused",
        "delivery.uncertain": "unknown",
        "delivery.attempted": "failed",
    } == verdicts
    assert "2026-11-22T16:00:30.000Z" == told["delivery.attempted"]["attempt"]["next_attempt_at"]
    assert told["delivery.delivered"]["response"]["body"]["resource"]["booking_url"].startswith("https://")


def test_a_success_without_a_body_has_none_in_its_sample() -> None:
    """As Calendly answers a DELETE."""
    response = payload_of("delivery.delivered", template="delete_webhook_subscription")["data"]["response"]

    assert (204, None) == (response["status"], response["body"])


def test_the_url_of_a_manual_destination_is_filled() -> None:
    """Also where its placeholders stand deep, or below what the example has as a text."""
    manual = ManualSettings(
        method="PUT", url="/event_types/{name.deep.id}/{other}", path="/event_types/{name.deep.id}/{other}"
    )
    destination = a_destination("here", template="manual", manual=manual)

    call = example_call(destination, "")

    assert "/event_types/EXAMPLE000000001/EXAMPLE000000001" == call.path
    assert {"id": "EXAMPLE000000001"} == example_record(template_of(destination))["name"]["deep"]


def test_a_batch_is_sampled_as_one_call() -> None:
    """With the array that the destination's records share."""
    manual = ManualSettings(method="POST", url="/shares", path="/shares")
    batched = {"template": "manual", "manual": manual, "batch": BatchSettings(wrap="records")}

    request = payload_of("delivery.delivered", **batched)["data"]["request"]

    assert ["records"] == list(request["body"])

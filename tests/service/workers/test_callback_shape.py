"""Callbacks that are reshaped: what a CRM takes is what is signed, and no expression ever loses one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from relay.callbacks import Told, new_callback
from relay.model.delivery import CallbackLog
from relay.model.destination import CallbackSettings
from relay.store import Lane
from tests.destinations import a_destination
from tests.good_records import GOOD_RECORDS
from tests.rig import Rig
from tests.service.store.one_lane import OneLane
from tests.service.workers.fakes import with_outages
from workers.turn import serve
from workers.work import work_on

LINK = {**GOOD_RECORDS["create_scheduling_link"], "crm_id": 7}
SHAPE = "{id: data.records[0].crm_id, url: data.response.body.resource.booking_url, how: type}"
FAILS = "sum(data.records)"


def told_with(rig: Rig, body: str | None) -> tuple[str, dict[str, Any]]:
    """Have a delivery made whose callback is filed and not sent yet; give its id, and the destination's document."""
    callback = {"url": rig.sandbox.callback_url("here"), "body": body}
    made = rig.destination("create_scheduling_link", callback=callback)
    (identifier,) = rig.accept(LINK)
    serve(rig.services, Lane("delivery", "here"))
    return identifier, made


def latest(rig: Rig, delivery: str) -> CallbackLog:
    """Give the delivery's latest callback."""
    return rig.delivery(delivery).callbacks[-1]


def reshape(rig: Rig, body: str | None) -> None:
    """Change the expression of the destination's callback."""
    rig.manage("PATCH", "/destinations/here", {"callback": {"body": body}})


def test_what_the_expression_makes_is_what_is_signed(rig: Rig) -> None:
    """The receiver reads the CRM's own shape, and verifies it."""
    _, made = told_with(rig, SHAPE)

    rig.drain()
    (callback,) = rig.sandbox.callbacks("here")

    assert callback.parsed == Webhook(made["callback"]["secret"]).verify(callback.body, callback.headers)
    assert {"id", "url", "how"} == set(rig.told()[0])
    assert (7, "delivery.delivered") == (rig.told()[0]["id"], rig.told()[0]["how"])
    assert rig.told()[0]["url"].startswith("https://calendly.com/")


def test_a_callback_keeps_the_shape_that_it_was_filed_with(rig: Rig) -> None:
    """Its receiver knows it by its id, so a repeat says the same, whatever the settings say by then."""
    delivery, _ = told_with(rig, SHAPE)
    rig.drain()
    reshape(rig, "type")

    rig.manage("POST", f"/deliveries/{delivery}/callback/retry")
    rig.drain()
    first, second = rig.sandbox.callbacks("here")

    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_an_expression_that_fails_files_the_payload_as_it_is_and_says_why(rig: Rig) -> None:
    """Calendly's answer is settled all the same."""
    delivery, _ = told_with(rig, FAILS)

    callback = latest(rig, delivery)

    assert ("delivered", "queued") == (rig.delivery(delivery).state, callback.state)
    assert [LINK] == callback.body["data"]["records"]
    assert callback.unshaped.startswith("The destination's callback.body ")


def test_an_expression_that_was_mended_in_time_shapes_what_waits(rig: Rig) -> None:
    """With the settings that stand as it is sent."""
    delivery, _ = told_with(rig, FAILS)
    reshape(rig, "{id: data.records[0].crm_id}")

    rig.drain()
    callback = latest(rig, delivery)

    assert [{"id": 7}] == rig.told()
    assert ("delivered", "", {"id": 7}) == (callback.state, callback.unshaped, callback.body)


def test_an_expression_that_is_taken_away_sends_the_payload(rig: Rig) -> None:
    """There is nothing to shape any more."""
    told_with(rig, FAILS)
    reshape(rig, None)

    rig.drain()

    assert [LINK] == rig.told()[0]["data"]["records"]


def test_an_expression_that_still_fails_ends_the_callback_with_a_reason_that_names_it(rig: Rig) -> None:
    """Nothing is sent, and the payload is kept."""
    delivery, _ = told_with(rig, FAILS)

    rig.drain()
    callback = latest(rig, delivery)

    assert ("dead", "unshaped", []) == (callback.state, callback.attempts[0].verdict, rig.told())
    assert "callback.body" in callback.reason
    assert [LINK] == callback.body["data"]["records"]


def test_what_could_not_be_shaped_is_sent_by_hand_once_the_expression_is_mended(rig: Rig) -> None:
    """In its new shape, under its old id."""
    delivery, _ = told_with(rig, FAILS)
    rig.drain()
    identifier = latest(rig, delivery).id
    reshape(rig, SHAPE)

    rig.manage("POST", f"/deliveries/{delivery}/callback/retry")
    rig.drain()
    (callback,) = rig.sandbox.callbacks("here")

    assert ("delivered", 7) == (latest(rig, delivery).state, rig.told()[0]["id"])
    assert identifier == callback.headers["webhook-id"]


def test_where_payloads_are_not_kept_it_is_shaped_again_for_as_long_as_others_are_sent(rig: Rig) -> None:
    """Nothing would be left to send by hand. Mended in that time it goes out by itself."""
    delivery, _ = told_with(rig, FAILS)
    rig.manage("PATCH", "/destinations/here", {"retention": {"keep_payload": False}})
    serve(rig.services, Lane("callback", "here"))
    waits = latest(rig, delivery)
    reshape(rig, SHAPE)

    rig.drain()

    assert ("retrying", "unshaped", [LINK]) == (
        waits.state,
        waits.attempts[0].verdict,
        waits.body["data"]["records"],
    )
    assert ("delivered", "dropped", [7]) == (
        latest(rig, delivery).state,
        latest(rig, delivery).payload,
        [each["id"] for each in rig.told()],
    )


def test_where_payloads_are_not_kept_an_expression_that_nobody_mends_ends_it(rig: Rig) -> None:
    """After as many tries as any other callback has."""
    delivery, _ = told_with(rig, FAILS)
    rig.manage("PATCH", "/destinations/here", {"retention": {"keep_payload": False}})

    rig.drain()
    callback = latest(rig, delivery)

    tries = len(rig.settings.callback_retries) + 1
    assert ("dead", "dropped", ["unshaped"] * tries, []) == (
        callback.state,
        callback.payload,
        [each.verdict for each in callback.attempts],
        rig.told(),
    )


def test_what_was_shaped_late_is_repeated_as_it_was_sent(rig: Rig) -> None:
    """A worker that dies after sending leaves the shape behind: it was on record first."""
    delivery, _ = told_with(rig, FAILS)
    reshape(rig, "{id: data.records[0].crm_id}")
    lane = OneLane(rig.store, "here", "callback", make=False)
    _, claimed = lane.claim_one()
    work = work_on(rig.services, lane.lane)
    assert work is not None
    work.attempt(claimed)
    lane.die()
    reshape(rig, "type")

    rig.drain()

    assert [{"id": 7}] * 2 == rig.told()
    assert "delivered" == latest(rig, delivery).state


def test_an_attempt_that_was_overtaken_sends_nothing(rig: Rig) -> None:
    """Another one has the callback by now, and may shape it otherwise."""
    told_with(rig, FAILS)
    reshape(rig, SHAPE)
    lane = OneLane(rig.store, "here", "callback", make=False)
    _, claimed = lane.claim_one()
    work = work_on(rig.services, lane.lane)
    assert work is not None
    lane.redis.hset(f"{lane.lane.prefix}callback:{claimed.id}", "token", "another's")

    ending = work.attempt(claimed)

    assert ("retrying", 0, []) == (ending.state, ending.spent, rig.told())
    assert not lane.settle(claimed, ending)


def test_what_cannot_be_put_on_record_is_not_sent(rig: Rig) -> None:
    """While Redis is away the callback stays as it was, and it costs no attempt."""
    told_with(rig, FAILS)
    reshape(rig, SHAPE)
    lane = OneLane(rig.store, "here", "callback", make=False)
    _, claimed = lane.claim_one()
    store, away = with_outages(rig.store)
    work = work_on(replace(rig.services, store=store), lane.lane)
    assert work is not None
    away.lose("note", "question")

    ending = work.attempt(claimed)

    assert ("retrying", 0, []) == (ending.state, ending.spent, rig.told())


ANSWERS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
    max_leaves=10,
)
SHAPES = st.sampled_from(
    [
        "",
        "@",
        "type",
        "data.records[0]",
        "sum(data.records)",
        "keys(data.response.body)",
        "data.response.body.*",
    ]
)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    records=st.lists(st.dictionaries(st.text(), ANSWERS), min_size=1, max_size=3),
    answer=ANSWERS,
    shape=SHAPES,
)
def test_whatever_is_told_is_filed_shaped_or_whole(
    rig: Rig, records: list[dict[str, Any]], answer: Any, shape: str
) -> None:
    """No record, no answer and no expression leaves a destination without its callback."""
    callback = CallbackSettings(url="https://crm.example/hook", secret="sealed", body=shape)
    told = Told(
        type="delivery.delivered",
        delivery="dlv_1",
        destination="here",
        template="cancel_scheduled_event",
        attempts=1,
        records=records,
        response={"status": 201, "headers": {}, "body": answer},
    )

    filed = new_callback(rig.store, a_destination("here", callback=callback), told)

    assert filed is not None
    body = json.loads(filed.payload)
    if filed.unshaped:
        assert (records, answer) == (body["data"]["records"], body["data"]["response"]["body"])
    elif shape == "":
        assert records == body["data"]["records"]
    elif shape == "data.records[0]":
        assert records[0] == body

"""A record comes in, Calendly is called, the answer goes to the callback: every template, and every verdict."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from local.ports import free_port
from relay.catalogue import TEMPLATES
from relay.model.credential import Rate
from relay.store import Lane, keys
from relay.store.attempts import Ending
from sandbox import seed
from sandbox.receiver import Reply
from sandbox.server import Sandbox
from tests.conftest import MakeSettings
from tests.good_records import CALENDLY, GOOD_RECORDS
from tests.rig import Rig, everything_in
from workers.turn import serve


def outcome_of(rig: Rig, template: str, record: dict[str, Any] | None = None, **changes: Any) -> Any:
    """Send one record the whole way, and give its delivery when nothing moves any more."""
    rig.destination(template, **changes)
    (delivery,) = rig.accept(record or GOOD_RECORDS[template])
    rig.drain()
    return rig.delivery(delivery)


def calls_of(rig: Rig) -> list[Any]:
    """Give the write calls that Calendly got."""
    return [call for call in rig.sandbox.calls() if call.method != "GET"]


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_every_template_is_delivered_once_and_told(rig: Rig, template: str) -> None:
    """One record makes one call with one effect, and one callback that carries the whole record and the answer."""
    delivery = outcome_of(rig, template)
    (told,) = rig.told()

    assert ("delivered", 1) == (delivery.state, len(calls_of(rig)))
    assert "delivery.delivered" == told["type"]
    assert [GOOD_RECORDS[template]] == told["data"]["records"]
    assert TEMPLATES[template].success == {told["data"]["response"]["status"]}
    assert None is told["data"]["error"]


def test_a_callback_verifies_with_the_secret_that_was_shown_once(rig: Rig) -> None:
    """The secret in the answer to the creation, and only there, verifies what arrives."""
    made = rig.destination("create_scheduling_link")
    rig.accept(GOOD_RECORDS["create_scheduling_link"])
    rig.drain()
    (callback,) = rig.sandbox.callbacks("here")

    assert callback.parsed == Webhook(made["callback"]["secret"]).verify(callback.body, callback.headers)
    assert made["callback"]["secret"] not in str(rig.manage("GET", "/destinations/here"))


def test_the_callback_of_the_readme_is_one_that_comes(rig: Rig) -> None:
    """Name by name, the response's headers among them."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (shown,) = (json.loads(each) for each in re.findall(r"```json\n(\{\n.*?)```", readme, re.DOTALL))
    outcome_of(rig, "create_scheduling_link", shown["data"]["records"][0])
    (told,) = rig.told()

    assert _names(told) == _names(shown)


def _names(value: Any) -> Any:
    return {name: _names(each) for name, each in value.items()} if isinstance(value, dict) else None


def test_what_was_canceled_before_counts_as_done_and_says_so(rig: Rig) -> None:
    """`done_already` settles as delivered with a note."""
    delivery = outcome_of(rig, "cancel_scheduled_event", {"event_uuid": seed.CANCELED_EVENT})

    assert ("delivered", "done_already") == (delivery.state, delivery.attempts[0].verdict)
    assert "The event had been canceled before." == rig.told()[-1]["data"]["note"]


def test_a_subscription_that_stands_as_wished_counts_as_done(rig: Rig) -> None:
    """A 409 is looked into: the standing subscription has the wished events and scope, and the callback carries it."""
    standing = rig.sandbox.state.subscriptions[seed.SUBSCRIPTION]
    user = f"{CALENDLY}/users/{seed.OWNER}"
    record = {"url": seed.SUBSCRIBED_URL, "events": standing.events, "scope": "user", "user": user}

    delivery = outcome_of(rig, "create_webhook_subscription", record)

    assert ("delivered", "done_already") == (delivery.state, delivery.attempts[0].verdict)
    found = rig.told()[-1]["data"]["found"]
    assert f"{CALENDLY}/webhook_subscriptions/{seed.SUBSCRIPTION}" == found["uri"]


def test_a_subscription_that_stands_otherwise_is_refused(rig: Rig) -> None:
    """A 409 for a url whose subscription has other events is no success."""
    record = {"url": seed.SUBSCRIBED_URL, "events": ["contact.created"], "scope": "organization"}

    delivery = outcome_of(rig, "create_webhook_subscription", record)

    assert ("dead", "refused", 409) == (
        delivery.state,
        delivery.attempts[0].verdict,
        delivery.attempts[0].status,
    )


def test_what_calendly_refuses_is_dead_with_its_reason(rig: Rig) -> None:
    """A refusal is final, kept, and told."""
    delivery = outcome_of(rig, "cancel_scheduled_event", {"event_uuid": seed.PAST_EVENT})
    error = rig.told()[-1]["data"]["error"]

    assert ("dead", 1) == (delivery.state, delivery.attempt_count)
    assert {"verdict": "refused", "message": "403 Permission Denied: Event in the past"} == error


def test_a_wrong_uuid_is_refused_unless_gone_means_done(rig: Rig) -> None:
    """A 404 on a first DELETE is a refusal; with `gone_is_done` it is what was wished."""
    record = {"no_show_uuid": "nobody"}

    strict = outcome_of(rig, "unmark_invitee_no_show", record)
    rig.destination("unmark_invitee_no_show", "lenient", delivery={"gone_is_done": True})
    (lenient,) = rig.accept(record, "lenient")
    rig.drain()

    assert ("dead", "delivered") == (strict.state, rig.delivery(lenient).state)


def test_a_busy_calendly_costs_no_attempt(rig: Rig) -> None:
    """Three 429s and a delivery with two attempts to spend: it is delivered all the same."""
    rig.sandbox.faults.add("429", times=3, headers={"X-RateLimit-Reset": "0", "Retry-After": "0"})

    delivery = outcome_of(rig, "create_scheduling_link", delivery={"max_attempts": 2})

    assert ["busy", "busy", "busy", "delivered"] == [each.verdict for each in delivery.attempts]


def test_a_failing_calendly_is_asked_again_until_the_attempts_are_spent(rig: Rig) -> None:
    """503 says that nothing was done: it is repeated for every template, and ends dead, not uncertain."""
    rig.sandbox.faults.add("503", times=None)

    delivery = outcome_of(rig, "create_scheduling_link", delivery={"max_attempts": 3})

    assert ("dead", ["failed"] * 3) == (delivery.state, [each.verdict for each in delivery.attempts])
    assert delivery.reason.startswith("Given up after 3 attempts.")


def test_a_race_at_calendly_is_tried_again_as_it_asks(rig: Rig) -> None:
    """An invitation that met a race condition is sent once more."""
    race = {
        "title": "Race Condition",
        "message": "A race condition occurred when processing the request.  Please try the request again.",
    }
    rig.sandbox.faults.add("status", status=400, body=race)

    delivery = outcome_of(rig, "invite_user_to_organization")

    assert ["failed", "delivered"] == [each.verdict for each in delivery.attempts]


def test_an_unreachable_calendly_gets_the_record_when_it_is_back(make_settings: MakeSettings) -> None:
    """Nothing was sent, so nothing is lost and nothing is doubled, whatever the template."""
    port = free_port()
    away = make_settings(sandbox_url=f"http://127.0.0.1:{port}")
    rig = Rig(away, Sandbox())
    rig.credential()
    rig.destination("invite_user_to_organization", callback=None)
    (delivery,) = rig.accept(GOOD_RECORDS["invite_user_to_organization"])
    rig.turn_until(lambda: rig.delivery(delivery).attempt_count >= 2)

    with Sandbox(port) as back:
        rig.drain()
        invitations = [call for call in back.calls("POST") if call.status == 201]

    assert ("delivered", 1) == (rig.delivery(delivery).state, len(invitations))
    assert {"unreachable", "delivered"} == {each.verdict for each in rig.delivery(delivery).attempts}


def test_a_refused_token_pauses_the_destination_and_keeps_its_records(rig: Rig) -> None:
    """A 401 costs nothing: with a new token and an activation, what waited goes out in order."""
    rig.destination("create_scheduling_link")
    rig.sandbox.faults.add("401", times=None)
    deliveries = rig.accept([GOOD_RECORDS["create_scheduling_link"]] * 3)
    rig.drain()
    paused = rig.manage("GET", "/destinations/here")

    rig.sandbox.faults.clear()
    rig.manage("PATCH", "/credentials/acme", {"token": "sandbox-admin"})
    rig.activate("here")
    rig.drain()

    assert "paused" == paused["state"]
    assert "Calendly refuses the credential 'acme'" in paused["paused_because"]
    assert ["delivered"] * 3 == [rig.delivery(each).state for each in deliveries]


def test_a_paused_destination_holds_and_an_activated_one_lets_go_in_order(rig: Rig) -> None:
    """Records that came while the destination was a draft go out when it is activated, in the order they came."""
    rig.destination("cancel_scheduled_event", activate=False, delivery={"concurrency": 1})
    records = [{"event_uuid": f"E{number}", "reason": f"Closed lost {number}"} for number in range(20)]
    rig.accept(records[:10])
    rig.accept(records[10:])
    rig.drain()
    before = len(calls_of(rig))

    rig.activate("here")
    rig.drain()

    calls = [json.loads(call.body) for call in calls_of(rig)]
    assert 0 == before
    assert [f"Closed lost {number}" for number in range(20)] == [body["reason"] for body in calls]


def test_callback_trouble_never_calls_calendly_again(rig: Rig) -> None:
    """A receiver that fails twice gets the same callback a third time, under the same id; Calendly is called once."""
    rig.sandbox.receiver.tell_replies("here", [Reply(status=500, times=1), Reply(status=503, times=1)])

    delivery = outcome_of(rig, "create_scheduling_link")
    received = rig.sandbox.callbacks("here")

    assert 1 == len(calls_of(rig))
    assert 3 == len(received)
    assert 1 == len({callback.headers["webhook-id"] for callback in received})
    assert 1 == len({callback.body for callback in received})
    assert ["try_again", "try_again", "arrived"] == [each.verdict for each in delivery.callbacks[0].attempts]


def test_a_dead_callback_may_be_sent_again_by_hand(rig: Rig) -> None:
    """After its last attempt a callback is dead and kept; a person may send it again, under the same id."""
    rig.sandbox.receiver.tell_replies("here", [Reply(status=500, times=4)])
    delivery = outcome_of(rig, "create_scheduling_link")

    rig.manage("POST", f"/deliveries/{delivery.id}/callback/retry")
    rig.drain()

    assert "dead" == delivery.callbacks[0].state
    assert "delivered" == rig.delivery(delivery.id).callbacks[0].state
    assert 1 == len({callback.headers["webhook-id"] for callback in rig.sandbox.callbacks("here")})


def test_a_secret_in_a_record_reaches_calendly_and_nobody_else(rig: Rig) -> None:
    """A webhook's signing key is sent to Calendly; the log, the callback and Redis never have it in clear."""
    planted = "planted-signing-key-7f3a"
    record = {**GOOD_RECORDS["create_webhook_subscription"], "signing_key": planted}

    delivery = outcome_of(rig, "create_webhook_subscription", record)
    shown = rig.client.get(f"/api/v1/deliveries/{delivery.id}", headers=rig.admin).get_data(as_text=True)

    assert "delivered" == delivery.state
    assert planted == json.loads(calls_of(rig)[0].body)["signing_key"]
    assert planted not in shown
    assert planted not in str(rig.told())
    assert planted not in everything_in(rig.store.redis)


def test_an_organization_that_was_not_known_is_found_when_it_is_needed(rig: Rig) -> None:
    """A credential made while Calendly was away works as soon as Calendly is back."""
    rig.sandbox.faults.add("cut_before", match={"path": "/users/me"})
    made = rig.credential("late")
    rig.destination("invite_user_to_organization", credential="late")

    rig.accept(GOOD_RECORDS["invite_user_to_organization"])
    rig.drain()

    assert None is made["organization"]
    assert "delivery.delivered" == rig.told()[-1]["type"]
    assert (
        f"{CALENDLY}/organizations/{seed.ORGANIZATION}"
        == (rig.manage("GET", "/credentials/late")["organization"])
    )


def test_a_removal_that_worked_behind_an_error_counts_as_done(rig: Rig) -> None:
    """A 504 says nothing about the effect, so the repeat's 404 means that it worked, not that it was wrong."""
    rig.sandbox.faults.add("504", effect=True)

    delivery = outcome_of(rig, "remove_user_from_organization")

    assert ["failed", "done_already"] == [each.verdict for each in delivery.attempts]
    assert "delivered" == delivery.state


def test_an_unavailable_endpoint_holds_nobody_else_up(rig: Rig) -> None:
    """A 503 with a wait is about that call; only a 429 is about the user."""
    rig.sandbox.faults.add("503", headers={"Retry-After": "600"}, match={"path": "/scheduling_links"})
    rig.destination("create_scheduling_link", "links")
    rig.destination("cancel_scheduled_event", "cancel")
    (waits,) = rig.accept(GOOD_RECORDS["create_scheduling_link"], "links")
    rig.turn_until(lambda: rig.delivery(waits).state == "retrying")

    (delivery,) = rig.accept(GOOD_RECORDS["cancel_scheduled_event"], "cancel")
    rig.turn_until(lambda: rig.delivery(delivery).state == "delivered")

    assert ("retrying", "busy") == (rig.delivery(waits).state, rig.delivery(waits).attempts[0].verdict)


def test_look_ups_are_counted_and_learned_from(rig: Rig) -> None:
    """What a look-up's answer tells of the window counts like any other's."""
    rig.manage("PATCH", "/credentials/acme", {"rate": {"limit": 500, "window": 60}})
    record = {"url": seed.SUBSCRIBED_URL, "events": ["contact.created"], "scope": "organization"}
    outcome_of(rig, "create_webhook_subscription", record)
    calls = len(rig.sandbox.calls())

    left = rig.store.budget.ask("acme", 1_000, Rate(500, 60)).calls

    assert 500 - calls == left


def test_a_destination_made_anew_never_gets_the_deliveries_of_the_one_before(rig: Rig) -> None:
    """A retry is refused where the id now stands for another template."""
    gone = {"owner": f"{CALENDLY}/event_types/NOPE"}
    dead = outcome_of(rig, "create_scheduling_link", gone)
    rig.manage("DELETE", "/destinations/here")
    rig.destination("delete_invitee_data")
    before = len(calls_of(rig))

    refused = rig.manage("POST", f"/deliveries/{dead.id}/retry", status=409)
    rig.drain()

    assert "create_scheduling_link" in refused["detail"]
    assert ("dead", before) == (rig.delivery(dead.id).state, len(calls_of(rig)))


def test_a_delivery_of_another_template_ends_dead_whatever_brought_it_there(rig: Rig) -> None:
    """Were one to slip through, nothing is sent, and its lane goes on."""
    dead = outcome_of(rig, "create_scheduling_link", {"owner": f"{CALENDLY}/event_types/NOPE"})
    rig.manage("POST", f"/deliveries/{dead.id}/retry")
    rig.store.redis.hset(keys.delivery(dead.id), "template", "mark_invitee_no_show")
    before = len(calls_of(rig))

    rig.drain()

    assert ("dead", before) == (rig.delivery(dead.id).state, len(calls_of(rig)))
    assert "another template" in rig.delivery(dead.id).reason


def test_old_news_never_arrives_after_new(rig: Rig) -> None:
    """A callback that still waits is replaced when there is something newer to tell of its delivery."""
    rig.sandbox.receiver.tell_replies("here", [Reply(status=500, times=1)])
    rig.sandbox.faults.add("status", status=404, match={"method": "POST"})
    rig.destination("create_scheduling_link")
    (delivery,) = rig.accept(GOOD_RECORDS["create_scheduling_link"])
    rig.turn_until(lambda: [each.state for each in rig.delivery(delivery).callbacks] == ["retrying"])
    rig.store.redis.zadd(keys.due(Lane("callback", "here")), {rig.delivery(delivery).callbacks[0].id: 9e15})

    rig.manage("POST", f"/deliveries/{delivery}/retry")
    rig.turn_until(lambda: len(rig.told()) == 2)

    old, new = rig.delivery(delivery).callbacks
    assert ["delivery.dead", "delivery.delivered"] == [told["type"] for told in rig.told()]
    assert ("dead", "A newer outcome is told instead.") == (old.state, old.reason)
    assert "delivered" == new.state


def test_an_uncertain_delivery_can_be_left_as_it_is(rig: Rig) -> None:
    """Whoever finds that the call did work cancels the delivery, and nothing is done twice."""
    rig.sandbox.faults.add("cut_after", match={"method": "POST"})
    delivery = outcome_of(rig, "manual", manual={"method": "POST", "url": "/scheduling_links"})

    rig.manage("POST", f"/deliveries/{delivery.id}/cancel")
    rig.drain()

    assert ("canceled", 1) == (rig.delivery(delivery.id).state, len(calls_of(rig)))
    assert 204 == rig.client.delete("/api/v1/destinations/here", headers=rig.admin).status_code


def test_a_callback_is_logged_with_the_address_that_was_called(rig: Rig) -> None:
    """What waits goes to the URL that the destination has by then, and the log says so."""
    rig.sandbox.receiver.tell_replies("here", [Reply(status=500, times=4)])
    delivery = outcome_of(rig, "create_scheduling_link")
    moved = rig.sandbox.callback_url("moved")

    rig.manage("PATCH", "/destinations/here", {"callback": {"url": moved}})
    rig.manage("POST", f"/deliveries/{delivery.id}/callback/retry")
    rig.drain()

    assert (1, moved) == (len(rig.told("moved")), rig.delivery(delivery.id).callbacks[0].url)


def test_old_news_that_was_on_its_way_is_not_sent_again(rig: Rig) -> None:
    """A callback in flight when a newer outcome is filed ends there, whatever becomes of it."""
    rig.sandbox.faults.add("status", status=404, match={"method": "POST"})
    rig.destination("create_scheduling_link")
    (delivery,) = rig.accept(GOOD_RECORDS["create_scheduling_link"])
    serve(rig.services, Lane("delivery", "here"))
    lease = rig.store.lanes.lease(Lane("callback", "here"))
    assert lease is not None
    (old,) = rig.store.lanes.claim(lease, 1).attempts

    rig.manage("POST", f"/deliveries/{delivery}/retry")
    serve(rig.services, Lane("delivery", "here"))
    ending = Ending(state="retrying", attempt={}, wait=0.0, spent=1)
    rig.store.lanes.settle(Lane("callback", "here"), old.id, old.token, old.number, ending)
    rig.store.lanes.release(lease)
    rig.drain()

    assert ["delivery.delivered"] == [told["type"] for told in rig.told()]
    assert ["dead", "delivered"] == [each.state for each in rig.delivery(delivery).callbacks]


def test_a_receiver_that_was_gone_is_asked_anew_after_a_change(rig: Rig) -> None:
    """A person who saves the destination has looked at it."""
    rig.sandbox.receiver.tell_replies("here", [Reply(status=410, times=1)])
    outcome_of(rig, "create_scheduling_link")

    rig.manage("PATCH", "/destinations/here", {"name": "mended"})
    rig.accept(GOOD_RECORDS["create_scheduling_link"])
    rig.drain()

    assert 2 == len(rig.told())

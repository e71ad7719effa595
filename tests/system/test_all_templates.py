"""All eleven templates with real processes, through HTTP alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from standardwebhooks import WebhookVerificationError

from tests.bad_records import BAD_RECORDS
from tests.calendly_contract import check_response, find_operation
from tests.processes import CALLBACK_SECRET, TOKEN
from tests.system.calendly_answers import API, EVENT_TYPE, ID, INVITEE, ORGANIZATION, USER
from tests.system.calendly_double import CalendlyDouble
from tests.system.calendly_world import Asked, World
from tests.system.callback_receiver import CallbackReceiver
from tests.system.upstream import Upstream
from tests.waiting import until

pytestmark = pytest.mark.one_house(RELAY_CALL_TIMEOUT="2")

OWN = {"crm_id": "D-1042"}  # what only upstream understands
HOOK = {"url": "https://crm.example/hooks", "events": ["invitee.created"], "scope": "user", "user": USER}
SPAN = {"start_time": "2023-01-01T00:00:00+01:00", "end_time": "2024-01-01T00:00:00Z"}
SPAN_SENT = {"start_time": "2022-12-31T23:00:00Z", "end_time": "2024-01-01T00:00:00Z"}

# Template: the record that upstream sends, and method, path and body as they should arrive at Calendly.
CALLS: dict[str, tuple[dict[str, Any], str, str, Any]] = {
    "cancel_scheduled_event": (
        {"event_uuid": f"{API}/scheduled_events/{ID}"},
        "POST",
        f"/scheduled_events/{ID}/cancellation",
        {},
    ),
    "create_webhook_subscription": (
        HOOK,
        "POST",
        "/webhook_subscriptions",
        {**HOOK, "organization": ORGANIZATION},
    ),
    "delete_webhook_subscription": (
        {"webhook_subscription_uuid": ID},
        "DELETE",
        f"/webhook_subscriptions/{ID}",
        None,
    ),
    "create_scheduling_link": (
        {"owner": EVENT_TYPE},
        "POST",
        "/scheduling_links",
        {"owner": EVENT_TYPE, "owner_type": "EventType", "max_event_count": 1},
    ),
    "mark_invitee_no_show": ({"invitee": INVITEE}, "POST", "/invitee_no_shows", {"invitee": INVITEE}),
    "unmark_invitee_no_show": ({"no_show_uuid": ID}, "DELETE", f"/invitee_no_shows/{ID}", None),
    "remove_user_from_organization": (
        {"membership_uuid": ID},
        "DELETE",
        f"/organization_memberships/{ID}",
        None,
    ),
    "invite_user_to_organization": (
        {"email": "grace@example.com"},
        "POST",
        f"/organizations/{ID}/invitations",
        {"email": "grace@example.com"},
    ),
    "revoke_organization_invitation": (
        {"invitation_uuid": ID},
        "DELETE",
        f"/organizations/{ID}/invitations/{ID}",
        None,
    ),
    "delete_invitee_data": (
        {"emails": ["ada@example.com", "ada@example.com"]},
        "POST",
        "/data_compliance/deletion/invitees",
        {"emails": ["ada@example.com"]},
    ),
    "delete_scheduled_event_data": (SPAN, "POST", "/data_compliance/deletion/events", SPAN_SENT),
}
# Where each effect can be looked up.
LOOKS = {
    "cancel_scheduled_event": (f"/scheduled_events/{ID}",),
    "create_webhook_subscription": (
        f"/webhook_subscriptions?organization={quote(ORGANIZATION)}&scope=user&user={quote(USER)}&count=100",
    ),
    "delete_webhook_subscription": (f"/webhook_subscriptions/{ID}",),
    "mark_invitee_no_show": (f"/scheduled_events/{ID}/invitees/{ID}",),
    "unmark_invitee_no_show": (f"/invitee_no_shows/{ID}",),
    "remove_user_from_organization": (f"/organization_memberships/{ID}",),
    "invite_user_to_organization": (
        f"/organizations/{ID}/invitations?email=grace%40example.com&count=100",
        f"/organization_memberships?organization={quote(ORGANIZATION)}&email=grace%40example.com&count=100",
    ),
    "revoke_organization_invitation": (f"/organizations/{ID}/invitations/{ID}",),
}
# What the same call is answered a second time, where that is not what it was answered first.
REPEATED = {
    "cancel_scheduled_event": 403,
    "create_webhook_subscription": 409,
    "invite_user_to_organization": 400,
}
RATE = {"X-RateLimit-Limit": "500", "X-RateLimit-Remaining": "499", "X-RateLimit-Reset": "60"}
TAMPERED: list[dict[str, Any]] = [  # what a forger might change on the way
    {"raw": b'{"type":"delivery.delivered","data":{}}'},
    {"webhook-id": "cbk_another"},
    {"webhook-timestamp": "1700000000"},
    {"webhook-signature": "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
]


def id_for(kind: str, template: str) -> str:
    """Give the id of a destination for one kind of test and this template."""
    return f"{kind}-{template.replace('_', '-')}"


def in_world(world: World, method: str, url: str, body: Any = None) -> int:
    """Let a call have its effect, see that its answer is one of Calendly's, and give the status."""
    operation, _ = find_operation(method, url)
    asked = Asked(urlsplit(url).path, dict(parse_qsl(urlsplit(url).query)), body or {})
    status, answer = world.answer((operation.method, operation.template), asked)
    check_response(method, url, status, {"Content-Type": "application/json", **RATE}, answer)
    return status


@pytest.mark.parametrize("template", CALLS)
def test_the_double_answers_as_calendly_does(template: str) -> None:
    """What stands in for Calendly keeps to Calendly's document too, also where a call is made twice and looked up between."""
    _, method, path, body = CALLS[template]
    world = World()

    looked = [in_world(world, "GET", url) for url in LOOKS.get(template, ())]
    first = in_world(world, method, path, body)
    again = [in_world(world, "GET", url) for url in LOOKS.get(template, ())]
    second = in_world(world, method, path, body)

    assert 200 <= first < 300
    assert {200} >= set(looked)
    assert {404 if method == "DELETE" else 200} >= set(again)
    assert (404 if method == "DELETE" else REPEATED.get(template, first)) == second


def test_every_template_goes_the_whole_way(
    upstream: Upstream, calendly: CalendlyDouble, receiver: CallbackReceiver
) -> None:
    """Each record becomes exactly the call that Calendly's document describes, and its answer a callback that verifies."""
    for template, (record, *_) in CALLS.items():
        here = upstream.destination(id_for("whole", template), template, receiver.url(template))
        upstream.accept(here, {**record, **OWN})
    until(lambda: len(receiver.callbacks) >= len(CALLS))
    calls = [call for call in calendly.calls if call.method != "GET"]
    told = {template: receiver.named(template) for template in CALLS}

    assert {f"Bearer {TOKEN}"} == {call.headers["authorization"] for call in calendly.calls}
    assert len(CALLS) == len(calls)
    assert {path: (method, body) for _, method, path, body in CALLS.values()} == {
        call.path: (call.method, call.body) for call in calls
    }
    assert [] == [
        call for call in calls if call.method == "DELETE" and (call.raw or "content-type" in call.headers)
    ]
    assert dict.fromkeys(CALLS, 1) == {template: len(came) for template, came in told.items()}
    for template, (callback,) in told.items():
        verified = callback.verify(CALLBACK_SECRET)
        assert "delivery.delivered" == verified["type"]
        assert [{**CALLS[template][0], **OWN}] == verified["data"]["records"]
        assert CALLS[template][1] == verified["data"]["request"]["method"]


def test_with_every_first_answer_lost_every_template_is_delivered(
    upstream: Upstream, calendly: CalendlyDouble, receiver: CallbackReceiver
) -> None:
    """What can be looked up has one effect, and its callback the answer that was lost; of a link there is one spare."""
    calendly.lose = lambda call: "after" if call.method != "GET" and calendly.calls.count(call) == 1 else ""
    for template, (record, *_) in CALLS.items():
        here = upstream.destination(id_for("lost", template), template, receiver.url(template))
        upstream.accept(here, record)
    until(lambda: len(receiver.callbacks) >= len(CALLS))
    told = {template: receiver.named(template)[0].payload for template in CALLS}
    found = {template for template, each in told.items() if "found_by_look_up" in each["data"]["response"]}
    twice = {operation for (operation, _), times in calendly.world.effects.items() if times == 2}

    assert {"delivery.delivered"} == {each["type"] for each in told.values()}
    assert set(LOOKS) == found
    assert {"link", "erase"} == twice
    assert 1 + 1 + 1 == sum(times - 1 for times in calendly.world.effects.values())
    assert "spare link" in told["create_scheduling_link"]["data"]["note"]
    assert "MADE" in told["mark_invitee_no_show"]["data"]["response"]["body"]["resource"]["uri"]


def test_a_callback_that_was_tampered_with_does_not_verify(
    upstream: Upstream, receiver: CallbackReceiver
) -> None:
    """Whatever a forger changes on the way, the standardwebhooks package refuses it."""
    here = upstream.destination("tampered", "create_scheduling_link", receiver.url("tampered"))
    upstream.accept(here, {"owner": EVENT_TYPE})
    (callback,) = until(lambda: receiver.named("tampered"))

    assert callback.payload == callback.verify(CALLBACK_SECRET)
    for change in TAMPERED:
        with pytest.raises(WebhookVerificationError):
            callback.verify(CALLBACK_SECRET, **change)


def test_no_bad_record_gets_further_than_its_answer(upstream: Upstream, calendly: CalendlyDouble) -> None:
    """Over real HTTP every kind of bad record is a 422 that names the field; nothing is stored and Calendly hears of none.

    Half a surrogate pair is no text at all, so that such a body is refused as a whole, with 400.
    """
    wrong, taken = [], 0
    for template, bad in BAD_RECORDS.items():
        here = upstream.destination(id_for("bad", template), template)
        for each in bad:
            answer = upstream.post(here, each.record)
            faults = [(fault["index"], fault["pointer"]) for fault in answer.json().get("errors", [])]
            named = answer.status_code == 422 and (0, each.pointer) in faults
            if not named and not (answer.status_code == 400 and "half a surrogate pair" in each.why):
                wrong.append((template, each.why, answer.status_code, faults))
        taken += upstream.counts(here).total()

    assert [] == wrong
    assert min(map(len, BAD_RECORDS.values())) >= 15
    assert (0, []) == (taken, calendly.calls)


def test_one_bad_record_keeps_its_whole_request_out(upstream: Upstream) -> None:
    """Among good ones, the error says which record it is about."""
    here = upstream.destination("mixed", "create_scheduling_link")
    answer = upstream.post(here, [{"owner": EVENT_TYPE}, {"owner": USER}, {"owner": EVENT_TYPE}])

    assert 422 == answer.status_code
    assert [1] == [fault["index"] for fault in answer.json()["errors"]]
    assert 0 == sum(upstream.counts(here).values())

"""Records that name people instead of uuids, from the inbound route to the call and its callback."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from relay.errors import StoreUnavailable
from relay.model.delivery import DeliveryLog
from relay.store import Lane, keys
from sandbox import seed
from sandbox.clock import to_text
from sandbox.planting import plant
from tests.calendly_contract import check_request
from tests.good_records import CALENDLY
from tests.rig import Rig
from tests.service.store.one_lane import OneLane
from workers.turn import serve
from workers.work import work_on

HERE = Lane("delivery", "here")
ORGANIZATION = f"{CALENDLY}/organizations/{seed.ORGANIZATION}"
ABSENT = f"{CALENDLY}/scheduled_events/{seed.PAST_EVENT}/invitees/{seed.ABSENT_INVITEE}"
REMOVE = "remove_user_from_organization"
MIA = {"email": "Mia@Acme.example"}

# template, what people know, the path of the call that follows
GOOD: list[tuple[str, dict[str, Any], str]] = [
    (REMOVE, MIA, f"/organization_memberships/{seed.MEMBER_MEMBERSHIP}"),
    (
        "revoke_organization_invitation",
        {"email": "New.Hire@acme.example"},
        f"/organizations/{seed.ORGANIZATION}/invitations/{seed.PENDING_INVITATION}",
    ),
    (
        "cancel_scheduled_event",
        {"invitee_email": "grace@customer.example"},
        f"/scheduled_events/{seed.FUTURE_EVENT}/cancellation",
    ),
    (
        "mark_invitee_no_show",
        {"event_uuid": seed.PAST_EVENT, "email": "katherine@customer.example"},
        "/invitee_no_shows",
    ),
    ("unmark_invitee_no_show", {"invitee": ABSENT}, f"/invitee_no_shows/{seed.NO_SHOW}"),
    (
        "unmark_invitee_no_show",
        {"event_uuid": seed.PAST_EVENT, "email": "edsger@customer.example"},
        f"/invitee_no_shows/{seed.NO_SHOW}",
    ),
    (
        "delete_webhook_subscription",
        {"url": seed.SUBSCRIBED_URL},
        f"/webhook_subscriptions/{seed.SUBSCRIPTION}",
    ),
    ("create_scheduling_link", {"event_type": "30 minute demo"}, "/scheduling_links"),
]


def only(rig: Rig, deliveries: list[str]) -> DeliveryLog:
    """Give the one delivery as the log has it."""
    (identifier,) = deliveries
    return rig.delivery(identifier)


def delivered(rig: Rig, record: dict[str, Any]) -> DeliveryLog:
    """Send one record, serve until nothing waits, and give its delivery."""
    deliveries = rig.accept(record)
    rig.drain()
    return only(rig, deliveries)


def look_ups(rig: Rig) -> list[Any]:
    """Give the calls that only looked."""
    return [call for call in rig.sandbox.calls(method="GET") if call.path != "/users/me"]


def writes(rig: Rig) -> list[Any]:
    """Give the calls that were to change something."""
    return [call for call in rig.sandbox.calls() if call.method != "GET"]


@pytest.mark.parametrize(("template", "record", "path"), GOOD)
def test_what_people_know_is_enough(rig: Rig, template: str, record: dict[str, Any], path: str) -> None:
    """The relay finds the rest, every call is one that Calendly's document allows, and the log tells what was found."""
    rig.destination(template)

    log = delivered(rig, {**record, "crm_id": "D-1042"})

    [call] = writes(rig)
    assert ("delivered", path) == (log.state, call.path)
    for each in rig.sandbox.calls():
        address = f"{each.path}?{urlencode(each.query)}" if each.query else each.path
        check_request(each.method, address, {**each.headers, "Authorization": "Bearer t"}, each.body)
    assert log.found is not None
    assert [] == [name for name in log.found["fields"] if name in record]
    assert rig.manage("GET", f"/deliveries/{log.id}")["found"] == log.found
    assert [{**record, "crm_id": "D-1042"}] == rig.told()[0]["data"]["records"]


@pytest.mark.parametrize(
    ("template", "record", "words"),
    [
        (REMOVE, {"email": "nobody@acme.example"}, "no membership with email nobody@acme.example"),
        (REMOVE, {"email": "fred@free.example"}, "no membership"),
        (
            "revoke_organization_invitation",
            {"email": "not.me@acme.example"},
            f"{ORGANIZATION}/invitations/{seed.DECLINED_INVITATION}, not.me@acme.example, declined",
        ),
        ("cancel_scheduled_event", {"invitee_email": "barbara@customer.example"}, ", canceled"),
        ("cancel_scheduled_event", {"invitee_email": "katherine@customer.example"}, "no active event"),
        (
            "mark_invitee_no_show",
            {"event_uuid": seed.PAST_EVENT, "email": "ken@customer.example"},
            "no active invitee",
        ),
        ("mark_invitee_no_show", {"event_uuid": "nowhere", "email": "a@b.example"}, "404 Resource Not Found"),
        (
            "unmark_invitee_no_show",
            {"event_uuid": seed.PAST_EVENT, "email": "katherine@customer.example"},
            "no no-show",
        ),
        ("delete_webhook_subscription", {"url": "https://crm.example/other"}, seed.SUBSCRIBED_URL),
        ("create_scheduling_link", {"event_type": "Old Consultation"}, "(1) "),
    ],
)
def test_what_is_not_there_is_refused(rig: Rig, template: str, record: dict[str, Any], words: str) -> None:
    """Nothing is changed at Calendly, and the callback says why."""
    rig.destination(template)

    log = delivered(rig, record)

    assert ("dead", ["refused"]) == (log.state, [each.verdict for each in log.attempts])
    assert words in log.reason
    assert words in rig.told()[0]["data"]["error"]["message"]
    assert [] == writes(rig)


@pytest.mark.parametrize(
    ("template", "seeds", "record", "noun"),
    [
        (
            "cancel_scheduled_event",
            {"events": {"count": 2, "email": "twice@b.example"}},
            {"invitee_email": "twice@b.example"},
            "2 active events",
        ),
        (
            "delete_webhook_subscription",
            {"webhook_subscriptions": {"url": seed.SUBSCRIBED_URL, "scope": "organization"}},
            {"url": seed.SUBSCRIBED_URL},
            "2 webhook subscriptions",
        ),
        (
            "create_scheduling_link",
            {"event_types": {"name": "Product Webinar"}},
            {"event_type": "Product Webinar"},
            "2 active event types",
        ),
        (
            "revoke_organization_invitation",
            {"invitations": {"count": 12, "email": "often@b.example"}},
            {"email": "often@b.example"},
            "12 pending invitations",
        ),
        (
            "mark_invitee_no_show",
            {"events": {"invitees": 2, "email": "pair@b.example", "start_in": -3600}},
            {"email": "pair@b.example"},
            "2 active invitees",
        ),
    ],
)
def test_what_is_there_twice_is_refused_with_candidates(
    rig: Rig, template: str, seeds: dict[str, Any], record: dict[str, Any], noun: str
) -> None:
    """A person sees them and can name the right one."""
    planted = plant(rig.sandbox.state, seeds)
    [made] = planted.values()
    event = {"event_uuid": made[0]["uuid"]} if template == "mark_invitee_no_show" else {}
    rig.destination(template)

    log = delivered(rig, {**record, **event})

    assert "dead" == log.state
    assert f"Calendly has {noun}" in log.reason
    assert f"(1) {CALENDLY}/" in log.reason
    assert f"(2) {CALENDLY}/" in log.reason
    assert "(11)" not in log.reason
    assert [] == writes(rig)


def test_the_start_picks_one_of_several_events(rig: Rig) -> None:
    """In whatever zone the CRM writes it."""
    plant(rig.sandbox.state, {"events": {"count": 1, "email": "grace@customer.example", "start_in": 99_999}})
    start = rig.sandbox.state.events[seed.FUTURE_EVENT].start_time
    rig.destination("cancel_scheduled_event")

    log = delivered(
        rig,
        {"invitee_email": "grace@customer.example", "start_time": f"{start:%Y-%m-%dT%H:%M:%S}+00:00"},
    )

    assert "delivered" == log.state
    assert "canceled" == rig.sandbox.state.events[seed.FUTURE_EVENT].status


def test_the_one_on_a_later_page_is_found(rig: Rig) -> None:
    """Two hundred and fifty event types are three pages, and all of them are read: it must be the only one."""
    plant(rig.sandbox.state, {"event_types": {"count": 250, "name": "A type {n}"}})
    plant(rig.sandbox.state, {"event_types": {"name": "Zebra call"}})
    rig.destination("create_scheduling_link")

    log = delivered(rig, {"event_type": "Zebra call"})

    assert "delivered" == log.state
    assert 3 == len(look_ups(rig))
    assert {"/event_types"} == {call.path for call in look_ups(rig)}


def test_a_uuid_costs_no_look_up(rig: Rig) -> None:
    """What stands beside it is not even read."""
    rig.destination(REMOVE)

    log = delivered(rig, {"membership_uuid": seed.MEMBER_MEMBERSHIP, "email": "nonsense"})

    assert ("delivered", None) == (log.state, log.found)
    assert [] == look_ups(rig)


def test_a_record_with_neither_is_refused_at_once(rig: Rig) -> None:
    """The answer names both ways, and nothing is stored."""
    rig.destination(REMOVE)

    answer = rig.post({"crm_id": 7})

    [error] = answer.get_json()["errors"]
    assert (422, "#/membership_uuid") == (answer.status_code, error["pointer"])
    assert "or email, and the relay looks it up" in error["detail"]


def test_every_look_up_is_taken_off_the_budget(rig: Rig) -> None:
    """What is left is what Calendly counts: three pages, and the call itself."""
    plant(rig.sandbox.state, {"event_types": {"count": 250, "name": "A type {n}"}})
    rig.sandbox.add_token("sandbox", limit=100)
    rig.credential("poor")
    rig.destination("create_scheduling_link", credential="poor")

    delivered(rig, {"event_type": "30 Minute Demo"})

    calls = rig.sandbox.calls()
    left = rig.store.budget.ask("poor", 1000, rig.store.credentials.get("poor").rate).calls
    assert 4 == len([call for call in calls if call.path != "/users/me"])
    assert 100 - 4 >= left
    assert 100 - len(calls) <= left


def test_hundreds_of_records_with_one_name_make_few_look_ups(rig: Rig) -> None:
    """What was found a moment ago is not asked for again, and those who ask at a time ask once."""
    rig.sandbox.add_token("sandbox", limit=1_000_000)
    rig.destination("create_scheduling_link", callback=None, delivery={"concurrency": 8})
    rig.accept([{"event_type": "30 Minute Demo", "n": n} for n in range(400)])

    rig.drain(120)

    assert {"delivered": 400} == rig.states()
    assert 1 == len(look_ups(rig))
    assert 400 == len(writes(rig))


def test_a_find_serves_one_credential_and_template_only(rig: Rig) -> None:
    """Another one may see other things under the same name."""
    rig.credential("other")
    rig.destination("create_scheduling_link")
    rig.destination("create_scheduling_link", "there", credential="other")
    rig.accept({"event_type": "30 Minute Demo"})
    rig.accept({"event_type": "30 Minute Demo"}, "there")

    rig.drain()

    assert 2 == len(look_ups(rig))


def test_a_find_that_is_used_up_is_not_used_again(rig: Rig) -> None:
    """Whoever was removed, came back and leaves again has another membership."""
    rig.destination(REMOVE)
    first = delivered(rig, MIA)
    plant(rig.sandbox.state, {"memberships": {"email": "mia@acme.example"}})

    second = delivered(rig, MIA)

    assert ("delivered", "delivered") == (first.state, second.state)
    assert first.found != second.found


def test_a_find_that_is_gone_is_looked_up_anew(rig: Rig) -> None:
    """Another process may have found it in vain: what this one remembers is not the last word."""
    rig.destination("create_scheduling_link")
    delivered(rig, {"event_type": "30 Minute Demo"})
    with rig.sandbox.state.lock:
        old = rig.sandbox.state.event_types.pop(seed.DEMO)
    plant(rig.sandbox.state, {"event_types": {"name": old.name}})

    log = delivered(rig, {"event_type": "30 Minute Demo"})

    assert ("delivered", ["failed", "delivered"]) == (log.state, [each.verdict for each in log.attempts])
    assert "404" in log.attempts[0].reason
    assert "it is looked up anew" in log.attempts[0].reason


def test_a_silent_first_attempt_that_worked_counts(rig: Rig) -> None:
    """What was found before is looked at: looked up anew, nobody would be there to remove."""
    rig.destination(REMOVE)
    rig.sandbox.faults.add("cut_after", match={"method": "DELETE"})

    log = delivered(rig, MIA)

    assert ("delivered", ["unknown", "done_already"]) == (log.state, [each.verdict for each in log.attempts])
    assert ["/organization_memberships", f"/organization_memberships/{seed.MEMBER_MEMBERSHIP}"] == [
        call.path for call in look_ups(rig)
    ]
    assert {seed.MEMBER_MEMBERSHIP} == {call.path.rpartition("/")[2] for call in writes(rig)}


def test_a_worker_that_died_after_its_call_worked(rig: Rig) -> None:
    """What it found is on record, and the log shows the call that it may have made."""
    rig.destination(REMOVE)
    deliveries = rig.accept(MIA)
    here = OneLane(rig.store, make=False)
    _, claimed = here.claim_one()
    work = work_on(rig.services, HERE)
    assert work is not None
    work.attempt(claimed)
    here.die()

    serve(rig.services, HERE)
    orphaned = only(rig, deliveries)
    here.make_due()
    rig.drain()

    log = only(rig, deliveries)
    assert (orphaned.request or {})["url"].endswith(f"/organization_memberships/{seed.MEMBER_MEMBERSHIP}")
    assert ["unknown", "done_already"] == [each.verdict for each in log.attempts]
    assert "delivered" == log.state


def test_a_worker_that_died_while_it_looked_has_sent_nothing(rig: Rig) -> None:
    """Nobody has to be asked, even for a call that would do harm twice."""
    rig.destination("create_scheduling_link")
    deliveries = rig.accept({"event_type": "30 Minute Demo"})
    here = OneLane(rig.store, make=False)
    here.claim()
    here.die()

    rig.drain()

    log = only(rig, deliveries)
    assert ["unreachable", "delivered"] == [each.verdict for each in log.attempts]
    assert 1 == len(writes(rig))


def test_a_worker_that_was_overtaken_while_it_looked_sends_nothing(rig: Rig) -> None:
    """It wakes, finds what it looked for, and is told that somebody else has taken over."""
    rig.destination("create_scheduling_link")
    deliveries = rig.accept({"event_type": "30 Minute Demo"})
    here = OneLane(rig.store, make=False)
    _, claimed = here.claim_one()
    work = work_on(rig.services, HERE)
    assert work is not None
    here.die()
    rig.drain()

    ending = work.attempt(claimed)
    late = here.settle(claimed, ending)

    assert not late
    assert "delivered" == only(rig, deliveries).state
    assert 1 == len(writes(rig))


class DeafLanes:
    """Lanes of a Redis that went away while Calendly was asked."""

    def __init__(self, lanes: Any) -> None:
        self._lanes = lanes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lanes, name)

    def note(self, *_: Any) -> bool:
        """Fail."""
        raise StoreUnavailable


def test_what_cannot_be_noted_is_not_sent(rig: Rig) -> None:
    """Nobody would know afterwards whom the call was about; our outage costs the delivery nothing."""
    rig.destination("create_scheduling_link", delivery={"max_attempts": 1})
    deliveries = rig.accept({"event_type": "30 Minute Demo"})
    here = OneLane(rig.store, make=False)
    lease, claimed = here.claim_one()
    lanes: Any = DeafLanes(rig.store.lanes)
    work = work_on(replace(rig.services, store=replace(rig.store, lanes=lanes)), HERE)
    assert work is not None

    here.settle(claimed, work.attempt(claimed))
    sent = writes(rig)
    rig.store.lanes.release(lease)
    rig.drain()

    assert [] == sent
    assert "delivered" == only(rig, deliveries).state


def test_a_process_that_ends_breaks_a_look_up_off(rig: Rig) -> None:
    """A long list would hold it up; nothing was sent, so it costs the delivery nothing and another worker goes on."""
    plant(rig.sandbox.state, {"event_types": {"count": 250, "name": "A type {n}"}})
    rig.destination("create_scheduling_link", delivery={"max_attempts": 1})
    deliveries = rig.accept({"event_type": "30 Minute Demo"})
    here = OneLane(rig.store, make=False)
    lease, claimed = here.claim_one()
    work = work_on(rig.services, HERE)
    assert work is not None

    rig.services.stopping.set()
    here.settle(claimed, work.attempt(claimed))
    looked = len(look_ups(rig))
    rig.store.lanes.release(lease)
    rig.services.stopping.clear()
    rig.drain()

    assert 1 == looked
    assert "delivered" == only(rig, deliveries).state


@pytest.mark.parametrize(
    ("fault", "verdict"), [("500", "failed"), ("cut_before", "failed"), ("503", "failed")]
)
def test_trouble_while_looking_is_tried_again(rig: Rig, fault: str, verdict: str) -> None:
    """It changed nothing, so even a call that must not be made twice can wait for a better moment."""
    rig.destination("create_scheduling_link")
    rig.sandbox.faults.add(fault, match={"method": "GET"})

    log = delivered(rig, {"event_type": "30 Minute Demo"})

    assert ("delivered", [verdict, "delivered"]) == (log.state, [each.verdict for each in log.attempts])
    assert 1 == len(writes(rig))


def test_a_closed_window_while_looking_costs_nothing(rig: Rig) -> None:
    """Nobody calls for that credential until it opens again, and the delivery keeps its one attempt."""
    rig.destination("create_scheduling_link", delivery={"max_attempts": 1})
    rig.sandbox.faults.add("429", match={"method": "GET"}, seconds=60)

    deliveries = rig.accept({"event_type": "30 Minute Demo"})
    rig.turn_until(lambda: only(rig, deliveries).attempts)
    blocked = rig.store.budget.ask("acme", 1, rig.store.credentials.get("acme").rate)
    rig.store.redis.delete(keys.budget("acme"))  # the window is over
    rig.hurry_until(lambda: only(rig, deliveries).state == "delivered")

    log = only(rig, deliveries)
    assert ["busy", "delivered"] == [each.verdict for each in log.attempts]
    assert 0 == blocked.calls


@pytest.mark.parametrize("token", [seed.NARROW_TOKEN, "revoked"])
def test_a_token_that_may_not_look_pauses_the_destination(rig: Rig, token: str) -> None:
    """It says why, and the record is kept."""
    rig.destination("create_scheduling_link")
    with rig.sandbox.state.lock:
        known = rig.sandbox.state.tokens
        known["sandbox"] = known.get(token, known[seed.TOKEN])
        if token == "revoked":
            del known["sandbox"]

    deliveries = rig.accept({"event_type": "30 Minute Demo"})
    rig.turn_until(lambda: only(rig, deliveries).attempts)

    log = only(rig, deliveries)
    assert "unauthorized" == log.attempts[0].verdict
    assert "paused" == rig.store.destinations.get("here").state


def test_a_plain_member_looks_through_his_own_events(rig: Rig) -> None:
    """Calendly shows him no others."""
    with rig.sandbox.state.lock:
        rig.sandbox.state.tokens["sandbox"] = rig.sandbox.state.tokens[seed.MEMBER_TOKEN]
    rig.credential("mia")
    rig.destination("cancel_scheduled_event", credential="mia")

    log = delivered(rig, {"invitee_email": "donald@customer.example"})

    assert "delivered" == log.state
    assert [403, 200] == [call.status for call in look_ups(rig)]


def test_an_organization_that_is_not_known_yet_is_asked_for_first(rig: Rig) -> None:
    """As for every call that needs it; a uuid needs none."""
    rig.destination(REMOVE)

    def forget(credential: Any) -> Any:
        return type(credential).from_dict({**credential.to_dict(), "organization": "", "user": ""})

    rig.store.credentials.change("acme", forget)

    log = delivered(rig, MIA)

    assert "delivered" == log.state
    assert ORGANIZATION == rig.store.credentials.get("acme").organization


def test_a_retry_by_hand_looks_again(rig: Rig) -> None:
    """The person has put right what was wrong at Calendly."""
    rig.destination(REMOVE)
    log = delivered(rig, {"email": "late@acme.example"})
    plant(rig.sandbox.state, {"memberships": {"email": "late@acme.example"}})

    rig.manage("POST", f"/deliveries/{log.id}/retry")
    rig.drain()

    assert ("dead", "delivered") == (log.state, rig.delivery(log.id).state)


def test_a_retry_by_hand_does_not_rest_on_what_was_found_a_moment_ago(rig: Rig) -> None:
    """The name belongs to another event type by now."""
    rig.destination("create_scheduling_link")
    log = delivered(rig, {"event_type": "30 Minute Demo"})
    types = rig.sandbox.state.event_types
    with rig.sandbox.state.lock:
        types[seed.DEMO].name, types[seed.INTRO].name = types[seed.INTRO].name, types[seed.DEMO].name
    rig.store.redis.hset(keys.delivery(log.id), "state", "dead")

    rig.manage("POST", f"/deliveries/{log.id}/retry")
    rig.drain()

    found = rig.delivery(log.id).found or {}
    assert {"owner": f"{CALENDLY}/event_types/{seed.INTRO}"} == found["fields"]


def test_an_event_that_has_begun_is_only_found_by_its_start(rig: Rig) -> None:
    """Then Calendly's own refusal says what is wrong with it."""
    plant(rig.sandbox.state, {"events": {"start_in": -3600, "email": "late@customer.example"}})
    start = list(rig.sandbox.state.events.values())[-1].start_time
    rig.destination("cancel_scheduled_event")

    log = delivered(rig, {"invitee_email": "late@customer.example", "start_time": to_text(start)})

    assert "dead" == log.state
    assert "Event in the past" in log.reason

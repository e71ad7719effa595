"""Looking an effect up after silence: when, and what follows where the look-up fails, is refused or is overtaken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relay.store import Lane, keys
from sandbox.planting import plant
from tests.good_records import CALENDLY, GOOD_RECORDS
from tests.rig import Rig
from tests.service.store.one_lane import OneLane
from tests.service.workers.losing import (
    ORGANIZATION,
    effects,
    lose,
    lose_look_ups,
    retried,
    sent,
    verdicts,
    writes,
)
from workers.turn import serve
from workers.work import work_on

HERE = Lane("delivery", "here")
LINK, INVITE, MARK = "create_scheduling_link", "invite_user_to_organization", "mark_invitee_no_show"
CANCEL, HOOK = "cancel_scheduled_event", "create_webhook_subscription"
REMOVE, REVOKE, ERASE = (
    "remove_user_from_organization",
    "revoke_organization_invitation",
    "delete_invitee_data",
)
OTHER = f"{CALENDLY}/organizations/OTHER"


@pytest.mark.parametrize(
    ("template", "fault", "verdict"),
    [(INVITE, "500", "failed"), (MARK, "cut_before", "failed"), (HOOK, "garbage", "failed")],
)
def test_a_look_up_that_fails_is_made_again(rig: Rig, template: str, fault: str, verdict: str) -> None:
    """Nothing is repeated before it has told."""
    lose(rig, "cut_after", template)
    lose_look_ups(rig, fault, times=2)

    delivery = sent(rig, template)

    assert ("delivered", ["unknown", verdict, verdict, "done_already"]) == (
        delivery.state,
        verdicts(delivery),
    )
    assert 1 == writes(rig)


def test_a_look_up_that_never_tells_leaves_it_to_a_person(rig: Rig) -> None:
    """What may have worked is never called dead."""
    lose(rig, "cut_after", INVITE)
    lose_look_ups(rig, "500", times=None)

    delivery = sent(rig, INVITE, delivery={"max_attempts": 3})

    assert ("uncertain", ["unknown", "failed", "failed"]) == (delivery.state, verdicts(delivery))
    assert "Whether the call took effect is unknown. Given up after 3 attempts." in delivery.reason
    assert 1 == writes(rig)


def test_a_busy_look_up_costs_no_attempt(rig: Rig) -> None:
    """Nor does it end in a repeat."""
    lose(rig, "cut_after", MARK)
    lose_look_ups(rig, "429", headers={"X-RateLimit-Reset": "0", "Retry-After": "0"})

    delivery = sent(rig, MARK, delivery={"max_attempts": 2})

    assert ["unknown", "busy", "done_already"] == verdicts(delivery)
    assert 1 == writes(rig)


@pytest.mark.parametrize(("template", "status"), [(INVITE, "403"), (MARK, "404"), (HOOK, "403")])
def test_a_look_up_that_is_refused_leaves_harm_to_a_person(rig: Rig, template: str, status: str) -> None:
    """Who may not look cannot know; a person who retries it knows more."""
    lose(rig, "cut_before", template)
    lose_look_ups(rig, status, times=None)

    uncertain = sent(rig, template)
    calls = writes(rig)
    made = retried(rig, uncertain)

    assert ("uncertain", ["unknown", "unknown"], 1) == (uncertain.state, verdicts(uncertain), calls)
    assert "It could not be looked up." in uncertain.reason
    assert ("delivered", 2) == (made.state, writes(rig))
    assert made.attempts[-1].reason.endswith("Repeated by hand.")


def test_a_look_up_that_is_refused_lets_what_is_harmless_be_repeated(rig: Rig) -> None:
    """As it was before anybody could look."""
    lose(rig, "cut_after", CANCEL)
    lose_look_ups(rig, "403", times=None)

    delivery = sent(rig, CANCEL)

    assert ("delivered", ["unknown", "done_already"]) == (delivery.state, verdicts(delivery))
    assert "Repeated, harmless." in delivery.attempts[1].reason
    assert 1 == effects(rig)


@pytest.mark.parametrize(
    ("template", "status", "state"),
    [(CANCEL, "403", "uncertain"), (REMOVE, "403", "uncertain"), (ERASE, "403", "uncertain"), (ERASE, "400", "dead")],
)  # fmt: skip
def test_a_repeat_that_is_refused_says_nothing_of_the_first_call(
    rig: Rig, template: str, status: str, state: str
) -> None:
    """It may have worked while that was still allowed; only a list with something wrong in it was wrong then, too."""
    lose(rig, "cut_after", template)
    lose_look_ups(rig, "403", times=None)
    lose(rig, status, template)

    delivery = sent(rig, template)
    [told] = rig.told()

    assert (state, ["unknown", "refused"], 1) == (delivery.state, verdicts(delivery), effects(rig))
    assert (f"delivery.{state}", "refused") == (told["type"], told["data"]["error"]["verdict"])


def test_a_subscription_that_no_look_up_knows_again_may_be_our_own(rig: Rig) -> None:
    """It was made by the call that was not answered, and is disabled by now: nothing shows it, and something stands there."""
    lose(rig, "cut_after", HOOK)
    rig.destination(HOOK)
    (identifier,) = rig.accept(GOOD_RECORDS[HOOK])
    rig.turn_until(lambda: rig.delivery(identifier).state == "retrying")
    for each in rig.sandbox.state.subscriptions.values():
        each.state = "disabled"

    delivery = rig.outcome(identifier)

    assert ("uncertain", ["unknown", "refused"]) == (delivery.state, verdicts(delivery))
    assert "409 Already Exists" in delivery.reason


def test_another_organization_tells_nothing(rig: Rig) -> None:
    """What a credential was changed to sees nothing of what the one before may have done: that it is not there is no news."""
    lose(rig, "cut_before", REVOKE)
    rig.destination(REVOKE)
    (identifier,) = rig.accept(GOOD_RECORDS[REVOKE])
    rig.turn_until(lambda: rig.delivery(identifier).state == "retrying")
    rig.store.credentials.change("acme", lambda stands: replace(stands, organization=OTHER))

    elsewhere = rig.outcome(identifier)
    rig.store.credentials.change("acme", lambda stands: replace(stands, organization=ORGANIZATION))
    back = retried(rig, elsewhere)

    assert ("uncertain", ["unknown", "unknown"]) == (elsewhere.state, verdicts(elsewhere))
    assert "another organization" in elsewhere.reason
    assert ("delivered", 1) == (back.state, effects(rig))


def test_a_look_up_with_a_refused_token_holds_the_record(rig: Rig) -> None:
    """With a good token it goes on where it stopped."""
    lose(rig, "cut_after", INVITE)
    lose_look_ups(rig, "401")
    rig.destination(INVITE)
    (identifier,) = rig.accept(GOOD_RECORDS[INVITE])
    rig.hurry_until(lambda: rig.manage("GET", "/destinations/here")["state"] == "paused")

    rig.activate("here")
    delivery = rig.outcome(identifier)

    assert ("delivered", ["unknown", "unauthorized", "done_already"]) == (delivery.state, verdicts(delivery))
    assert 1 == writes(rig)


def test_look_ups_after_silence_are_taken_off_the_budget(rig: Rig) -> None:
    """What is left is what Calendly counts: the call, and two places to look."""
    rig.sandbox.add_token("sandbox", limit=100)
    rig.credential("poor")
    lose(rig, "cut_before", INVITE)

    sent(rig, INVITE, credential="poor")

    calls = len(rig.sandbox.calls())
    left = rig.store.budget.ask("poor", 1000, rig.store.credentials.get("poor").rate).calls
    assert 100 - calls <= left <= 100 - 4


def test_the_wished_subscription_is_found_on_a_later_page(rig: Rig) -> None:
    """Among hundreds of others."""
    plant(
        rig.sandbox.state,
        {"webhook_subscriptions": {"count": 150, "url": "https://crm.example/{n}", "scope": "organization"}},
    )
    lose(rig, "cut_after", HOOK)

    delivery = sent(rig, HOOK)

    assert ("delivered", "done_already", 1) == (delivery.state, verdicts(delivery)[-1], writes(rig))


def test_somebody_who_has_joined_meanwhile_needs_no_invitation(rig: Rig) -> None:
    """The note says so, and no invitation is told that there is not."""
    lose(rig, "cut_before", INVITE)
    plant(rig.sandbox.state, {"memberships": {"email": "Ada@Example.com"}})

    delivery = sent(rig, INVITE)
    [told] = rig.told()

    assert ("delivered", 1) == (delivery.state, writes(rig))
    assert "Looked up: The person belongs to the organization already." == told["data"]["note"]
    assert (201, {"resource": None}) == (told["data"]["response"]["status"], told["data"]["response"]["body"])
    assert "organization_memberships" in told["data"]["found"]["uri"]


def test_a_worker_that_was_overtaken_while_it_looked_repeats_nothing(rig: Rig) -> None:
    """It finds no effect, and is told that somebody else has taken over by now."""
    lose(rig, "cut_before", INVITE)
    rig.destination(INVITE)
    (identifier,) = rig.accept(GOOD_RECORDS[INVITE])
    rig.turn_until(lambda: rig.delivery(identifier).state == "retrying")
    rig.hurry()
    here = OneLane(rig.store, make=False)
    _, claimed = here.claim_one()
    work = work_on(rig.services, HERE)
    assert work is not None
    here.die()
    serve(rig.services, HERE)

    ending = work.attempt(claimed)
    late = here.settle(claimed, ending)
    before = writes(rig)
    log = rig.outcome(identifier)

    assert ("unreachable", 1) == (ending.attempt["verdict"], before)
    assert not late or "retrying" == ending.state
    assert ("delivered", 2, 1) == (log.state, writes(rig), effects(rig))


def test_a_dead_workers_call_has_time_to_land(rig: Rig) -> None:
    """Counted from when it was found, whatever its clock said when it began: an hour's step of the clock shortens nothing."""
    rig.destination(MARK)
    (identifier,) = rig.accept(GOOD_RECORDS[MARK])
    here = OneLane(rig.store, make=False)
    _, claimed = here.claim_one()
    rig.store.redis.hset(
        f"relay:{{{HERE.shard}}}:delivery:{identifier}",
        f"attempt:{claimed.number}",
        f'{{"number":1,"started_at":{here.now() - 3_600_000}}}',
    )
    here.die()

    serve(rig.services, HERE)
    found = rig.delivery(identifier)

    assert found.next_attempt_at is not None
    assert found.next_attempt_at >= found.updated_at + rig.settings.call_timeout - 0.01
    assert (
        rig.settings.call_timeout * 1000 - 10
        <= int(here.item(identifier)["may_fly_until"]) - here.now() + 1000
    )


def test_a_clock_that_goes_forward_does_not_cut_that_time_short(rig: Rig) -> None:
    """By Redis's clock the delivery is due at once; the worker that takes it knows better, and nothing is sent."""
    rig.destination(MARK)
    (identifier,) = rig.accept(GOOD_RECORDS[MARK])
    here = OneLane(rig.store, make=False)
    here.claim_one()
    here.die()
    serve(rig.services, HERE)
    rig.store.redis.zadd(keys.due(HERE), {identifier: 1})
    here.bring_forward()

    serve(rig.services, HERE)
    early = rig.delivery(identifier)
    made = rig.outcome(identifier)

    assert ("retrying", ["unknown", "unreachable"]) == (early.state, verdicts(early))
    assert early.next_attempt_at is not None
    assert early.next_attempt_at > early.updated_at + 0.5 * rig.settings.call_timeout
    assert "Redis's clock went ahead" in early.attempts[-1].reason
    assert ("delivered", 1) == (made.state, writes(rig))


@pytest.mark.parametrize(("template", "waits"), [(MARK, True), (HOOK, True), (LINK, True), (CANCEL, False)])
def test_a_call_that_was_cut_has_time_to_land_where_a_repeat_would_do_harm(
    rig: Rig, template: str, waits: bool
) -> None:
    """The look-up must not come before the effect does; a retry by hand waits as well."""
    lose(rig, "cut_before", template)
    rig.destination(template)
    (identifier,) = rig.accept(GOOD_RECORDS[template])
    rig.turn_until(lambda: rig.delivery(identifier).attempts and rig.delivery(identifier).attempts[0].verdict)
    cut = rig.delivery(identifier)
    rig.manage("POST", f"/deliveries/{identifier}/retry")
    by_hand = rig.delivery(identifier)

    assert cut.next_attempt_at is not None
    assert by_hand.next_attempt_at is not None
    for due in (cut.next_attempt_at, by_hand.next_attempt_at) if waits else ():
        assert due >= cut.updated_at + rig.settings.call_timeout - 0.5
    assert waits == (by_hand.next_attempt_at > by_hand.updated_at + 1)

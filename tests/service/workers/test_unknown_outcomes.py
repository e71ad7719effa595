"""After silence: the effect is looked up before anything is repeated, and what was found is told as the answer."""

from __future__ import annotations

from typing import Any

import pytest

from relay.catalogue import TEMPLATES
from sandbox import seed
from tests.good_records import CALENDLY, GOOD_RECORDS, INVITEE
from tests.rig import Rig
from tests.service.store.one_lane import OneLane
from tests.service.workers.losing import (
    ORGANIZATION,
    decisions,
    lose,
    retried,
    sent,
    verdicts,
    writes,
)
from workers.turn import serve
from workers.work import work_on

LINK, INVITE, MARK, CANCEL = (
    "create_scheduling_link",
    "invite_user_to_organization",
    "mark_invitee_no_show",
    "cancel_scheduled_event",
)
PROVEN = sorted(name for name, one in TEMPLATES.items() if one.proof)
MANUAL = {"manual": {"method": "POST", "url": "/scheduling_links"}}


def sent_to_each(rig: Rig, *templates: str) -> dict[str, str]:
    """Send a record to a destination of each template, and give the deliveries by template."""
    for template in templates:
        rig.destination(template, template.replace("_", "-"))
    accepted = {each: rig.accept(GOOD_RECORDS[each], each.replace("_", "-")) for each in templates}
    return {template: identifier for template, (identifier,) in accepted.items()}


def told(rig: Rig, template: str) -> Any:
    """Give the one callback of a template's destination."""
    [payload] = rig.told(template.replace("_", "-"))
    return payload


def its_effects(rig: Rig, template: str) -> int:
    """Count the effects of a template's call."""
    one = TEMPLATES[template]
    path = one.call(one.read(GOOD_RECORDS[template]), ORGANIZATION).path
    return len(
        [
            call
            for call in rig.sandbox.calls()
            if call.effect and (call.method, call.path) == (one.method, path)
        ]
    )


def test_with_every_first_answer_lost_all_eleven_are_delivered(rig: Rig) -> None:
    """Each has one effect, and a callback with the answer that it would have had; a link has one spare, and says so."""
    for template in TEMPLATES:
        lose(rig, "cut_after", template)

    deliveries = sent_to_each(rig, *TEMPLATES)
    logs = {template: rig.outcome(identifier) for template, identifier in deliveries.items()}

    for template, log in logs.items():
        one, payload = TEMPLATES[template], told(rig, template)
        data, response = payload["data"], payload["data"]["response"]
        proven = template in PROVEN
        assert ("delivered", 2, "delivery.delivered") == (log.state, log.attempt_count, payload["type"])
        assert (1 if proven else 2) == its_effects(rig, template)
        assert one.success == {response["status"]}
        assert response == log.response
        assert (one.method, None) == (data["request"]["method"], data["error"])
        assert proven == response.get("found_by_look_up", False)
        assert proven == data.get("note", "").startswith("Looked up: ")
        assert ("a spare link" in data.get("note", "")) == (template == LINK)
        if proven:  # to the last attribute, so that an expression over the callback works as ever
            resource = (response["body"] or {}).get("resource")
            assert resource == data.get("found")
            assert set((one.example_answer or {}).get("resource", {})) == set(resource or {})


@pytest.mark.parametrize("fault", ["cut_before", "500"])
def test_a_first_attempt_without_effect_is_repeated_once(rig: Rig, fault: str) -> None:
    """The look-up shows that nothing happened, the call is made again, and the log says why that does no harm."""
    for template in PROVEN:
        lose(rig, fault, template)

    deliveries = sent_to_each(rig, *PROVEN)
    logs = {template: rig.outcome(identifier) for template, identifier in deliveries.items()}

    for template, log in logs.items():
        assert ("delivered", 2) == (log.state, log.attempt_count)
        assert "delivered" == log.attempts[1].verdict
        assert "Looked up: it had no effect, so the call was made again." == log.attempts[1].reason
        assert 1 == its_effects(rig, template)
        assert {"note", "found"}.isdisjoint(told(rig, template)["data"])
        assert "found_by_look_up" not in told(rig, template)["data"]["response"]
    assert 2 * len(PROVEN) == writes(rig)


@pytest.mark.parametrize("with_effect", [True, False])
def test_with_every_first_worker_killed_all_eleven_are_delivered(rig: Rig, with_effect: bool) -> None:
    """Whether it had sent or not, each has one effect, but for what is harmless or spare after a call that had worked."""
    deliveries = sent_to_each(rig, *TEMPLATES)
    for template in TEMPLATES:
        here = OneLane(rig.store, template.replace("_", "-"), make=False)
        _, claimed = here.claim_one()
        work = work_on(rig.services, here.lane)
        assert work is not None
        if with_effect:
            work.attempt(claimed)
        here.die()
        serve(rig.services, here.lane)
    logs = {template: rig.outcome(identifier) for template, identifier in deliveries.items()}

    for template, log in logs.items():
        assert ("delivered", "unknown") == (log.state, log.attempts[0].verdict)
        assert (2 if with_effect and template not in PROVEN else 1) == its_effects(rig, template)
        assert "delivery.delivered" == told(rig, template)["type"]


def test_a_worker_that_only_seemed_dead_and_sent_nothing_leaves_no_doubt(rig: Rig) -> None:
    """It wakes after its lease and says so; the call is made, and no person needs to decide."""
    rig.destination("manual", manual=MANUAL["manual"])
    (identifier,) = rig.accept(GOOD_RECORDS["manual"])
    here = OneLane(rig.store, make=False)
    _, claimed = here.claim_one()
    work = work_on(rig.services, here.lane)
    assert work is not None
    here.die()
    serve(rig.services, here.lane)
    seemed = rig.delivery(identifier)

    here.settle(claimed, work.unsent(claimed))
    made = rig.outcome(identifier)

    assert ("uncertain", ["unknown"]) == (seemed.state, verdicts(seemed))
    assert ("delivered", ["unreachable", "delivered"]) == (made.state, verdicts(made))
    assert 1 == writes(rig)


@pytest.mark.parametrize("status", [400, 503])
def test_a_late_answer_that_says_no_leaves_no_doubt(rig: Rig, status: int) -> None:
    """A worker that only seemed dead was refused, and says so at last: a person who retries it need not know of any doubt."""
    rig.destination("manual", manual=MANUAL["manual"], delivery={"max_attempts": 1})
    (identifier,) = rig.accept(GOOD_RECORDS["manual"])
    lose(rig, str(status), "manual")
    here = OneLane(rig.store, make=False)
    _, claimed = here.claim_one()
    work = work_on(rig.services, here.lane)
    assert work is not None
    late = work.attempt(claimed)
    here.die()
    serve(rig.services, here.lane)
    seemed, thought = rig.delivery(identifier), here.item(identifier)

    here.settle(claimed, late)

    assert ("uncertain", "dead") == (seemed.state, rig.delivery(identifier).state)
    assert ("1", None) == (thought["after_unknown"], here.item(identifier).get("after_unknown"))


@pytest.mark.parametrize(
    ("sent_again", "state", "ends"),
    [
        (False, "delivered", ["unknown", "unreachable", "delivered"]),
        (True, "uncertain", ["unknown", "unknown"]),
    ],
)
def test_a_link_keeps_its_one_repeat_where_its_worker_died_before_it(
    rig: Rig, sent_again: bool, state: str, ends: list[str]
) -> None:
    """What may be a repeat is on record as sending before it is sent; without that record nothing was."""
    lose(rig, "cut_after", LINK)
    rig.destination(LINK)
    (identifier,) = rig.accept(GOOD_RECORDS[LINK])
    rig.turn_until(lambda: rig.delivery(identifier).state == "retrying")
    rig.hurry()
    here = OneLane(rig.store, make=False)
    _, claimed = here.claim_one()
    work = work_on(rig.services, here.lane)
    assert work is not None
    if sent_again:
        work.attempt(claimed)
    here.die()
    serve(rig.services, here.lane)

    log = rig.outcome(identifier)

    assert (state, ends) == (log.state, verdicts(log))
    assert 2 == writes(rig)


def test_the_log_tells_the_story(rig: Rig) -> None:
    """What became of the first attempt, what would follow, and what the look-up showed."""
    lose(rig, "cut_after", INVITE)

    delivery = sent(rig, INVITE)
    first, second = delivery.attempts

    assert ("unknown", "done_already") == (first.verdict, second.verdict)
    assert "looked up in " in first.decision
    assert "repeated only if it had no effect" in first.decision
    assert "Looked up: The invitation is pending." == second.reason == delivery.reason
    assert "settled as delivered" == second.decision


def test_a_harmless_repeat_says_so(rig: Rig) -> None:
    """Nothing shows whether people's data was asked to be erased; Calendly takes the request twice."""
    lose(rig, "cut_after", "delete_invitee_data")

    delivery = sent(rig, "delete_invitee_data")

    assert ["repeated, harmless", "settled as delivered"] == decisions(delivery)
    assert "Repeated, harmless." == delivery.attempts[1].reason


@pytest.mark.parametrize("fault", ["cut_after", "cut_before", "504"])
def test_a_second_silence_leaves_a_link_to_a_person(rig: Rig, fault: str) -> None:
    """One spare at most; a retry by hand makes a link, and says that there may be spares."""
    lose(rig, fault, LINK, times=2)

    uncertain = sent(rig, LINK)
    made = retried(rig, uncertain)

    assert ("uncertain", ["unknown", "unknown"]) == (uncertain.state, verdicts(uncertain))
    assert ["repeated once", "waits for a person"] == decisions(uncertain)
    assert ("delivered", "Repeated by hand.") == (made.state, made.attempts[2].reason[:17])
    assert "a spare link" in rig.told()[-1]["data"]["note"]
    assert ["delivery.uncertain", "delivery.delivered"] == [told["type"] for told in rig.told()]


def test_a_link_that_is_refused_after_silence_says_that_there_may_be_one(rig: Rig) -> None:
    """The delivery is dead, and a link may exist all the same."""
    lose(rig, "cut_after", LINK)
    lose(rig, "404", LINK)

    delivery = sent(rig, LINK)

    assert ("dead", ["unknown", "refused"]) == (delivery.state, verdicts(delivery))
    assert "a spare link" in rig.told()[-1]["data"]["error"]["message"]


@pytest.mark.parametrize("fault", ["cut_after", "cut_before", "500"])
def test_a_manual_write_waits_for_a_person(rig: Rig, fault: str) -> None:
    """Nobody knows what it does, nor where to look: it is made again by hand only."""
    lose(rig, fault, "manual")

    uncertain = sent(rig, "manual", **MANUAL)
    calls = writes(rig)
    made = retried(rig, uncertain)

    assert ("uncertain", ["unknown"], 1) == (uncertain.state, verdicts(uncertain), calls)
    assert ("delivered", 2) == (made.state, writes(rig))


def test_a_persons_word_holds_until_another_silence(rig: Rig) -> None:
    """A retry by hand goes on after an answer that says that nothing was done, and stops at the next that says nothing."""
    lose(rig, "cut_after", "manual")
    uncertain = sent(rig, "manual", **MANUAL)
    lose(rig, "503", "manual")
    lose(rig, "500", "manual")

    asked_again = retried(rig, uncertain)
    made = retried(rig, asked_again)

    assert ["unknown", "failed", "unknown", "delivered"] == verdicts(made)
    assert ["uncertain", "uncertain", "delivered"] == [each.state for each in (uncertain, asked_again, made)]


@pytest.mark.parametrize(
    ("template", "effect", "state"),
    [(CANCEL, True, "delivered"), (CANCEL, False, "uncertain"), (MARK, True, "delivered"), (MARK, False, "uncertain")],
)  # fmt: skip
def test_a_destination_that_holds_is_looked_up_and_not_repeated(
    rig: Rig, template: str, effect: bool, state: str
) -> None:
    """`on_unknown: hold` lets a look-up settle what stands, and leaves every repeat to a person."""
    lose(rig, "cut_after" if effect else "cut_before", template)

    delivery = sent(rig, template, delivery={"on_unknown": "hold"})

    assert (state, 2, 1) == (delivery.state, delivery.attempt_count, writes(rig))
    assert delivery.attempts[0].decision.endswith(", and not repeated")


def test_what_a_person_retries_is_looked_up_first(rig: Rig) -> None:
    """A held call that had its effect late is found; one that had none is made, since a person asked for it."""
    rig.destination(CANCEL, delivery={"on_unknown": "hold"})
    lose(rig, "cut_before", CANCEL, match={"method": "POST"}, times=2)
    uncertain = [
        rig.outcome(each)
        for each in rig.accept([GOOD_RECORDS[CANCEL], {"event_uuid": seed.SECOND_FUTURE_EVENT}])
    ]
    cancellation = rig.sandbox.state.events[seed.CANCELED_EVENT].cancellation
    assert cancellation is not None
    rig.sandbox.state.events[seed.FUTURE_EVENT].cancel(cancellation)

    found, made = (retried(rig, each) for each in uncertain)

    assert ["uncertain", "uncertain"] == [each.state for each in uncertain]
    assert ("delivered", "done_already") == (found.state, found.attempts[-1].verdict)
    assert ("delivered", "delivered") == (made.state, made.attempts[-1].verdict)
    assert 3 == writes(rig)


@pytest.mark.parametrize("template", [INVITE, "remove_user_from_organization"])
def test_a_call_that_is_out_of_attempts_is_still_looked_up(rig: Rig, template: str) -> None:
    """The truth costs no repeat: what stands is delivered, what does not is dead, and neither is left to a person."""
    lose(rig, "cut_after", template)
    stands = sent(rig, template, delivery={"max_attempts": 1})
    rig.sandbox.reset()
    lose(rig, "cut_before", template)
    (other,) = rig.accept(GOOD_RECORDS[template])
    absent = rig.outcome(other)

    assert ("delivered", ["unknown", "done_already"]) == (stands.state, verdicts(stands))
    assert ("dead", ["unknown", "failed"]) == (absent.state, verdicts(absent))
    assert absent.reason.startswith("Given up after 2 attempts. Looked up: it had no effect")
    assert 1 == writes(rig)


def test_a_retry_by_hand_has_its_attempts_and_no_more(rig: Rig) -> None:
    """Two calls that fail, one look, and it is over; what a person asks for after that begins anew."""
    lose(rig, "404", CANCEL)
    refused = sent(rig, CANCEL, delivery={"max_attempts": 2})
    lose(rig, "500", CANCEL, times=4)

    failed = retried(rig, refused)
    failed_again = retried(rig, failed)
    made = retried(rig, failed_again)

    assert ["refused", *["failed"] * 6, "delivered"] == verdicts(made)
    assert ["dead", "dead", "delivered"] == [each.state for each in (failed, failed_again, made)]
    assert 6 == writes(rig)


def test_an_expression_over_the_callback_works_on_what_was_found(rig: Rig) -> None:
    """The CRM gets the uri as if the answer had arrived."""
    lose(rig, "cut_after", MARK)
    body = "{mark: data.response.body.resource.uri, of: data.response.body.resource.invitee}"
    callback = {"url": rig.sandbox.callback_url("here"), "body": body}

    sent(rig, MARK, callback=callback)

    [told] = rig.told()
    assert told["mark"].startswith(f"{CALENDLY}/invitee_no_shows/")
    assert INVITEE == told["of"]

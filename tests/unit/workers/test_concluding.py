"""How attempts end that others follow or went before: what they leave behind, and what is said of those whose worker died."""

from __future__ import annotations

from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import pytest

from relay.calendly import Absent, Shown
from relay.catalogue import CATALOGUE
from relay.config import Settings
from relay.model.call import Answer, NotSent, Outcome, Silence
from relay.model.destination import DeliverySettings, StandingDestination
from relay.model.verdict import Failed, Refused, Unknown, Unreachable, Verdict
from relay.store import Lane
from relay.store.attempts import Claimed, Ending
from relay.store.texts import to_json
from tests.destinations import a_destination
from tests.good_records import GOOD_RECORDS
from tests.unit.calendly.fakes import REAL, calendly_that
from workers.concluding import Concluding
from workers.endings import Made
from workers.left_behind import end_left_behind

CANCEL, LINK, MANUAL = "cancel_scheduled_event", "create_scheduling_link", "manual"
TIMEOUT = 20.0  # seconds that a call may take
NOW = 1_000_000  # ms by Redis's clock, when each attempt of these tests begins
OPEN = {
    "after_unknown": "1",
    "called_for": "https://x/o",
    "lands_at": "1 1 boot",
    "effect_by": str(NOW - 5000),
}
CLOSED = dict.fromkeys(["after_unknown", "only_looks", "called_for", "lands_at", "effect_by"], "")


def concluding(template: str, kind: Any = "delivery", **delivery: Any) -> Concluding:
    """Give what ends the attempts of a destination of this template that tells nobody."""
    settings = Settings(redis_url="", secret_keys=(), admin_key="", call_timeout=TIMEOUT, retry_base=0.01)
    calendly, _ = calendly_that(lambda *_: Silence("nobody is asked"))
    store = SimpleNamespace(retention=SimpleNamespace(keep=60))
    destination = a_destination(template=template, callback=None, delivery=DeliverySettings(**delivery))
    return Concluding(
        cast(Any, SimpleNamespace(settings=settings, calendly=calendly, store=store)),
        Lane(kind, "here"),
        StandingDestination(settings=destination, state="active"),
        CATALOGUE[template],
        REAL,
        Event(),
    )


def claimed(template: str = CANCEL, **item: Any) -> Claimed:
    """Give the second attempt of a delivery, whose hash has this besides."""
    fields = CATALOGUE[template].read(GOOD_RECORDS[template]) if template != MANUAL else {}
    usual = {
        "template": template,
        "fields": to_json(fields),
        "record": to_json(GOOD_RECORDS[template]),
        "first_attempt_at": str(NOW - 10_000),
        "attempt:2": to_json({"number": 2, "started_at": NOW}),
    }
    return Claimed("dlv", "token", 2, 1, {**usual, **item})


def left(ending: Ending) -> dict[str, str]:
    """Give what an ending writes of the doubt."""
    return {name: ending.values[name] for name in CLOSED}


def ended(outcome: Outcome, verdict: Verdict, shown: Shown | None = None, **item: Any) -> Ending:
    """End the last attempt of a cancellation with this outcome."""
    made = Made({"method": "POST"}, outcome, shown)
    return concluding(CANCEL, max_attempts=2).end(claimed(**item), made, verdict)


@pytest.mark.parametrize("before", [{}, OPEN])
@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [(Answer(503), Failed("503")), (Answer(400), Refused("400")), (NotSent("no"), Unreachable("no"))],
)
def test_an_end_that_says_that_nothing_was_done_leaves_what_was_there(
    outcome: Outcome, verdict: Verdict, before: dict[str, str]
) -> None:
    """It may come late, after its worker was thought dead: the doubt that was put down then goes."""
    ending = concluding(LINK).end(claimed(LINK, **before), Made(None, outcome), verdict)

    assert {**CLOSED, **before} == left(ending)


def test_an_end_that_may_have_worked_leaves_a_doubt() -> None:
    """With where, and until when the effect may come."""
    made = Made(None, Answer(502), took=3.0)

    ending = concluding(CANCEL).end(claimed(), made, Failed("502"))

    doubt = {"after_unknown": "0", "called_for": REAL.organization, "effect_by": str(NOW + 23_000)}
    assert {**CLOSED, **doubt} == left(ending)
    assert "may_fly_until" not in ending.values


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (NotSent("no connection"), Unreachable("no connection")),
        (Answer(503), Failed("503")),
        (None, Failed("Looked up: it had no effect so far")),
    ],
)
def test_a_look_up_that_came_too_early_has_not_the_last_word(outcome: Any, verdict: Verdict) -> None:
    """The call before it may take effect after it: once it cannot any more, one more attempt looks."""
    early = ended(outcome, verdict, Absent(), after_unknown="1", effect_by=str(NOW + 15_000))
    in_time = ended(outcome, verdict, Absent(), after_unknown="1", effect_by=str(NOW))

    assert ("retrying", "1", "dead") == (early.state, early.values["only_looks"], in_time.state)
    assert early.wait is not None
    assert early.wait >= 15.0


def test_a_repeat_that_is_refused_after_too_early_a_look_up_is_not_called_dead() -> None:
    """What was sent before it may be let through all the same."""
    early = ended(Answer(403), Refused("403"), Absent(), after_unknown="1", effect_by=str(NOW + 15_000))
    in_time = ended(Answer(403), Refused("403"), Absent(), after_unknown="1", effect_by=str(NOW))

    assert ("uncertain", "dead") == (early.state, in_time.state)


def test_a_destination_that_holds_looks_again_where_it_looked_too_early() -> None:
    """And asks a person only then."""
    work, made = concluding(CANCEL, on_unknown="hold"), Made(None, None, Absent())

    early = work.end(
        claimed(after_unknown="1", effect_by=str(NOW + 15_000)), made, Unknown("no effect so far")
    )
    in_time = work.end(claimed(after_unknown="1", effect_by=str(NOW)), made, Unknown("no effect so far"))

    assert ("retrying", "uncertain") == (early.state, in_time.state)


@pytest.mark.parametrize(("status", "state"), [(502, "uncertain"), (503, "dead")])
def test_a_test_that_may_have_worked_is_not_called_dead(status: int, state: str) -> None:
    """A 502 says nothing of the effect, also where a repeat would do no harm."""
    ending = concluding(CANCEL, "test").end(claimed(), Made(None, Answer(status)), Failed(str(status)))

    assert state == ending.state


@pytest.mark.parametrize(
    ("sends", "verdict", "silent"),
    [("2", "unknown", "2"), ("1", "unreachable", "1"), ("", "unreachable", "1")],
)
def test_a_worker_that_died_while_it_looked_sent_nothing(sends: str, verdict: str, silent: str) -> None:
    """What may be a repeat is on record as sending before it is sent: without that, a link keeps its one repeat."""
    ending = end_left_behind(concluding(LINK), claimed(LINK, **OPEN, sends=sends))

    assert (verdict, silent) == (ending.attempt["verdict"], ending.values["after_unknown"])
    assert ("retrying" if verdict == "unreachable" else "uncertain") == ending.state


def test_a_worker_that_died_over_the_last_look_up_leaves_it_to_the_next() -> None:
    """Attempts are spent, and nobody has looked yet."""
    ending = end_left_behind(concluding(CANCEL, max_attempts=2), claimed(**{**OPEN, "only_looks": "1"}))

    assert ("retrying", "1") == (ending.state, ending.values["only_looks"])


def test_a_worker_that_died_over_a_first_call_may_have_sent_it() -> None:
    """Nothing is written down just before that."""
    ending = end_left_behind(concluding(CANCEL), claimed())

    assert ("retrying", "unknown", "1") == (
        ending.state,
        ending.attempt["verdict"],
        ending.values["after_unknown"],
    )


@pytest.mark.parametrize("broken", [{"fields": "{"}, {"first_attempt_at": "never", "attempt:2": "{"}])
def test_an_end_that_cannot_be_worked_out_is_a_persons_to_judge(broken: dict[str, str]) -> None:
    """Each later turn would meet the same, and a delivery that is being sent can be neither canceled nor resolved."""
    ending = end_left_behind(concluding(CANCEL), claimed(found_at=str(NOW), **broken))

    assert ("uncertain", False, 2) == (ending.state, ending.known, ending.spent)
    assert ("unknown", None) == (ending.attempt["verdict"], ending.callback)
    assert ("1", str(NOW + 20_000)) == (ending.values["after_unknown"], ending.values["may_fly_until"])

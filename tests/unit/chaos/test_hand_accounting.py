"""The account of what operators did by hand finds what is wrong: each detector is proved by a violation that is planted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.accounting import CROSSING, Account
from tests.chaos.deeds import AUDITED
from tests.chaos.hand_accounting import HandAccount
from tests.chaos.history import LINGERS, Audited, Deed, History, LaneRules, Posted, Told
from tests.chaos.pauses import PAUSED_TOGETHER
from tests.chaos.rotations import SIGNED_BEFORE
from tests.processes import CALLBACK_SECRET
from tests.unit.chaos.test_accounting import (
    AFTER_SILENCE,
    CALL,
    CALLBACK,
    LATER,
    NEXT,
    SUBJECT,
    TOLD,
    a_history,
    ended,
    rules,
    wrongs,
)

CANCELED = replace(TOLD, state="canceled", reason="Canceled by hand.", verdicts=(), callbacks=())
RESOLVED = replace(
    AFTER_SILENCE,
    state="dead",
    reason="Resolved by hand as dead: seen by operator-0-0000",
    callbacks=(("cbk_1", "delivery.dead", "delivered"),),
)


def a_deed(kind: str, about: str = "dlv_1", status: int = 200, at: float = 10.0, **more: Any) -> Deed:
    """Give something that an operator asked for, a second long."""
    number = round(at * 10)
    return Deed(f"operator-0-{number:04}", kind, about, at, at + 1.0, status, **more)


def by_hand(*deeds: Deed, **changes: Any) -> History:
    """Give a history with these deeds, and the audit that goes with them."""
    noted = [
        Audited(deed.id, AUDITED[deed.kind], (deed.about,))
        for deed in deeds
        if deed.done and deed.kind in AUDITED
    ]
    return a_history(**{"deeds": list(deeds), "audit": noted, **changes})


def shown(state: str, at: int, because: str | None = None) -> dict[str, Any]:
    """Give a destination as an answer shows it: since so many seconds past noon in that state."""
    moment = f"2026-01-01T12:00:{at:02}.000Z"
    return {"state": state, "paused_because": because, "updated_at": moment, "activated_at": moment}


def begun(at: float) -> dict[str, Told]:
    """Give a log whose one attempt began so many seconds past noon."""
    return {"dlv_1": replace(TOLD, begun=(1767268800.0 + at,))}


PAUSE = a_deed("pause", "cancels", at=10.0, answer=shown("paused", 10))
ACTIVATE = a_deed("activate", "cancels", at=20.0, answer=shown("active", 20))
CANCEL = a_deed("cancel")
RETRY = a_deed("retry", at=20.0, answer={"state": "queued", "attempts": [{}]})
RESOLVE = a_deed("resolve", asked={"as": "dead", "note": "seen by operator-0-0000"})
SEND_AGAIN = a_deed("retry callback", at=2.0)
CHANGE = a_deed(
    "change", "cancels", at=1.0, asked={"delivery": {"concurrency": 3}}, answer=shown("active", 1)
)
ROTATE = a_deed("rotate secret", "cancels", at=1.0, asked={"secret": "new"}, answer=shown("active", 1))
IS_DELIVERED = {"detail": "A delivery can be canceled while it is queued; this one is delivered."}
STRICT = {
    "posted": [Posted(SUBJECT, "cancels", "dlv_1"), Posted(NEXT, "cancels", "dlv_2")],
    "log": {"dlv_1": TOLD, "dlv_2": replace(TOLD, id="dlv_2", subjects=(NEXT,))},
    "calls": [replace(CALL, subjects=(NEXT,)), LATER],
    "lanes": rules(strict=True, tells=False),
}


def signed(*secrets: str) -> History:
    """Give a history in which a callback that these secrets sign arrived long after a rotation."""
    late = replace(CALLBACK, at=ROTATE.ended + SIGNED_BEFORE + 1.0, secrets=frozenset(secrets))
    return by_hand(ROTATE, callbacks=[late])


@pytest.mark.parametrize(
    "history",
    [
        by_hand(CANCEL, log={"dlv_1": CANCELED}, calls=[], callbacks=[]),
        by_hand(replace(CANCEL, status=0), log={"dlv_1": CANCELED}, calls=[], callbacks=[]),
        by_hand(CANCEL, log={"dlv_1": replace(CANCELED, verdicts=("unknown",))}, callbacks=[]),
        by_hand(CANCEL, RETRY, log={"dlv_1": AFTER_SILENCE}),
        by_hand(replace(CANCEL, status=409)),
        by_hand(replace(CANCEL, status=503)),
        by_hand(RESOLVE, log={"dlv_1": RESOLVED}, calls=[]),
        by_hand(SEND_AGAIN),
        by_hand(CHANGE, standing={"cancels": {"delivery": {"concurrency": 3}}}),
        by_hand(
            CHANGE,
            replace(CHANGE, id="operator-0-0001", status=0, asked={"delivery": {"concurrency": 5}}),
            standing={"cancels": {"delivery": {"concurrency": 5}}},
        ),
        by_hand(PAUSE, audit=[], unaudited={PAUSE.id}),
        by_hand(PAUSE, ACTIVATE, log=begun(9.0)),
        by_hand(PAUSE, ACTIVATE, log=begun(21.0)),
        by_hand(PAUSE, replace(ACTIVATE, status=0, answer={}), log=begun(18.5)),
        by_hand(PAUSE, ACTIVATE, log=begun(15.0), set_back=[12.0]),
        by_hand(replace(PAUSE, began=-5.0, status=503, answer={}), PAUSE, ACTIVATE),
        signed("new", CALLBACK_SECRET),
        by_hand(CANCEL, a_deed("retry", at=12.0, answer={"state": "sending"}), **STRICT),
        by_hand(
            a_deed("delete", "cancels", 204),
            lanes=rules(anew=True),
            log={"dlv_0": replace(CANCELED, id="dlv_0"), "dlv_1": TOLD},
        ),
    ],
)
def test_what_came_of_a_deed_as_it_was_answered_is_no_violation(history: History) -> None:
    """Also where nobody can know whether it was done, or where somebody else moved the delivery after it."""
    assert [] == wrongs(history)


@pytest.mark.parametrize(
    "history",
    [
        by_hand(CANCEL),
        by_hand(CANCEL, replace(RETRY, began=1.0, ended=2.0)),
        by_hand(RESOLVE),
        by_hand(RESOLVE, log={"dlv_1": replace(RESOLVED, reason="Resolved by hand as dead.")}, calls=[]),
        by_hand(RETRY),
        by_hand(replace(SEND_AGAIN, began=6.0)),
        by_hand(CHANGE, standing={"cancels": {"delivery": {"concurrency": 4}}}),
        by_hand(PAUSE, audit=[]),
        by_hand(PAUSE, audit=[Audited(PAUSE.id, "destination.activated", ("cancels",))]),
        by_hand(PAUSE, audit=[Audited(PAUSE.id, "destination.paused", ("hooks",))]),
        by_hand(PAUSE, audit=2 * [Audited(PAUSE.id, "destination.paused", ("cancels",))]),
        by_hand(replace(CANCEL, status=409), audit=[Audited(CANCEL.id, "delivery.canceled", ("dlv_1",))]),
        by_hand(replace(PAUSE, answer=shown("active", 10))),
        by_hand(PAUSE, a_deed("look", "cancels", at=12.0, answer=shown("active", 12))),
        signed("new"),
        signed(CALLBACK_SECRET),
    ],
)
def test_what_is_other_than_an_operator_was_told_is_found(history: History) -> None:
    """A yes that did not hold, a no that did something, an audit that says something else, a secret that does not sign."""
    assert {"undone"} == set(wrongs(history))


def test_an_attempt_that_began_while_its_destination_was_paused_is_found() -> None:
    """By the moments of Redis's clock that the answers and the log name."""
    assert ["paused"] == wrongs(by_hand(PAUSE, ACTIVATE, log=begun(15.0)))


def test_a_pause_whose_end_nobody_saw_lasted_until_somebody_asked_for_it() -> None:
    """As long as that was by our clock, less the tenth by which Redis's may be slow."""
    unseen = replace(ACTIVATE, status=0, answer={})

    assert ["paused"] == wrongs(by_hand(PAUSE, unseen, log=begun(16.0)))


def test_a_deed_without_an_answer_may_still_come_true_for_a_while() -> None:
    """After that it does not explain anything any more."""
    lost = replace(PAUSE, began=-30.0, ended=-29.0, status=0, answer={})
    lingering = replace(lost, ended=PAUSE.began - LINGERS + 1.0)

    assert ["paused"] == wrongs(by_hand(lost, PAUSE, ACTIVATE, log=begun(15.0)))
    assert [] == wrongs(by_hand(lingering, PAUSE, ACTIVATE, log=begun(15.0)))


@pytest.mark.parametrize(
    ("named", "found"), [(["flaky"], []), ([], ["undone"])], ids=["the active one", "nobody"]
)
def test_the_destinations_that_a_credential_paused_are_those_that_were_active(
    named: list[str], found: list[str]
) -> None:
    """The answer names them."""
    together = a_deed("pause credential", "second", answer={"destinations": named})
    history = by_hand(
        together, lanes={"flaky": LaneRules("flaky")}, posted=[], log={}, calls=[], callbacks=[]
    )

    assert found == [violation.kind for violation in HandAccount(history).violations()]


def test_a_pause_with_its_credential_ends_at_the_latest_when_that_goes_on() -> None:
    """Also where nobody could look at the destination after that."""
    deeds = [
        a_deed("pause credential", "second", answer={"destinations": ["flaky"]}),
        a_deed("look", "flaky", at=11.0, answer=shown("paused", 10, because=PAUSED_TOGETHER)),
        a_deed("resume credential", "second", at=20.0, answer={"destinations": ["flaky"]}),
        a_deed("look", "flaky", at=21.0, status=503),
        a_deed("pause", "flaky", at=30.0, status=503),
    ]
    history = by_hand(*deeds, lanes={"flaky": LaneRules("flaky")})
    early, late = ({"dlv_1": replace(begun(at)["dlv_1"], lane="flaky")} for at in (16.0, 22.0))

    assert ["paused"] == [each.kind for each in HandAccount(replace(history, log=early)).violations()]
    assert [] == HandAccount(replace(history, log=late)).violations()


@pytest.mark.parametrize(
    ("kind", "history"),
    [
        ("unexplained", by_hand(replace(CANCEL, status=422))),
        ("unexplained", by_hand(replace(CANCEL, status=409, answer=IS_DELIVERED), log=ended("uncertain"))),
        ("unexplained", by_hand(replace(PAUSE, status=409, answer={}))),
        ("unexplained", by_hand(replace(PAUSE, status=404, answer={}))),
        ("unexplained", by_hand(log={"dlv_1": CANCELED}, calls=[], callbacks=[])),
        (
            "unexplained",
            by_hand(CANCEL, log={"dlv_1": replace(CANCELED, verdicts=("delivered",))}, callbacks=[]),
        ),
        ("unexplained", by_hand(RESOLVE, log={"dlv_1": RESOLVED})),
        ("unexplained", a_history(calls=[CALL, replace(LATER, effect=False)])),
        ("disordered", by_hand(**STRICT)),
    ],
)
def test_what_no_deed_explains_is_found(kind: str, history: History) -> None:
    """Refusals without a reason, cancellations by nobody, effects that nobody tells of, calls that are not on record."""
    assert kind in wrongs(history)


def test_an_older_outcome_that_comes_long_after_a_newer_one_is_found() -> None:
    """What was on its way already may cross; a receiver that goes by the last one must not be misled."""
    callbacks = (("cbk_0", "delivery.uncertain", "delivered"), ("cbk_1", "delivery.delivered", "delivered"))
    old = replace(CALLBACK, webhook_id="cbk_0", type="delivery.uncertain")
    history = a_history(log={"dlv_1": replace(TOLD, callbacks=callbacks)})
    crossed = replace(history, callbacks=[CALLBACK, replace(old, at=CALLBACK.at + CROSSING)])
    misled = replace(history, callbacks=[CALLBACK, replace(old, at=CALLBACK.at + CROSSING + 0.1)])

    assert ([], ["uncalled"]) == (wrongs(crossed), wrongs(misled))


def test_certain_pauses_are_counted() -> None:
    """The table says how many there were: an invariant that was never tried proves nothing."""
    assert 1 == Account(by_hand(PAUSE, ACTIVATE)).pauses()

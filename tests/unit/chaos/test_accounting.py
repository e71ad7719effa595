"""The account of a chaos run finds what is wrong: each detector is proved by a violation that is planted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chaos.accounting import LONGEST_WAIT, Account
from tests.chaos.history import History, LaneRules, Posted, SeenCall, SeenCallback, Told, Wait

SUBJECT = "chaos-cancels-000001"
NEXT = "chaos-cancels-000002"
CALL = SeenCall((SUBJECT,), "POST", f"/scheduled_events/{SUBJECT}/cancellation", 1.0, 2.0, True, "201")
LATER = replace(CALL, began=3.0, ended=4.0)
NO_EFFECT = replace(LATER, effect=False, came_of_it="403")
CALLBACK = SeenCallback("cbk_1", "delivery.delivered", "dlv_1", 1, "", verified=True, at=5.0)
TOLD = Told(
    "dlv_1",
    "cancels",
    "delivered",
    (SUBJECT,),
    ("delivered",),
    callbacks=(("cbk_1", "delivery.delivered", "delivered"),),
)
AFTER_SILENCE = replace(TOLD, verdicts=("unknown", "delivered"))


def a_history(**changes: object) -> History:
    """Give a history in which one record went the whole way and nothing is wrong."""
    usual = History(
        lanes={"cancels": LaneRules("cancels")},
        posted=[Posted(SUBJECT, "cancels", "dlv_1")],
        log={"dlv_1": TOLD},
        calls=[CALL],
        callbacks=[CALLBACK],
    )
    return replace(usual, **changes)  # type: ignore[arg-type]  # names of its fields


def wrongs(history: History) -> list[str]:
    """Give the kinds of what is wrong with a history."""
    return [violation.kind for violation in Account(history).violations()]


def rules(**changes: object) -> dict[str, LaneRules]:
    """Give the one lane of a history with other rules."""
    return {"cancels": replace(LaneRules("cancels"), **changes)}  # type: ignore[arg-type]  # the same


def ended(state: str, **changes: object) -> dict[str, Told]:
    """Give a log whose one delivery ended in that state, and has a callback that says so."""
    callbacks = (("cbk_1", f"delivery.{state}", "delivered"),)
    return {"dlv_1": replace(TOLD, state=state, callbacks=callbacks, **changes)}  # type: ignore[arg-type]  # the same


@pytest.mark.parametrize(
    "history",
    [
        a_history(),
        a_history(callbacks=[CALLBACK, CALLBACK]),  # the same callback twice is no harm: its id is the same
        a_history(calls=[CALL, NO_EFFECT], log={"dlv_1": AFTER_SILENCE}),
        a_history(lanes=rules(tells=False), log={"dlv_1": replace(TOLD, callbacks=())}, callbacks=[]),
        a_history(lanes=rules(repeats_tell=True), calls=[CALL, LATER], log={"dlv_1": AFTER_SILENCE}),
        a_history(lanes=rules(may_ask=True), log=ended("uncertain", verdicts=("unknown",))),
        a_history(
            posted=[Posted(SUBJECT, "cancels", "dlv_1", refused=True)], log=ended("dead"), calls=[NO_EFFECT]
        ),
        a_history(posted=[Posted(SUBJECT, "cancels", ""), Posted(NEXT, "cancels", "")]),
        a_history(waits=[Wait("delivery/cancels", 300.0, LONGEST_WAIT)]),
        a_history(
            log={
                "dlv_0": replace(TOLD, id="dlv_0", state="split", parts=("dlv_1",), callbacks=()),
                "dlv_1": replace(TOLD, part_of="dlv_0"),
            },
            posted=[Posted(SUBJECT, "cancels", "dlv_0")],
        ),
    ],
)
def test_what_is_as_promised_is_no_violation(history: History) -> None:
    """A zero can be a zero."""
    assert [] == wrongs(history)


@pytest.mark.parametrize(
    "history",
    [
        a_history(log={}, callbacks=[]),
        a_history(log={"dlv_1": replace(TOLD, state="retrying")}),
        a_history(calls=[]),
        a_history(calls=[NO_EFFECT]),
        a_history(log={"dlv_1": replace(TOLD, subjects=())}),
        a_history(
            log={"dlv_1": replace(TOLD, state="split", parts=("dlv_2",), callbacks=())},
            callbacks=[],
        ),
    ],
)
def test_what_was_accepted_and_is_nowhere_is_lost(history: History) -> None:
    """Not in the log, not settled, delivered without an effect, or in no part of the batch that held it."""
    assert "lost" in wrongs(history)


@pytest.mark.parametrize(
    "history",
    [
        a_history(calls=[CALL, LATER]),
        a_history(calls=[CALL, LATER], log={"dlv_1": AFTER_SILENCE}),
        a_history(lanes=rules(repeats_tell=True), calls=[CALL, LATER]),
        a_history(
            lanes=rules(spares=1), calls=[CALL, LATER], log={"dlv_1": AFTER_SILENCE}
        ),  # and nobody said so
        a_history(lanes=rules(may_ask=True), calls=[CALL, LATER], log=ended("uncertain")),
        a_history(posted=[Posted(SUBJECT, "cancels", "")], calls=[CALL, LATER]),
        a_history(log={"dlv_1": TOLD, "dlv_2": replace(TOLD, id="dlv_2")}),
    ],
)
def test_what_took_effect_twice_is_doubled(history: History) -> None:
    """Unless the log tells of a repeat that is harmless, or the callback of a spare."""
    assert "doubled" in wrongs(history)


def test_a_spare_link_is_bearable_once_and_if_the_callback_says_so() -> None:
    """One spare is told of; a second one is too many."""
    said = replace(CALLBACK, note="An earlier attempt may have made a spare link.")
    third = replace(CALL, began=5.0, ended=6.0)
    log = {"dlv_1": replace(TOLD, verdicts=("unknown", "unknown", "delivered"))}
    spare = a_history(lanes=rules(spares=1), calls=[CALL, LATER], log=log, callbacks=[said])

    assert [] == wrongs(spare)
    assert ["doubled"] == wrongs(replace(spare, calls=[CALL, LATER, third]))


@pytest.mark.parametrize(
    "history",
    [
        a_history(callbacks=[]),
        a_history(log={"dlv_1": replace(TOLD, callbacks=())}, callbacks=[]),
        a_history(callbacks=[replace(CALLBACK, webhook_id="cbk_0")]),
        a_history(log={"dlv_1": replace(TOLD, callbacks=(("cbk_1", "delivery.uncertain", "delivered"),))}),
    ],
)
def test_an_outcome_that_nobody_told_is_missing(history: History) -> None:
    """The receiver must have got the callback that tells of the state that stands."""
    assert "uncalled" in wrongs(history)


def test_two_calls_for_one_subject_at_a_time_are_found() -> None:
    """Nothing may begin, not even a look, while a call is on its way, unless its connection was cut and a repeat is harmless."""
    early = replace(NO_EFFECT, began=1.5)
    look = replace(early, method="GET")

    third = replace(NO_EFFECT, began=1.7, ended=1.8)
    cut = replace(AFTER_SILENCE, cut=1)
    cut_before = replace(cut, verdicts=("unreachable", *cut.verdicts))

    assert ["overlapped"] == wrongs(a_history(calls=[CALL, early], log={"dlv_1": AFTER_SILENCE}))
    assert ["overlapped"] == wrongs(a_history(calls=[CALL, early], log={"dlv_1": cut}))
    assert [] == wrongs(a_history(calls=[CALL, early], log={"dlv_1": cut}, lanes=rules(harmless=True)))
    assert ["overlapped"] == wrongs(
        a_history(calls=[CALL, early, third], log={"dlv_1": cut_before}, lanes=rules(harmless=True))
    )
    assert ["overlapped"] == wrongs(a_history(calls=[CALL, look]))
    assert [] == wrongs(a_history(calls=[replace(look, began=0.5), CALL, replace(look, began=3.0)]))


def test_a_lane_of_strict_order_that_was_not_kept_is_found() -> None:
    """What was taken later must not take effect earlier."""
    both = a_history(
        lanes=rules(strict=True, tells=False),
        posted=[Posted(SUBJECT, "cancels", "dlv_1"), Posted(NEXT, "cancels", "dlv_2")],
        log={"dlv_1": TOLD, "dlv_2": replace(TOLD, id="dlv_2", subjects=(NEXT,))},
        calls=[CALL, replace(LATER, subjects=(NEXT,))],
    )
    swapped = replace(both, calls=[replace(CALL, subjects=(NEXT,)), LATER])

    assert [] == wrongs(both)
    assert ["disordered"] == wrongs(swapped)


@pytest.mark.parametrize(
    ("kind", "history"),
    [
        ("unattended", a_history(waits=[Wait("delivery/cancels", 30.0, LONGEST_WAIT + 0.1)])),
        ("leaked", a_history(leaks=["1-web"])),
        ("unexplained", a_history(troubles=["an answer of 500"])),
        ("unexplained", a_history(log=ended("dead"), calls=[])),
        ("unexplained", a_history(log=ended("uncertain"))),
        ("unexplained", a_history(log=ended("canceled"))),
        ("unexplained", a_history(posted=[Posted(SUBJECT, "cancels", "dlv_1", refused=True)])),
        ("unexplained", a_history(posted=[Posted(SUBJECT, "cancels", "")], log={}, callbacks=[])),
        ("unexplained", a_history(callbacks=[replace(CALLBACK, verified=False)])),
        ("unexplained", a_history(callbacks=[CALLBACK, replace(CALLBACK, delivery="dlv_9")])),
        ("unexplained", a_history(callbacks=[CALLBACK, replace(CALLBACK, webhook_id="cbk_2")])),
    ],
)
def test_whatever_else_should_not_be_is_found(kind: str, history: History) -> None:
    """Waits in peace, secrets in logs, ends that nobody planned, callbacks of nobody or under a second id."""
    assert kind in wrongs(history)

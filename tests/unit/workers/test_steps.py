"""What follows a verdict: one row per case, as the documentation of the verdicts has it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.catalogue import TEMPLATES
from relay.model.destination import DeliverySettings
from relay.model.verdict import (
    Busy,
    Delivered,
    DoneAlready,
    Failed,
    Refused,
    Unauthorized,
    Unknown,
    Unreachable,
    Verdict,
)
from workers.doubt import repeat_of
from workers.steps import (
    LONGEST_WAIT,
    Ask,
    Hold,
    Settle,
    Standing,
    Step,
    Wait,
    backoff,
    next_step,
    spread,
    tried_once,
)

BASE = 5.0  # seconds
LAST = 12  # attempts
LOOK = Wait(BASE, repeat="looked up", only_looks=True)


def standing(**changes: Any) -> Standing:
    """Give a delivery after its first attempt, which may be repeated."""
    settings = DeliverySettings(
        **{name: changes.pop(name) for name in ("on_unknown", "max_attempts", "max_age") if name in changes}
    )
    return Standing(**{"spent": 1, "age": 0.0, "repeat": "harmless", "settings": settings, **changes})


def follows(verdict: Verdict, jitter: float = 0.0, **changes: Any) -> Step:
    """Give what follows a verdict; one that is unknown leaves a doubt."""
    changes = {"in_doubt": isinstance(verdict, Unknown), **changes}
    return next_step(verdict, standing(**changes), retry_base=BASE, jitter=jitter)


@pytest.mark.parametrize(
    ("verdict", "changes", "step"),
    [
        # it worked
        (Delivered(), {}, Settle("delivered")),
        (DoneAlready("canceled before"), {}, Settle("delivered")),
        (Delivered(), {"spent": 99, "age": 1e9}, Settle("delivered")),
        # it never will
        (Refused("no such event"), {}, Settle("dead")),
        # not with this token: kept for later, however many attempts there were
        (Unauthorized("token revoked"), {}, Hold()),
        (Unauthorized("scope", ("users:read",)), {"spent": 99, "age": 1e9}, Hold()),
        # the pause that was asked for, which costs nothing and never ends in death
        (Busy("429", 30.0), {}, Wait(30.0, spends=False)),
        (Busy("429", 30.0), {"spent": 99, "age": 1e9}, Wait(30.0, spends=False)),
        # nothing was sent: each wait is three times the one before
        (Unreachable("DNS"), {}, Wait(5.0)),
        (Unreachable("DNS"), {"spent": 2}, Wait(15.0)),
        (Unreachable("DNS"), {"spent": 3}, Wait(45.0)),
        (Unreachable("DNS"), {"spent": 11, "repeat": ""}, Wait(LONGEST_WAIT)),
        # Calendly failed in a way that makes a repeat harmless
        (Failed("500"), {"spent": 2}, Wait(15.0)),
        (Failed("503", wait=600.0), {"spent": 2}, Wait(600.0)),
        (Failed("503", wait=1.0), {"spent": 2}, Wait(15.0)),
        # silence: repeated where that is harmless, where a look-up comes first, or once at the price of a spare
        (Unknown("reset"), {"spent": 2}, Wait(15.0, repeat="harmless")),
        (Unknown("reset"), {"on_unknown": "repeat"}, Wait(5.0, repeat="harmless")),
        (Unknown("reset"), {"repeat": "looked up"}, Wait(5.0, repeat="looked up")),
        (Unknown("reset"), {"repeat": "once"}, Wait(5.0, repeat="once")),
        # not before a call that was cut can have landed
        (Unknown("reset"), {"repeat": "looked up", "landing": 20.0}, Wait(20.0, repeat="looked up")),
        (
            Unknown("reset"),
            {"repeat": "looked up", "landing": 20.0, "spent": 4},
            Wait(135.0, repeat="looked up"),
        ),
        # where no repeat may follow, a look-up still may
        (Unknown("reset"), {"repeat": "looked up", "on_unknown": "hold"}, LOOK),
        (
            Unknown("reset"),
            {"repeat": "looked up", "spent": LAST},
            Wait(LONGEST_WAIT, repeat="looked up", only_looks=True),
        ),
        (Unknown("reset"), {"repeat": "looked up", "age": 86400.0}, LOOK),
        # which has the last word, so that even a harmless call has time to land before it
        (
            Unknown("reset"),
            {"repeat": "looked up", "age": 86400.0, "last_look": 20.0},
            replace(LOOK, seconds=20.0),
        ),
        (Unknown("reset"), {"repeat": "looked up", "last_look": 20.0}, Wait(5.0, repeat="looked up")),
        (Failed("500"), {"repeat": "looked up", "age": 86400.0, "in_doubt": True}, LOOK),
        # a doubt that an earlier attempt left stays until something shows that it had no effect
        (Failed("503"), {"repeat": "looked up", "in_doubt": True}, Wait(5.0, repeat="looked up")),
        (Busy("429", 30.0), {"repeat": "once", "in_doubt": True}, Wait(30.0, spends=False, repeat="once")),
    ],
)
def test_each_verdict_leads_somewhere(verdict: Verdict, changes: dict[str, Any], step: Step) -> None:
    """The rows are the documentation."""
    assert step == follows(verdict, **changes)


@pytest.mark.parametrize("verdict", [Unreachable("DNS"), Failed("500")])
@pytest.mark.parametrize("limit", [{"spent": LAST}, {"spent": 1, "max_attempts": 1}, {"age": 86400.0}])
def test_attempts_and_age_end_in_death_with_a_reason(verdict: Verdict, limit: dict[str, Any]) -> None:
    """A delivery that could not be made is dead, and says what limit it met."""
    step = follows(verdict, **limit)

    assert isinstance(step, Settle)
    assert ("dead", True) == (step.state, step.because.startswith("Given up"))


@pytest.mark.parametrize(
    "case",
    [
        {"repeat": ""},
        {"on_unknown": "hold"},
        {"repeat": "", "on_unknown": "hold"},
        {"repeat": "once", "on_unknown": "hold"},
        {"repeat": "looked up", "in_vain": True},
        {"repeat": "looked up", "in_vain": True, "spent": LAST},
        {"spent": LAST},
        {"age": 86400.0},
        {"repeat": "", "on_unknown": "repeat"},
        {"on_unknown": "repeat", "spent": LAST},
    ],
)
def test_silence_that_may_not_be_repeated_is_a_persons_to_judge(case: dict[str, Any]) -> None:
    """It may have worked: it is never called dead."""
    step = follows(Unknown("reset"), **case)

    assert isinstance(step, Ask)
    assert "unknown" in step.because


@pytest.mark.parametrize("limit", [{"spent": LAST}, {"age": 86400.0}])
@pytest.mark.parametrize("verdict", [Unreachable("DNS"), Failed("503")])
def test_what_may_have_worked_is_never_called_dead(verdict: Verdict, limit: dict[str, Any]) -> None:
    """A delivery that is given up after a call of unknown outcome is a person's to judge."""
    step = follows(verdict, in_doubt=True, **limit)

    assert isinstance(step, Ask)
    assert "Given up" in step.because


def test_a_refusal_says_nothing_of_an_earlier_call() -> None:
    """That one may have worked before whatever is refused now was taken away."""
    step = follows(Refused("403"), in_doubt=True)

    assert Ask("Whether an earlier attempt took effect is unknown.") == step


@pytest.mark.parametrize(
    ("step", "in_doubt", "ends"),
    [
        (Settle("delivered"), False, Settle("delivered")),
        (Settle("dead"), False, Settle("dead")),
        (Wait(5.0), False, Settle("dead", "A test is tried once.")),
        (Hold(), False, Settle("dead", "A test is tried once.")),
        (Wait(5.0, repeat="harmless"), True, Ask("Whether the call took effect is unknown. A test is tried once.")),
        (Ask("Unknown."), True, Ask("Unknown.")),
    ],
)  # fmt: skip
def test_a_test_is_over_after_one_attempt(step: Step, in_doubt: bool, ends: Step) -> None:
    """And is not called dead where it may have worked."""
    assert ends == tried_once(step, in_doubt=in_doubt)


@pytest.mark.parametrize("wish", ["default", "repeat"])
@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_harmful_call_is_never_simply_repeated_after_silence(name: str, wish: str) -> None:
    """For every template, whatever its owner asks for: care can be added, not taken away."""
    template = TEMPLATES[name]

    step = follows(Unknown("reset"), repeat=repeat_of(template, 1), on_unknown=wish)

    assert isinstance(step, Wait)
    assert template.harmless_to_repeat or step.repeat in {"looked up", "once"}


def test_a_second_silence_leaves_a_link_to_a_person() -> None:
    """One spare is the most that may be made."""
    link = TEMPLATES["create_scheduling_link"]

    assert ["once", ""] == [repeat_of(link, silent) for silent in (1, 2)]


REASON = st.just("reason")
SECONDS = st.floats(min_value=0, max_value=3600)
VERDICTS = st.one_of(
    st.builds(Delivered),
    st.builds(DoneAlready, REASON),
    st.builds(Refused, REASON),
    st.builds(Unauthorized, REASON),
    st.builds(Busy, REASON, SECONDS),
    st.builds(Unreachable, REASON),
    st.builds(Failed, REASON, SECONDS),
    st.builds(Unknown, REASON),
)
STANDINGS = st.builds(
    Standing,
    spent=st.integers(min_value=0, max_value=5000),
    age=st.floats(min_value=0, max_value=1e9),
    repeat=st.sampled_from(["looked up", "harmless", "once", ""]),
    in_doubt=st.just(True),
    in_vain=st.booleans(),
    landing=st.floats(min_value=0, max_value=60),
    last_look=st.floats(min_value=0, max_value=60),
    settings=st.builds(
        DeliverySettings,
        max_attempts=st.integers(min_value=1, max_value=100),
        max_age=st.integers(min_value=1, max_value=10**7),
        on_unknown=st.sampled_from(["default", "repeat", "hold"]),
    ),
)
JITTER = st.floats(min_value=0, max_value=1, exclude_max=True)


@given(verdict=VERDICTS, stands=STANDINGS, base=st.floats(min_value=0.01, max_value=1e5), jitter=JITTER)
def test_every_case_is_decided_within_its_limits(
    verdict: Verdict, stands: Standing, base: float, jitter: float
) -> None:
    """No wait is shorter than what was asked for or than the back-off, and none goes past a limit."""
    step = next_step(verdict, stands, retry_base=base, jitter=jitter)

    match verdict, step:
        case Busy(wait=asked), Wait(seconds=seconds):
            assert asked <= seconds <= asked + max(1.0, asked / 20)
            assert not step.spends
        case ((Unreachable() | Failed() | Unknown()), Wait(seconds=seconds)):
            asked = verdict.wait if isinstance(verdict, Failed) else 0.0
            floor = max(asked, backoff(stands.spent, base))
            lands = max(stands.landing, stands.last_look if step.only_looks else 0.0)
            assert max(floor, lands) <= seconds <= max(2 * floor, lands)
            assert step.spends
            assert step.only_looks or stands.spent < stands.settings.max_attempts
            assert step.only_looks or stands.age + seconds <= stands.settings.max_age
            assert stands.repeat or not isinstance(verdict, Unknown)
            assert stands.repeat == "looked up" or not step.only_looks
        case ((Unreachable() | Failed() | Unknown() | Refused()), _):
            assert isinstance(step, Ask)
        case _:
            assert isinstance(step, Settle | Hold)


@given(
    spent=st.integers(min_value=0, max_value=10**6), base=st.floats(min_value=0.001, max_value=LONGEST_WAIT)
)
def test_waits_grow_and_stay_finite(spent: int, base: float) -> None:
    """From the first wait that is configured up to the longest."""
    assert base <= backoff(spent, base) <= backoff(spent + 1, base) <= LONGEST_WAIT


@given(seconds=st.floats(min_value=0, max_value=1e6), jitter=JITTER)
def test_a_pause_is_spread_upward_only(seconds: float, jitter: float) -> None:
    """Nobody comes back before the time that Calendly named."""
    assert spread(seconds, jitter) >= seconds

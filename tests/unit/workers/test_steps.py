"""What follows a verdict: one row per case, as the documentation of the verdicts has it."""

from __future__ import annotations

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
from workers.steps import LONGEST_WAIT, Ask, Hold, Settle, Standing, Step, Wait, backoff, next_step, spread

BASE = 5.0  # seconds
LAST = 12  # attempts


def standing(**changes: Any) -> Standing:
    """Give a delivery after its first attempt, which may be repeated."""
    settings = DeliverySettings(
        **{name: changes.pop(name) for name in ("on_unknown", "max_attempts", "max_age") if name in changes}
    )
    return Standing(**{"spent": 1, "age": 0.0, "harmless_to_repeat": True, "settings": settings, **changes})


def follows(verdict: Verdict, jitter: float = 0.0, **changes: Any) -> Step:
    """Give what follows a verdict."""
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
        (Unreachable("DNS"), {"spent": 11, "harmless_to_repeat": False}, Wait(LONGEST_WAIT)),
        # Calendly failed in a way that makes a repeat harmless
        (Failed("500"), {"spent": 2}, Wait(15.0)),
        (Failed("503", wait=600.0), {"spent": 2}, Wait(600.0)),
        (Failed("503", wait=1.0), {"spent": 2}, Wait(15.0)),
        # silence: repeated where that is harmless, and only there
        (Unknown("reset"), {"spent": 2}, Wait(15.0)),
        (Unknown("reset"), {"on_unknown": "repeat"}, Wait(5.0)),
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
        {"harmless_to_repeat": False},
        {"on_unknown": "hold"},
        {"harmless_to_repeat": False, "on_unknown": "hold"},
        {"spent": LAST},
        {"age": 86400.0},
        {"harmless_to_repeat": False, "on_unknown": "repeat"},
        {"on_unknown": "repeat", "spent": LAST},
    ],
)
def test_silence_that_may_not_be_repeated_is_a_persons_to_judge(case: dict[str, Any]) -> None:
    """It may have worked: it is never called dead."""
    step = follows(Unknown("reset"), **case)

    assert isinstance(step, Ask)
    assert "unknown" in step.because


@pytest.mark.parametrize("wish", ["default", "repeat"])
@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_harmful_call_is_never_repeated_after_silence(name: str, wish: str) -> None:
    """For every template, whatever its owner asks for: care can be added, not taken away."""
    harmless = TEMPLATES[name].harmless_to_repeat

    step = follows(Unknown("reset"), harmless_to_repeat=harmless, on_unknown=wish)

    assert harmless == isinstance(step, Wait)


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
    harmless_to_repeat=st.booleans(),
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
            assert floor <= seconds <= 2 * floor
            assert stands.spent < stands.settings.max_attempts
            assert stands.age + seconds <= stands.settings.max_age
            assert step.spends
            assert stands.harmless_to_repeat or not isinstance(verdict, Unknown)
        case Unknown(), _:
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

"""What may follow a call that may have worked: one row per case, and the rule that none of them breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.calendly import Absent, Shown, Stands, Untold
from relay.catalogue import CATALOGUE
from relay.model.call import Answer, NotSent, Silence
from relay.model.verdict import DoneAlready, Failed, Unauthorized, Unknown
from relay.store.attempts import Claimed
from workers.doubt import Before, Doubt, before_call, doubt_of

CANCEL = CATALOGUE["cancel_scheduled_event"]  # looked up; harmless to repeat
INVITE = CATALOGUE["invite_user_to_organization"]  # looked up; a repeat would do harm
LINK = CATALOGUE["create_scheduling_link"]  # nobody can look; one spare at most
ERASE = CATALOGUE["delete_invitee_data"]  # nobody can look; harmless to repeat
MANUAL = CATALOGUE["manual"]  # nobody can look; a repeat would do harm
STANDS = Stands("It stands.", {"uri": "x"}, Answer(201))
REFUSED = Untold(Answer(403), "no")
SILENT = Doubt(open=True, silent=1)
LOOKS = Doubt(open=True, silent=1, only_looks=True)
ASKED = Doubt(open=True, silent=1, by_hand=True)
NO_EFFECT = "Looked up: it had no effect"
VAIN = "It could not be looked up. no"


@pytest.mark.parametrize(
    ("template", "doubt", "shown", "before"),
    [
        # a first attempt, or one after attempts that did nothing
        (INVITE, Doubt(), None, Before()),
        # it had worked
        (INVITE, SILENT, STANDS, Before("", DoneAlready("Looked up: It stands."), STANDS)),
        (INVITE, LOOKS, STANDS, Before("", DoneAlready("Looked up: It stands."), STANDS)),
        # it had not
        (INVITE, SILENT, Absent(), Before(f"{NO_EFFECT}, so the call was made again.", None, Absent())),
        (INVITE, LOOKS, Absent(), Before("", Failed(f"{NO_EFFECT} so far"), Absent())),
        # nobody can tell
        (INVITE, SILENT, REFUSED, Before("", Unknown(VAIN), REFUSED)),
        (CANCEL, SILENT, REFUSED, Before(f"{VAIN}. Repeated, harmless.", None, REFUSED)),
        (CANCEL, LOOKS, REFUSED, Before("", Unknown(VAIN), REFUSED)),
        (INVITE, ASKED, REFUSED, Before(f"{VAIN}. Repeated by hand.", None, REFUSED)),
        (INVITE, replace(ASKED, only_looks=True), REFUSED, Before("", Unknown(VAIN), REFUSED)),
        # later, perhaps
        (INVITE, SILENT, Untold(Silence("cut"), "cut"), Before("", Failed("It could not be looked up. cut"), Untold(Silence("cut"), "cut"))),
        (CANCEL, SILENT, Untold(Answer(401), "401"), Before("", Unauthorized("401"), Untold(Answer(401), "401"))),
        # nobody can look
        (ERASE, SILENT, None, Before("Repeated, harmless.")),
        (LINK, SILENT, None, Before("Repeated once.")),
        (LINK, Doubt(open=True, silent=2), None, Before("", Unknown("A repeat might do it twice"))),
        (MANUAL, SILENT, None, Before("", Unknown("A repeat might do it twice"))),
        (MANUAL, ASKED, None, Before("Repeated by hand.")),
    ],
)  # fmt: skip
def test_what_is_known_before_a_call(template: Any, doubt: Doubt, shown: Any, before: Before) -> None:
    """The rows are the documentation."""
    assert before == before_call(template, doubt, hold=False, shown=shown)


@pytest.mark.parametrize(
    ("template", "doubt", "shown", "before"),
    [
        # a person may know better than to take what nothing shows for the last word
        (INVITE, LOOKS, Absent(), Before("", Unknown(f"{NO_EFFECT} so far"), Absent())),
        # also where the destination began to hold after the silence
        (INVITE, SILENT, Absent(), Before("", Unknown(f"{NO_EFFECT} so far"), Absent())),
        (CANCEL, SILENT, REFUSED, Before("", Unknown(VAIN), REFUSED)),
        (LINK, SILENT, None, Before("", Unknown("A repeat might do it twice"))),
        (ERASE, SILENT, None, Before("", Unknown("A repeat might do it twice"))),
        # what stands is delivered
        (INVITE, SILENT, STANDS, Before("", DoneAlready("Looked up: It stands."), STANDS)),
        # a 5xx to what is harmless is no silence, and a person's word goes before the destination's
        (ERASE, Doubt(open=True), None, Before("Repeated, harmless.")),
        (INVITE, ASKED, Absent(), Before(f"{NO_EFFECT}, so the call was made again.", None, Absent())),
        (LINK, ASKED, None, Before("Repeated by hand.")),
    ],
)
def test_a_destination_that_holds_repeats_nothing_after_silence(
    template: Any, doubt: Doubt, shown: Any, before: Before
) -> None:
    """Whenever it began to hold: before the silence or after."""
    assert before == before_call(template, doubt, hold=True, shown=shown)


@pytest.mark.parametrize(
    ("item", "doubt"),
    [
        ({}, Doubt()),
        ({"after_unknown": "0"}, Doubt(open=True)),
        ({"after_unknown": "1"}, Doubt(open=True, silent=1)),
        ({"after_unknown": "1", "only_looks": "1"}, Doubt(open=True, silent=1, only_looks=True)),
        ({"after_unknown": "1", "only_looks": ""}, Doubt(open=True, silent=1)),
        # a person knows of what happened before he asked, and of nothing later
        ({"after_unknown": "1", "accepted": "1"}, Doubt(open=True, silent=1, by_hand=True)),
        ({"after_unknown": "2", "accepted": "1"}, Doubt(open=True, silent=2)),
        # who asked has had his attempts: what is left is to look
        ({"after_unknown": "1", "only_looks": "1", "accepted": "1"}, Doubt(open=True, silent=1, only_looks=True, by_hand=True)),
        ({"after_unknown": "1", "called_for": "https://x/o"}, Doubt(open=True, silent=1, organization="https://x/o")),
    ],
)  # fmt: skip
def test_what_earlier_attempts_leave_open(item: dict[str, str], doubt: Doubt) -> None:
    """As the delivery keeps it."""
    assert doubt == doubt_of(Claimed("dlv", "token", 2, 1, item))


OUTCOMES = st.sampled_from(
    [Answer(401), Answer(403), Answer(404), Answer(429), Answer(500), NotSent("x", forbidden=True), Silence("x")]
)  # fmt: skip
SHOWN = st.one_of(st.just(STANDS), st.just(Absent()), st.builds(Untold, OUTCOMES, st.just("x")))


@given(
    template=st.sampled_from(sorted(CATALOGUE)),
    doubt=st.builds(Doubt, st.just(True), st.integers(0, 5), st.booleans(), st.booleans()),
    hold=st.booleans(),
    shown=SHOWN,
)
def test_a_call_that_may_have_worked_is_repeated_only_where_that_does_no_harm(
    template: str, doubt: Doubt, hold: bool, shown: Shown
) -> None:
    """It is harmless, or a look-up showed that it had no effect, or one spare at most may follow, or a person decided."""
    one = CATALOGUE[template]

    before = before_call(one, doubt, hold=hold, shown=shown if one.proof else None)

    harmless = one.harmless_to_repeat or (bool(one.proof) and isinstance(shown, Absent))
    spare = bool(one.spare) and doubt.silent <= 1
    assert before.verdict is not None or harmless or spare or doubt.by_hand
    assert before.verdict is not None or before.words
    assert before.verdict is not None or not (hold and doubt.silent) or doubt.by_hand


@pytest.mark.parametrize(
    ("doubt", "elsewhere"),
    [
        (Doubt(open=True, organization="https://x/one"), True),
        (Doubt(open=True, organization="https://x/other"), False),
        (Doubt(open=True), False),
        (
            Doubt(organization="https://x/one"),
            False,
        ),  # nothing is in doubt: where it is called does not matter
    ],
)
def test_only_what_is_in_doubt_can_be_elsewhere(doubt: Doubt, elsewhere: bool) -> None:
    """Where a call may have worked decides where to look for it."""
    assert elsewhere == doubt.is_elsewhere("https://x/other")

"""Writing down how an attempt ended: for the log, for the lane, and for the callback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from relay.calendly import Shown, Stands
from relay.callbacks import AttemptTold, CallbackType, Told, is_told, new_callback
from relay.model.call import Answer, Outcome, Silence
from relay.model.destination import Destination, StandingDestination
from relay.model.verdict import Delivered, DoneAlready, Unknown, Verdict
from relay.store.attempts import Claimed, Ending, NewCallback, NewPart
from relay.store.batched import halves_of, records_of
from relay.store.texts import to_json
from workers.doubt import AFTER_UNKNOWN, ONLY_LOOKS, as_it_was, doubt_of
from workers.services import Services
from workers.steps import Ask, Hold, Settle, Split, Step, Wait

TOLD: dict[str, CallbackType] = {
    "delivered": "delivery.delivered",
    "dead": "delivery.dead",
    "uncertain": "delivery.uncertain",
}
# What follows an attempt that may have taken effect, by what makes sure that a repeat does no harm.
REPEATS: dict[str, str] = {
    "looked up": "looked up in {:.1f} s, and repeated only if it had no effect",
    "harmless": "repeated, harmless: next attempt in {:.1f} s",
    "once": "repeated once: next attempt in {:.1f} s",
}


@dataclass(frozen=True, slots=True)
class Made:
    """The request of an attempt, what came of it, and what a look-up showed: each None where there was none.

    `again` says why the call could be made although an earlier one may have worked; `took` is how many seconds the attempt took.
    One that was `left_behind` has a worker that seems dead: its call may be on its way still, and whether it looked nobody knows.
    """

    request: dict[str, Any] | None = None
    outcome: Outcome | None = None
    shown: Shown | None = None
    again: str = ""
    took: float = 0.0
    left_behind: bool = False

    @property
    def sent(self) -> bool:
        """Tell whether the call may have left this machine."""
        return isinstance(self.outcome, Answer | Silence)

    @property
    def status(self) -> int | None:
        """Give the status that Calendly answered."""
        return self.outcome.status if isinstance(self.outcome, Answer) else None

    @property
    def response(self) -> dict[str, Any] | None:
        """Give Calendly's answer as the log and the callback show it, or what it would have been, marked as that."""
        if isinstance(self.outcome, Answer):
            return self.outcome.to_dict()
        if self.outcome is None and isinstance(self.shown, Stands):
            return {**self.shown.answer.to_dict(), "found_by_look_up": True}
        return None

    def may_have_worked(self, verdict: Verdict) -> bool:
        """Tell whether a later "it is gone" could be this attempt's own work: after silence, or an answer of no meaning."""
        status = self.status or 0
        return self.sent and (isinstance(verdict, Unknown) or (status >= 500 and status != 503))


@dataclass(frozen=True, slots=True)
class Concluded:
    """An attempt, what came of it, and what follows. `spent` counts the attempts that cost, with this one."""

    claimed: Claimed
    made: Made
    verdict: Verdict
    step: Step
    spent: int

    @property
    def reason(self) -> str:
        """Say why, in a sentence or two; empty for a plain success."""
        because = self.step.because if isinstance(self.step, Settle | Ask) else ""
        return " ".join(filter(None, [because, self.verdict.reason]))


def delivery_ending(services: Services, destination: StandingDestination, end: Concluded) -> Ending:
    """Give the ending of a delivery's attempt, with its callback where it is over."""
    state, wait, decision = _what_follows(end)
    verdict = end.verdict
    values = {"reason": end.reason, "response": to_json(end.made.response)}
    if end.made.request is not None:
        values["request"] = to_json(end.made.request)
    values |= _doubt_left(end)
    return Ending(
        state=state,
        attempt={
            "verdict": verdict.name,
            "status": end.made.status,
            "reason": " ".join(filter(None, [end.made.again, verdict.reason])),
            "decision": decision,
        },
        known=not isinstance(verdict, Unknown),
        wait=wait,
        spent=end.spent,
        keep=services.store.retention.keep if state in {"delivered", "dead", "split"} else None,
        callback=_callback(services, destination, end, state),
        values=values,
        parts=_parts(services, destination, end) if isinstance(end.step, Split) else (),
    )


def _parts(services: Services, destination: StandingDestination, end: Concluded) -> tuple[NewPart, ...]:
    """Give the halves of a batch, each a delivery of its own."""
    new_id = services.store.new_delivery_id
    return tuple(NewPart(new_id(destination.settings.id), half) for half in halves_of(end.claimed.item))


def _doubt_left(end: Concluded) -> dict[str, str]:
    """Give what the next attempt has to know: whether this one may have worked, and whether it may do more than look."""
    doubt, left = doubt_of(end.claimed), as_it_was(end.claimed)
    if end.made.may_have_worked(end.verdict):
        left[AFTER_UNKNOWN] = str(doubt.silent + isinstance(end.verdict, Unknown))
    if isinstance(end.step, Wait) and end.step.only_looks:
        left[ONLY_LOOKS] = "1"
    return left


def _what_follows(end: Concluded) -> tuple[str, float | None, str]:
    """Give the state, the seconds to wait if any, and the decision in words."""
    match end.step:
        case Wait(seconds=seconds) if end.step.only_looks or doubt_of(end.claimed).only_looks:
            return "retrying", seconds, f"looked up in {seconds:.1f} s, and not repeated"
        case Wait(seconds=seconds, repeat=repeat) if repeat:
            return "retrying", seconds, REPEATS[repeat].format(seconds)
        case Settle(state=state):
            return state, None, f"settled as {state}"
        case Wait(seconds=seconds):
            return "retrying", seconds, f"next attempt in {seconds:.1f} s"
        case Ask():
            return "uncertain", None, "waits for a person"
        case Hold():
            return "retrying", 0.0, "held until the destination is activated again"
        case Split():
            return "split", None, "split into two halves, each of which is tried alone"


def _callback(
    services: Services, destination: StandingDestination, end: Concluded, state: str
) -> NewCallback | None:
    """Write the callback that tells of the attempt, where the destination has one that does."""
    settings = destination.settings
    kind = TOLD.get(state, "delivery.attempted")
    if "test" in end.claimed.item or not is_told(settings, kind):  # who tests has the answer before him
        return None
    return new_callback(services.store, settings, _told(settings, end, kind))


def _told(settings: Destination, end: Concluded, kind: CallbackType) -> Told:
    worked = isinstance(end.verdict, Delivered | DoneAlready)
    shown = end.made.shown
    return Told(
        type=kind,
        delivery=end.claimed.id,
        destination=settings.id,
        template=settings.template,
        attempts=end.claimed.number,
        records=records_of(end.claimed.item),
        request=end.made.request,
        response=end.made.response,
        error=None if worked else (end.verdict.name, end.reason),
        note=end.verdict.reason if worked else "",
        found=shown.resource if isinstance(shown, Stands) else None,
        attempt=_attempt(end) if kind == "delivery.attempted" else None,
    )


def _attempt(end: Concluded) -> AttemptTold:
    _, wait, decision = _what_follows(end)
    return AttemptTold(
        number=end.claimed.number,
        verdict=end.verdict.name,
        decision=decision,
        # What is held waits for a person, and what was split is not tried again itself.
        next_attempt_at=datetime.now(UTC) + timedelta(seconds=wait) if wait else None,
    )

"""Writing down how an attempt ended: for the log, for the lane, and for the callback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from relay.calendly import Confirmed, Stands
from relay.callbacks.payload import CallbackType, Told, encode, make_payload
from relay.model.call import Answer, Outcome
from relay.model.destination import StandingDestination
from relay.model.verdict import Delivered, DoneAlready, Unknown, Verdict
from relay.store.lanes import Claimed, Ending, NewCallback
from relay.store.texts import from_json, to_json
from workers.services import Services
from workers.steps import Ask, Hold, Settle, Step, Wait

TOLD: dict[str, CallbackType] = {
    "delivered": "delivery.delivered",
    "dead": "delivery.dead",
    "uncertain": "delivery.uncertain",
}


@dataclass(frozen=True, slots=True)
class Made:
    """The request of an attempt, what came of it, and what a look-up found: each None where there was none."""

    request: dict[str, Any] | None = None
    outcome: Outcome | None = None
    confirmed: Confirmed | None = None

    @property
    def status(self) -> int | None:
        """Give the status that Calendly answered."""
        return self.outcome.status if isinstance(self.outcome, Answer) else None

    @property
    def response(self) -> dict[str, Any] | None:
        """Give Calendly's answer as the log and the callback show it."""
        return self.outcome.to_dict() if isinstance(self.outcome, Answer) else None


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
    state, wait, decision = _what_follows(end.step)
    verdict = end.verdict
    values = {"reason": end.reason, "response": to_json(end.made.response)}
    if end.made.request is not None:
        values["request"] = to_json(end.made.request)
    if _may_have_worked(end):
        values["after_unknown"] = "1"
    return Ending(
        state=state,
        attempt={
            "verdict": verdict.name,
            "status": end.made.status,
            "reason": verdict.reason,
            "decision": decision,
        },
        known=not isinstance(verdict, Unknown),
        wait=wait,
        spent=end.spent,
        keep=services.store.retention.keep if state in {"delivered", "dead"} else None,
        callback=_callback(services, destination, end, state) if state in TOLD else None,
        values=values,
    )


def _may_have_worked(end: Concluded) -> bool:
    """Tell whether a later "it is gone" could be this attempt's own work: after silence, or an answer of no meaning."""
    status = end.made.status or 0
    return isinstance(end.verdict, Unknown) or (status >= 500 and status != 503)


def _what_follows(step: Step) -> tuple[str, float | None, str]:
    """Give the state, the seconds to wait if any, and the decision in words."""
    match step:
        case Settle(state=state):
            return state, None, f"settled as {state}"
        case Wait(seconds=seconds):
            return "retrying", seconds, f"next attempt in {seconds:.1f} s"
        case Ask():
            return "uncertain", None, "waits for a person"
        case Hold():
            return "retrying", 0.0, "held until the destination is activated again"


def _callback(
    services: Services, destination: StandingDestination, end: Concluded, state: str
) -> NewCallback | None:
    """Write the callback as it will be sent, on the first try and on every later one."""
    settings = destination.settings
    if settings.callback is None:
        return None
    worked = isinstance(end.verdict, Delivered | DoneAlready)
    confirmed = end.made.confirmed
    told = Told(
        type=TOLD[state],
        delivery=end.claimed.id,
        destination=settings.id,
        template=settings.template,
        attempts=end.claimed.number,
        records=from_json(end.claimed.item["records"]),
        request=end.made.request,
        response=end.made.response,
        error=None if worked else (end.verdict.name, end.reason),
        note=end.verdict.reason if worked else "",
        found=confirmed.resource if isinstance(confirmed, Stands) else None,
    )
    return NewCallback(
        id=services.store.new_callback_id(settings.id),
        type=told.type,
        payload=encode(make_payload(told, datetime.now(UTC))).decode(),
        url=settings.callback.url,
    )

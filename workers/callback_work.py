"""Serving a lane of callbacks: one signed POST each. Nothing here ever calls Calendly."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from relay.callbacks import read_callback_outcome, send_callback
from relay.callbacks.verdict import Arrived, CallbackVerdict, Forbidden, Gone, TryAgain, next_wait
from relay.errors import StoreUnavailable
from relay.model.call import Answer, NotSent, Outcome, Silence
from relay.model.destination import StandingDestination
from relay.store.budget import Grant
from relay.store.lanes import Claimed, Ending
from workers.services import Services

CONCURRENCY = 4  # callbacks on their way at a time, for one destination
REST = (
    10.0  # seconds for which a receiver that answers nothing is left alone, so that its lane holds no thread
)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CallbackWork:
    """Sends the callbacks of one destination to the URL that it has now."""

    services: Services
    destination: StandingDestination
    secret: str
    concurrency: int = CONCURRENCY
    answers: Counter[str] = field(default_factory=Counter)  # how attempts of this turn ended, by kind

    def ask(self, calls: int) -> Grant:
        """Grant everything, since callbacks cost nothing of Calendly's budget; but let a receiver that hangs rest."""
        hangs = self.answers["Silence"] >= self.concurrency
        return Grant(0, REST) if hangs and self.rest() else Grant(calls, 0.0)

    def rest(self) -> float:
        """Give the seconds for which the lane should rest after this turn: its receiver answered nothing at all."""
        return REST if self.answers["Silence"] and not self.answers["Answer"] else 0.0

    def give_back(self, calls: int) -> None:
        """Take back nothing."""

    def attempt(self, claimed: Claimed) -> Ending:
        """Send the callback once and say how that ended."""
        outcome = self._send(claimed)
        self.answers[type(outcome).__name__] += 1
        verdict = read_callback_outcome(outcome)
        with suppress(StoreUnavailable):  # the next callback finds out as well
            self._remember(claimed, verdict)
        return self._end(claimed, outcome, verdict)

    def unsent(self, claimed: Claimed) -> Ending:
        """End an attempt of which nothing was sent, by a fault of ours: it costs the callback nothing."""
        reason = "this worker was held up before it could send anything"
        return self._end(claimed, NotSent(reason), TryAgain(reason), costs=0)

    def orphaned(self, claimed: Claimed) -> Ending:
        """End an attempt whose worker died. A repeat is harmless: the receiver knows a callback by its id."""
        reason = "the worker that made this attempt stopped before it could say how it ended"
        return self._end(claimed, Silence(reason), TryAgain(reason))

    def _send(self, claimed: Claimed) -> Outcome:
        callback = self.destination.settings.callback
        if callback is None:
            return NotSent("the destination has no callback any more", forbidden=True)
        if self._is_gone(callback.url, claimed):
            return NotSent(
                "the receiver answered 410 before: callbacks to this address have ended", forbidden=True
            )
        return send_callback(
            self.services.callback_door,
            callback.url,
            self.secret,
            claimed.id,
            claimed.item["payload"].encode(),
            timeout=self.services.settings.callback_timeout,
            now=datetime.now(UTC),
        )

    def _where(self) -> dict[str, str]:
        """Give the URL as the log keeps it: the one that was called last."""
        callback = self.destination.settings.callback
        return {} if callback is None else {"url": callback.url}

    def _is_gone(self, url: str, claimed: Claimed) -> bool:
        by_hand = claimed.item.get("by_hand")  # a person's retry asks the receiver once more
        try:
            return not by_hand and self.services.store.receivers.is_gone(self.destination.settings.id, url)
        except StoreUnavailable:
            return False

    def _remember(self, claimed: Claimed, verdict: CallbackVerdict) -> None:
        settings = self.destination.settings
        if isinstance(verdict, Gone) and settings.callback is not None:
            self.services.store.receivers.note_gone(settings.id, settings.callback.url)
        # Only a retry by hand reaches a receiver that is gone, and no retry is a first attempt.
        if isinstance(verdict, Arrived) and claimed.number > 1:
            self.services.store.receivers.forget(settings.id)

    def _end(self, claimed: Claimed, outcome: Outcome, verdict: CallbackVerdict, *, costs: int = 1) -> Ending:
        spent = claimed.spent + costs
        state, wait, decision = self._next(verdict, max(spent, 1))
        status = outcome.status if isinstance(outcome, Answer) else None
        tell = log.warning if state == "dead" else log.info
        tell(
            "callback.attempted",
            callback=claimed.id,
            delivery=claimed.item["delivery"],
            destination=self.destination.settings.id,
            attempt=claimed.number,
            verdict=verdict.name,
            status=status,
            ms=round(outcome.seconds * 1000),
            next=state,
        )
        return Ending(
            state=state,
            attempt={
                "verdict": verdict.name,
                "status": status,
                "reason": verdict.reason,
                "decision": decision,
            },
            known=not isinstance(outcome, Silence),
            wait=wait,
            spent=spent,
            keep=self.services.store.retention.keep if wait is None else None,
            values={"reason": verdict.reason, "by_hand": "", **self._where()},
        )

    def _next(self, verdict: CallbackVerdict, spent: int) -> tuple[str, float | None, str]:
        """Give the callback's state, the seconds to wait if any, and the decision in words."""
        match verdict:
            case Arrived():
                return "delivered", None, "settled as delivered"
            case Gone() | Forbidden():
                return "dead", None, "settled as dead: no later try can help"
            case TryAgain(wait=at_least):
                jitter = random.random()  # noqa: S311 - spreads load, guards nothing
                seconds = next_wait(self.services.settings.callback_retries, spent, jitter, at_least)
                if seconds is None:
                    return "dead", None, f"settled as dead after {spent} attempts"
                return "retrying", seconds, f"next attempt in {seconds:.1f} s"

"""Serving a lane of callbacks: one signed POST each. Nothing here ever calls Calendly."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from relay.callbacks import CannotShape, Opened, read_callback_outcome, send_callback, written
from relay.callbacks.verdict import Arrived, CallbackVerdict, Forbidden, Gone, TryAgain, Unshaped, next_wait
from relay.errors import StoreUnavailable
from relay.model.call import Answer, NotSent, Outcome, Silence
from relay.model.destination import StandingDestination
from relay.store import Lane
from relay.store.attempts import Claimed, Ending
from relay.store.budget import Grant
from relay.store.texts import from_json
from workers.lane_work import LONG_PAUSE
from workers.services import Services

CONCURRENCY = 4  # callbacks on their way at a time, for one destination
REST = (
    10.0  # seconds for which a receiver that answers nothing is left alone, so that its lane holds no thread
)
# What follows an attempt: the callback's state, the seconds to wait if any, and the decision in words.
Follows = tuple[str, float | None, str]
SHAPED = "shaped"  # the field of a callback that keeps what was made of its payload after it was filed
log = structlog.get_logger()


class Overtaken(Exception):
    """This attempt is no longer the one that may send: somebody decided about the callback meanwhile."""


@dataclass(frozen=True, slots=True)
class CallbackWork:
    """Sends the callbacks of one destination to the URL that it has now; `opened` is None where it has none.

    Where they are `locked`, no key of this process opens what they are signed with: it begins none.
    """

    services: Services
    destination: StandingDestination
    opened: Opened | None
    locked: bool = False
    concurrency: int = CONCURRENCY
    answers: Counter[str] = field(default_factory=Counter)  # how attempts of this turn ended, by kind

    @property
    def whom(self) -> str:
        """Name the destination's own receiver."""
        return f"callback/{self.destination.settings.id}"

    def ask(self, calls: int) -> Grant:
        """Grant everything, since callbacks cost nothing of Calendly's budget; but let a receiver that hangs rest."""
        if self.locked:
            return Grant(0, LONG_PAUSE)
        hangs = self.answers["Silence"] >= self.concurrency
        return Grant(0, REST) if hangs and self.rest() else Grant(calls, 0.0)

    def rest(self) -> float:
        """Give the seconds for which the lane should rest after this turn: its receiver answered nothing at all."""
        return REST if self.answers["Silence"] and not self.answers["Answer"] else 0.0

    def give_back(self, calls: int) -> None:
        """Take back nothing."""

    def attempt(self, claimed: Claimed) -> Ending:
        """Send the callback once and say how that ended."""
        try:
            outcome = self._send(claimed)
        except CannotShape as exc:
            return self._end(claimed, NotSent(str(exc)), Unshaped(str(exc)))
        except (StoreUnavailable, Overtaken):
            return self.unsent(claimed)
        self.answers[type(outcome).__name__] += 1
        verdict = read_callback_outcome(outcome)
        with suppress(StoreUnavailable):  # the next callback finds out as well
            self._remember(claimed, verdict)
        return self._end(claimed, outcome, verdict)

    def unsent(self, claimed: Claimed) -> Ending:
        """End an attempt of which nothing was sent, by a fault of ours: it costs the callback nothing."""
        reason = "this worker was held up before it could send anything"
        stopping = self.services.stopping.is_set()  # then others can serve it at once
        seconds = 0.0 if stopping else self.services.settings.retry_base
        return self._ended(claimed, NotSent(reason), TryAgain(reason), claimed.spent, _again_in(seconds))

    def orphaned(self, claimed: Claimed) -> Ending:
        """End an attempt whose worker died. A repeat is harmless: the receiver knows a callback by its id."""
        reason = "the worker that made this attempt stopped before it could say how it ended"
        return self._end(claimed, Silence(reason), TryAgain(reason))

    def _send(self, claimed: Claimed) -> Outcome:
        callback = self.destination.settings.callback
        if callback is None or self.opened is None:
            return NotSent("the destination has no callback any more", forbidden=True)
        if self._is_gone(callback.url, claimed):
            return NotSent(
                "the receiver answered 410 before: callbacks to this address have ended", forbidden=True
            )
        return send_callback(
            self.services.callback_door,
            callback.url,
            self.opened,
            claimed.id,
            self._body(claimed, callback.body),
            timeout=self.services.settings.callback_timeout,
            now=datetime.now(UTC),
        )

    def _body(self, claimed: Claimed, expression: str) -> bytes:
        """Give the bytes to send: those of every earlier attempt, since the receiver knows the callback by its id.

        What could not be shaped when it was filed is shaped now, by the settings that stand now, and on record before it
        is sent. Raises CannotShape, Overtaken and StoreUnavailable.
        """
        item = claimed.item
        if SHAPED in item or "unshaped" not in item:
            return item.get(SHAPED, item["payload"]).encode()
        body = written(from_json(item["payload"]), expression)
        lane = Lane("callback", self.destination.settings.id)
        if not self.services.store.lanes.note(lane, claimed.id, claimed.token, SHAPED, body.decode()):
            raise Overtaken
        return body

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
        # Only a retry by hand reaches a receiver that is gone. What was on its way as it went shows nothing.
        if isinstance(verdict, Arrived) and claimed.item.get("by_hand"):
            self.services.store.receivers.forget(settings.id)

    def _end(self, claimed: Claimed, outcome: Outcome, verdict: CallbackVerdict) -> Ending:
        spent = claimed.spent + 1
        return self._ended(claimed, outcome, verdict, spent, self._next(verdict, spent))

    def _ended(
        self, claimed: Claimed, outcome: Outcome, verdict: CallbackVerdict, spent: int, follows: Follows
    ) -> Ending:
        state, wait, decision = follows
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
            values={
                "reason": verdict.reason,
                # Until it is over, a receiver that was gone is asked on a person's word.
                "by_hand": "" if wait is None else claimed.item.get("by_hand", ""),
                **self._where(),
            },
        )

    def _next(self, verdict: CallbackVerdict, spent: int) -> Follows:
        match verdict:
            case Arrived():
                return "delivered", None, "settled as delivered"
            case Gone() | Forbidden():
                return "dead", None, "settled as dead: no later try can help"
            case Unshaped() if self.destination.settings.retention.keep_payload:
                return "dead", None, "settled as dead until callback.body is mended and it is sent by hand"
            case Unshaped():
                # Its payload goes with its end: nothing would be left to send by hand.
                return self._again(spent)
            case TryAgain(wait=at_least):
                return self._again(spent, at_least)

    def _again(self, spent: int, at_least: float = 0.0) -> Follows:
        jitter = random.random()  # noqa: S311 - spreads load, guards nothing
        seconds = next_wait(self.services.settings.callback_retries, spent, jitter, at_least)
        if seconds is None:
            return "dead", None, f"settled as dead after {spent} attempts"
        return _again_in(seconds)


def _again_in(seconds: float) -> Follows:
    return "retrying", seconds, f"next attempt in {seconds:.1f} s"

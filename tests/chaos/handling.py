"""What an operator does to deliveries: retry, cancel, resolve, replay and send callbacks again, with the care that it takes."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.chaos.calendly import ChaosCalendly
from tests.chaos.desk import Desk, Json
from tests.chaos.lanes import ChaosLane, subjects

CARE = 5.0  # seconds beyond the time of a call until an operator believes that it had no effect
REPLAYED = 10  # deliveries at most in one replay
MANY_DEAD = "erasures"  # the lane of which Calendly refuses some
# In which states deliveries are worked on, in proportion. The last of each is refused.
RETRIED = {"dead": 2, "retrying": 6, "canceled": 5, "uncertain": 3, "delivered": 1}
CANCELED = {"queued": 3, "retrying": 5, "collecting": 2, "uncertain": 1, "delivered": 1}
TOLD = ("delivered", "delivered", "dead", "uncertain")


@dataclass(frozen=True, slots=True)
class Truth:
    """What took effect at Calendly, and how many seconds have to pass until that is the last word."""

    calendly: ChaosCalendly
    call_timeout: float

    @property
    def known_after(self) -> float:
        """Give the seconds after which a call that is over for the relay has taken effect, or never will."""
        return self.call_timeout + CARE


class Handling:
    """One operator's work on deliveries.

    Where a second call would do harm that the relay cannot prevent, he first looks at Calendly, and only if the destination
    is his `own`: of two people who look at the same moment both might repeat it.
    """

    def __init__(
        self,
        desk: Desk,
        lanes: Sequence[ChaosLane],
        own: Sequence[ChaosLane],
        truth: Truth,
        chance: random.Random,
    ) -> None:
        self.acts: dict[str, Callable[[], None]] = {
            "retry": self._retry,
            "cancel": self._cancel,
            "resolve": self._resolve,
            "retry callback": self._retry_callback,
            "replay": self._replay,
        }
        self._desk = desk
        self._names = [lane.name for lane in lanes]
        self._delicate = {lane.name for lane in lanes if lane.rules.may_ask}
        self._mine = [lane.name for lane in own if lane.rules.may_ask]
        self._truth = truth
        self._chance = chance
        self._known: dict[
            tuple[str, int], float
        ] = {}  # delivery and its attempts -> since when nothing happened to it

    def _retry(self) -> None:
        row = self._pick_of(RETRIED)
        if row is None:
            return
        delicate = row["state"] in {"canceled", "uncertain"} and row["destination"] in self._delicate
        if not delicate or self._had_effect(row) is False:
            self._do("retry", row, "retry")

    def _cancel(self) -> None:
        row = self._pick_of(CANCELED)
        if row is not None:
            self._do("cancel", row, "cancel")

    def _resolve(self) -> None:
        """Say what became of an uncertain delivery; who has none of his own is refused."""
        row = (
            self._pick("uncertain", self._chance.choice(self._mine)) if self._mine else self._pick("retrying")
        )
        had_effect = self._had_effect(row) if row and self._mine else False
        if row is not None and had_effect is not None:
            settled = "delivered" if had_effect else "dead"
            note = f"seen by {self._desk.next_id}"
            self._do("resolve", row, "resolve", {"as": settled, "note": note})

    def _retry_callback(self) -> None:
        rows = self._desk.deliveries(self._chance.choice(TOLD))
        told = [row for row in rows if row["callback"] is not None]
        if told:
            self._do("retry callback", self._chance.choice(told), "callback/retry")

    def _replay(self) -> None:
        state = self._chance.choice(("dead", "canceled"))
        name = self._chance.choice(self._names if state == "canceled" else (MANY_DEAD, *self._mine))
        body = {"state": state, "limit": self._chance.randint(1, REPLAYED)}
        self._desk.do("replay", name, "POST", f"/destinations/{name}/replay", body)

    def _do(self, kind: str, row: Json, path: str, body: Json | None = None) -> None:
        deed = self._desk.do(kind, row["id"], "POST", f"/deliveries/{row['id']}/{path}", body)
        if not deed.answered:
            self._known[_key(row)] = time.monotonic()  # it may still be done

    def _pick_of(self, weights: dict[str, int]) -> Json | None:
        """Choose a delivery in one of these states, the likelier ones first; of most states there is none at most times."""
        states = sorted(
            weights, key=lambda state: self._chance.random() ** (1 / weights[state]), reverse=True
        )
        found = (self._pick(state) for state in states)
        return next((row for row in found if row is not None), None)

    def _pick(self, state: str, destination: str = "") -> Json | None:
        """Choose among the latest deliveries in a state; of those of one destination, one that was left alone for long."""
        rows, now = self._desk.deliveries(state, destination), time.monotonic()
        for row in rows:
            self._known.setdefault(_key(row), now)
        ready = [row for row in rows if now - self._known[_key(row)] > self._truth.known_after]
        return self._chance.choice((destination and ready) or rows) if rows else None

    def _had_effect(self, row: Json) -> bool | None:
        """Look at Calendly whether a call took effect; None where it may still, or is another operator's business."""
        waited = time.monotonic() - self._known[_key(row)]
        if row["destination"] not in self._mine or waited < self._truth.known_after:
            return None
        shown = self._desk.delivery(row["id"])
        if shown is None or (shown["state"], len(shown["attempts"])) != (row["state"], row["attempts"]):
            return None
        return any(
            self._truth.calendly.had_effect(each) for each in subjects("", json.dumps(shown["records"]))
        )


def _key(row: Json) -> tuple[str, int]:
    return row["id"], row["attempts"]

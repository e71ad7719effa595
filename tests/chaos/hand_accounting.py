"""Accounting for every deed: what an operator was answered must be what came of it. Pure, like the account of records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.chaos.deeds import AUDITED, Deeds
from tests.chaos.history import Deed, History, SeenCallback, Told, Violation
from tests.chaos.pauses import Pauses
from tests.chaos.rotations import misled

IS_OVER = "this one is delivered."  # nobody can change that any more
MAY_CONFLICT = {"retry", "cancel", "resolve", "retry callback", "delete", "create", "change", "rotate secret"}


class HandAccount:
    """What operators did, and where the relay did not keep to what it had answered them."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.deeds = Deeds(history.deeds)
        self._came: dict[str, list[SeenCallback]] = defaultdict(list)
        for callback in history.callbacks:
            self._came[callback.delivery].append(callback)

    def violations(self) -> list[Violation]:
        """Give everything that is wrong, in no particular order."""
        return [
            *(each for deed in self.history.deeds for each in self._of_deed(deed)),
            *self._settings(),
            *Pauses(self.history).violations(),
            *misled(self.history),
        ]

    def _of_deed(self, deed: Deed) -> Iterator[Violation]:
        yield from self._answer(deed)
        yield from self._audit(deed)
        told = self.history.log.get(deed.about)
        counts = deed.done and told is not None and not self.history.lanes[told.lane].anew
        if counts and told and (wrong := self._undone(deed, told)):
            words = f"{deed.id} ({deed.kind}) was answered {deed.status}, and {wrong}"
            yield Violation("undone", told.id, words)

    def _answer(self, deed: Deed) -> Iterator[Violation]:
        """A refusal has to be one that the state of things explains."""
        told = self.history.log.get(deed.about)
        lane = told.lane if told else deed.about
        gone = deed.status == 404 and lane in self.history.lanes and self.history.lanes[lane].anew
        conflict = deed.status == 409 and deed.kind in MAY_CONFLICT
        detail = str(deed.answer.get("detail"))
        untrue = told is not None and detail.endswith(IS_OVER) and told.state != "delivered"
        if deed.refused and (untrue or not (gone or conflict)):
            words = f"{deed.kind} of {deed.about} was answered {deed.status}: {detail}"
            yield Violation("unexplained", deed.about, words)

    def _audit(self, deed: Deed) -> Iterator[Violation]:
        """What was done is in the audit once, or a log says that the audit lost it; what was refused is not."""
        entries = [entry for entry in self.history.audit if entry.deed == deed.id]
        other = any(entry.what != AUDITED.get(deed.kind) or deed.about not in entry.on for entry in entries)
        expected = deed.done and deed.kind in AUDITED and deed.id not in self.history.unaudited
        if other or len(entries) > 1 or (entries and deed.refused) or (expected and not entries):
            has = [f"{entry.what} on {' '.join(entry.on)}" for entry in entries]
            words = f"{deed.id} ({deed.kind}) was answered {deed.status}, and the audit has {has}"
            yield Violation("undone", deed.about, words)

    def _undone(self, deed: Deed, told: Told) -> str:
        """Say what does not go with a yes to a deed about a delivery; empty where everything does."""
        moved = self.deeds.moved(told.id, told.lane, deed.began)
        match deed.kind:
            case "cancel" if told.state != "canceled" and not moved:
                return f"it is {told.state}"
            case "resolve" if not moved and (
                told.state != deed.asked["as"] or deed.asked["note"] not in told.reason
            ):
                return f"it is {told.state}: {told.reason}"
            case "retry" if deed.answer["state"] == "queued" and not self._ended_by_hand(told, deed):
                attempts = len(deed.answer["attempts"])
                return "" if len(told.verdicts) > attempts else f"it has no attempt after its {attempts}"
            case "retry callback" if not any(each.at > deed.began for each in self._came[told.id]):
                return "nothing came to the receiver after that"
        return ""

    def _ended_by_hand(self, told: Told, deed: Deed) -> bool:
        return any(self.deeds.may_have(kind, told.id, deed.began) for kind in ("cancel", "resolve"))

    def _settings(self) -> Iterator[Violation]:
        """Of each destination the last change that was answered stands, or one that was not answered since."""
        for name, shown in self.history.standing.items():
            changes = [deed for deed in self.history.deeds if deed.kind == "change" and deed.about == name]
            wished = _possible(changes)
            stands = shown["delivery"]["concurrency"]
            if wished and stands not in wished and not self.history.lanes[name].anew:
                yield Violation("undone", name, f"its concurrency is {stands}, and should be one of {wished}")


def _possible(changes: list[Deed]) -> list[Any]:
    """Give what the last change that was done asked for, and those that may have been done after it."""
    done = [deed for deed in changes if deed.done]
    if not done:
        return []
    unknown = [deed for deed in changes if not deed.answered and deed.over_at > done[-1].began]
    return [deed.asked["delivery"]["concurrency"] for deed in (done[-1], *unknown)]

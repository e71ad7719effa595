"""Finding what a record leaves out, before its call is made: on record first, so that every later attempt means the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from relay.calendly import Asking, Found, find
from relay.catalogue.look_up import LookUp
from relay.catalogue.template import Template
from relay.errors import StoreUnavailable
from relay.model.call import Answer, Outcome
from relay.model.verdict import Failed, Refused, Verdict
from relay.store import Lane
from relay.store.attempts import Claimed
from relay.store.texts import from_json, to_json
from workers.services import Services

FOUND = "found"  # the field of a delivery that keeps it
SENDS = "sends"  # the field that keeps which attempt was sure just before its call that it may send
SLOW = 1.0  # seconds; who took longer to get ready may have been stopped meanwhile, and overtaken
LOOKED_UP_LONG = (
    5.0  # seconds; a call after a longer look-up would outlast what platforms give a process to end
)


class BrokenOff(Exception):
    """This attempt must not go on: somebody decided about it meanwhile, or the process ends. Nothing was sent."""


def with_found(claimed: Claimed, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give a delivery's fields with what an earlier attempt found."""
    found = from_json(claimed.item.get(FOUND)) or {}
    return {**fields, **found.get("fields", {})}


@dataclass(slots=True)
class LookingUp:
    """The look-up of one attempt, if its record needs one."""

    services: Services
    lane: Lane
    template: Template
    claimed: Claimed
    heard: Callable[[Outcome], None]
    key: tuple[Any, ...] | None = None  # what was looked up, by this attempt or by an earlier one
    look_up: LookUp | None = None
    just_now: bool = False  # this very attempt asked Calendly
    _began: float = field(default_factory=time.monotonic)

    def complete(self, asking: Asking, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Give the fields with what the record leaves out, on record before this returns.

        Raises LookUpFailed where it cannot be found, BrokenOff, and StoreUnavailable.
        """
        self.look_up = self.template.look_up(fields)
        known = with_found(self.claimed, fields)
        if self.look_up is None:
            return known
        self.key = _key(asking, self.template, self.look_up, fields)
        if self.look_up.finds in known:
            return known
        if self.claimed.item.get("by_hand"):  # whoever retries has changed something, perhaps at Calendly
            self.services.finds.forget(self.key)
        found = self._found(asking, self.look_up, fields)
        if not self._note(to_json(found.to_dict())):
            raise BrokenOff
        return {**fields, **found.fields}

    def overheard(self, asking: Asking) -> Asking:
        """Give the way to Calendly for look-ups of this attempt: each call of theirs is accounted for. They raise BrokenOff."""
        return replace(asking, calendly=asking.calendly.overheard(self._hear))

    @property
    def seconds(self) -> float:
        """Give the seconds since this attempt began to be made."""
        return time.monotonic() - self._began

    def insist(self, *, again: bool) -> None:
        """Return only if this attempt may still send: just before it does, where `again` or time has passed.

        Raises BrokenOff where it may not, and StoreUnavailable.
        """
        slow = self.seconds > SLOW
        if self.seconds > LOOKED_UP_LONG and self.services.stopping.is_set():
            raise BrokenOff  # the call may take longer than the process has left
        if (slow or again) and not self._write(SENDS, str(self.claimed.number)):
            raise BrokenOff

    def heed(self, outcome: Outcome, verdict: Verdict) -> Verdict:
        """Take from the call's answer whether the find still holds, and give the verdict that follows.

        What Calendly no longer knows is looked up anew, unless this attempt asked just now or an earlier one may have
        worked: then the 404 is the answer.
        """
        if self.look_up is None or not isinstance(outcome, Answer):
            return verdict
        gone = outcome.status == 404
        if gone:
            self.services.finds.forget(self.key)
        if (
            not gone
            or self.just_now
            or not isinstance(verdict, Refused)
            or "after_unknown" in self.claimed.item
        ):
            return verdict
        with suppress(StoreUnavailable):  # then the next attempt meets the same answer, and tries again
            self._note("")
        return Failed(
            f"{verdict.reason}. The {self.look_up.one} that was found earlier is gone: it is looked up anew"
        )

    def _found(self, asking: Asking, look_up: LookUp, fields: Mapping[str, Any]) -> Found:
        def look() -> Found:
            return find(self.overheard(asking), self.template, look_up, fields)

        if look_up.used_up:
            # Another process may use it up at any moment, and the next thing that fits be another one.
            self.just_now = True
            return look()
        found, self.just_now = self.services.finds.get(self.key, look)
        return found

    def _hear(self, outcome: Outcome) -> None:
        """Account for one call of the look-up."""
        self.heard(outcome)
        if self.services.stopping.is_set():  # a list may have a hundred pages, and the process only seconds
            raise BrokenOff

    def _note(self, value: str) -> bool:
        return self._write(FOUND, value)

    def _write(self, name: str, value: str) -> bool:
        return self.services.store.lanes.note(self.lane, self.claimed.id, self.claimed.token, name, value)


def _key(asking: Asking, template: Template, look_up: LookUp, fields: Mapping[str, Any]) -> tuple[Any, ...]:
    given = tuple((name, fields.get(name)) for name in look_up.fields)
    return (asking.credential.id, asking.credential.organization, template.name, given)

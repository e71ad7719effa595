"""Calendly under chaos: it counts what happened to whom, for how long each call was on its way, and drops answers."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

from tests.chaos.history import SeenCall
from tests.chaos.lanes import REFUSED_EVERY, email, subjects
from tests.system.calendly_answers import API, membership
from tests.system.calendly_double import LIMIT, CalendlyDouble, Call

WINDOW = 3  # seconds of a rate window, so that a 429 does not hold everything up for a minute
ANSWERS_IN = 0.03  # seconds, so that some calls are on their way at any moment
SLOW = (0.5, 3.0)  # seconds until a slow call takes effect
LATE = 0.9  # of the time that a call may take: then a late one takes effect, and a lease has run out before
ERRORS = (500, 502, 503, 429)
WITHOUT_EFFECT = {503, 429}  # nobody can know that of the others
SHARE = 0.6  # of the calls, that many meet with the trouble of the hour
ERROR = {"title": "Internal Server Error", "message": "The server encountered an unexpected condition."}
REFUSAL = {"title": "Invalid Argument", "message": "The supplied parameters are invalid."}


class ChaosCalendly(CalendlyDouble):
    """The counting double. `trouble` is what it does to calls now: "before", "after", "errors", "slow", or nothing."""

    def __init__(self, seed: int, call_timeout: float) -> None:
        self._late = LATE * call_timeout
        self.seen: list[SeenCall] = []
        self.trouble = ""
        self._chance = random.Random(seed)
        self._now = threading.local()
        super().__init__()
        self.delay = ANSWERS_IN

    def had_effect(self, subject: str) -> bool:
        """Tell whether a call has had an effect on a subject."""
        return any(call.effect and subject in call.subjects for call in list(self.seen))

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Any:
        self._now.call = None
        try:
            return super()._serve(environ, start_response)
        finally:
            if self._now.call is not None:
                self._note(*self._now.call)

    def _judge(self, call: Call) -> tuple[int, Any]:
        self._now.call = (call, time.monotonic(), False, "dropped before the effect")
        trouble = self.trouble if self._chance.random() < SHARE else ""
        error = self._chance.choice(ERRORS) if trouble == "errors" else 0
        if trouble == "before":
            raise ConnectionResetError
        if trouble == "slow":
            # A caller that dies meanwhile cannot take its call back.
            time.sleep(self._chance.choice((self._chance.uniform(*SLOW), self._late)))
        if error in WITHOUT_EFFECT or (error and self._chance.random() < SHARE):
            return self._told(error, effect=False)
        status, body = self._answer(call)
        effect = call.method != "GET" and 200 <= status < 300
        if error:
            return self._told(error, effect=effect)
        self._told(status, effect=effect, dropped=trouble == "after")
        return status, body

    def _told(self, status: int, *, effect: bool, dropped: bool = False) -> tuple[int, Any]:
        """Note what came of the call that this thread serves, and give an error of that status."""
        call, began, *_ = self._now.call
        self._now.call = (call, began, effect, f"{status}{', dropped' if dropped else ''}")
        if dropped:
            raise ConnectionResetError
        return status, ERROR

    def _rate(self) -> list[tuple[str, str]]:
        left = WINDOW - int(time.monotonic()) % WINDOW
        numbers = {"Limit": LIMIT, "Remaining": LIMIT, "Reset": left}
        return [(f"X-RateLimit-{name}", str(number)) for name, number in numbers.items()]

    def _answer(self, call: Call) -> tuple[int, Any]:
        if call.path == "/shares":  # the one address that Calendly's document does not have
            return 201, {"resource": {"booking_url": f"{API}/shared", "owner": call.body["event_type"]}}
        about = subjects(call.url, call.raw.decode())
        if call.path == "/organization_memberships" and about and "-searches-" in about[0]:
            return self._membership(about[0])
        if any("-erasures-" in each and int(each[-6:]) % REFUSED_EVERY == 7 for each in about):
            return 400, REFUSAL
        return super()._judge(call)

    def _membership(self, subject: str) -> tuple[int, Any]:
        """List the one membership of a person, until it is taken away."""
        path = f"/organization_memberships/{subject}"
        removed = any(call.effect and call.path == path for call in list(self.seen))
        rows = [] if removed else [membership(subject, email(subject))]
        nowhere = dict.fromkeys(("next_page", "previous_page", "next_page_token", "previous_page_token"))
        return 200, {"collection": rows, "pagination": {"count": len(rows), **nowhere}}

    def _note(self, call: Call, began: float, effect: bool, came_of_it: str) -> None:
        about = subjects(call.url, call.raw.decode())
        seen = SeenCall(about, call.method, call.path, began, time.monotonic(), effect, came_of_it)
        self.seen.append(seen)

"""An operator's desk: management calls through the way that is disturbed, and a note of each and of its answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

from tests.chaos.history import Deed
from tests.system.upstream import Upstream

PAGE = 100  # deliveries that an operator has before him
OPERATOR = "operator"  # what the ids of all deeds begin with
# Nothing that is asked here deserves one of these.
NEVER_ANSWERED = {400, 401, 403, 405, 413, 415, 422, 429, 500, 502, 504}

Json = dict[str, Any]


class Desk:
    """Makes calls one at a time, and keeps what was asked and answered. `troubles` are answers that nobody should get."""

    def __init__(self, upstream: Upstream, number: int) -> None:
        self.deeds: list[Deed] = []
        self.troubles: list[str] = []
        self._upstream = upstream
        self.number = number

    @property
    def next_id(self) -> str:
        """Give the id of the deed that comes next."""
        return f"{OPERATOR}-{self.number}-{len(self.deeds):04}"

    def do(self, kind: str, about: str, method: str, path: str, asked: Json | None = None) -> Deed:
        """Ask for something, once: whoever gets no answer looks before he asks again."""
        identifier = self.next_id
        began = time.monotonic()
        answer = self._ask(method, path, asked, identifier)
        status = 0 if answer is None else answer.status_code
        said = answer.json() if answer is not None and answer.content else {}
        deed = Deed(identifier, kind, about, began, time.monotonic(), status, asked or {}, said)
        self.deeds.append(deed)
        return deed

    def look(self, destination: str) -> Deed:
        """Look at a destination, for the record."""
        return self.do("look", destination, "GET", f"/destinations/{destination}")

    def deliveries(self, state: str, destination: str = "") -> list[Json]:
        """Give the latest deliveries in a state; none while the relay does not say."""
        query = f"state={state}&limit={PAGE}{'&destination=' if destination else ''}{destination}"
        answer = self._ask("GET", f"/deliveries?{query}", None, "")
        found: list[Json] = answer.json()["deliveries"] if answer is not None and answer.ok else []
        return found

    def delivery(self, identifier: str) -> Json | None:
        """Give everything about a delivery; None while the relay does not say."""
        answer = self._ask("GET", f"/deliveries/{identifier}", None, "")
        found: Json | None = answer.json() if answer is not None and answer.ok else None
        return found

    def _ask(self, method: str, path: str, asked: Json | None, identifier: str) -> requests.Response | None:
        named = {"X-Request-Id": identifier} if identifier else {}
        try:
            answer = self._upstream.ask(method, f"/api/v1{path}", asked, **named)
        except requests.RequestException:
            return None
        wrong = answer.status_code in NEVER_ANSWERED
        if wrong or (answer.status_code == 503 and "Retry-After" not in answer.headers):
            self.troubles.append(f"{method} {path} was answered {answer.status_code}: {answer.text[:300]}")
        return answer


def patiently(act: Callable[[], bool], seconds: float, every: float = 0.5) -> bool:
    """Do something until it says that it is done, for so many seconds; tell whether it was."""
    deadline = time.monotonic() + seconds
    while not act():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True

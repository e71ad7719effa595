"""What a call comes to: the answer that Calendly would give, and what a fault makes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Event
from typing import Any, Literal

from flask import Response

from sandbox.faults import Fault
from sandbox.rates import WINDOW_SECONDS
from sandbox.refusals import by_status
from sandbox.wire import cut, cut_midway, keep_silent

Ending = Literal["answer", "cut", "cut_midway"]
GARBAGE = "<html><body><h1>We'll be right back</h1></body></html>"
NO_BODY_STATUSES = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one call, whether anything changed, and how the connection ends after `seconds`."""

    status: int
    body: object
    headers: dict[str, str]
    effect: bool = False
    seconds: float = 0.0
    ending: Ending = "answer"

    def respond(self, environ: Mapping[str, Any], stopping: Event) -> Response:
        """Make the response to send, after the wait; a cut connection raises ConnectionResetError instead."""
        if self.seconds:
            keep_silent(environ, self.seconds, stopping)
        response = self._response()
        if self.ending == "cut":
            cut(environ)
        if self.ending == "cut_midway":
            cut_midway(environ, _first_half(response))
        return response

    def _response(self) -> Response:
        if self.status in NO_BODY_STATUSES:
            response = Response(status=self.status, headers=self.headers)
            response.headers.pop("Content-Type", None)
            return response
        if isinstance(self.body, str):
            return Response(self.body, self.status, self.headers, mimetype="text/html")
        return Response(json.dumps(self.body), self.status, self.headers, mimetype="application/json")


def _first_half(response: Response) -> bytes:
    """Give the head and half the body as bytes of HTTP; of an answer without a body, half the head."""
    head = f"HTTP/1.1 {response.status}\r\n{response.headers}".rstrip().encode() + b"\r\n\r\n"
    body = response.get_data()
    return head + body[: len(body) // 2] if body else head[: len(head) // 2]


def without_effect(fault: Fault, rate_headers: dict[str, str]) -> Outcome:
    """Work out what a call comes to that is not carried out."""
    return spoilt(fault, Outcome(200, {}, rate_headers))


def spoilt(fault: Fault, outcome: Outcome) -> Outcome:
    """Work out what a fault makes of an outcome. The effect stays as it was."""
    match fault.kind:
        case "slow":
            return replace(outcome, seconds=fault.seconds, headers={**outcome.headers, **fault.headers})
        case "hang":
            return replace(outcome, seconds=fault.seconds, ending="cut")
        case "cut_before" | "cut_after":
            return replace(outcome, ending="cut")
        case "cut_midway":
            return replace(outcome, ending="cut_midway")
        case "garbage":
            return replace(outcome, status=fault.status, body=fault.body or GARBAGE)
    return _refused(fault, outcome)


def _refused(fault: Fault, outcome: Outcome) -> Outcome:
    body = by_status(fault.status).body if fault.body is None else fault.body
    headers, seconds = outcome.headers, fault.seconds
    if fault.status == 429:
        # Here the seconds are those until the window opens again.
        reset = str(int(fault.seconds) or WINDOW_SECONDS)
        headers, seconds = {**headers, "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, 0.0
    return replace(
        outcome, status=fault.status, body=body, headers={**headers, **fault.headers}, seconds=seconds
    )

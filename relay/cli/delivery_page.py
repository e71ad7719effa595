"""All about one delivery, as people read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from relay.cli.moments import for_people
from relay.cli.plain_text import plain, plain_lines
from relay.cli.screen import coloured, columns

_GONE = {
    "dropped": "dropped once it was settled, as the destination's retention asks; it cannot be sent again",
    "forgotten": "erased with a person who was to be forgotten; it cannot be sent again",
}
_MOMENTS = {"accepted_at": "accepted", "settled_at": "settled", "next_attempt_at": "next attempt"}


def delivery_page(delivery: Mapping[str, Any]) -> Iterator[str]:
    """Give the lines: state, records, what a look-up found, attempts, request, response, callbacks."""
    yield from _head(delivery)
    yield from _section("Records", [_json(record) for record in delivery.get("records") or []])
    if delivery.get("found"):
        yield from _section("Found by look-up", [_json(delivery["found"])])
    yield from _section("Attempts", list(_attempts(delivery.get("attempts") or [])))
    if delivery.get("request"):
        yield from _section("Request", list(_request(delivery["request"])))
    if delivery.get("response"):
        yield from _section("Response", list(response_lines(delivery["response"])))
    for callback in delivery.get("callbacks") or []:
        yield from _section(f"Callback {plain(callback['id'])}", list(_callback(callback)))


def _head(delivery: Mapping[str, Any]) -> Iterator[str]:
    test = ", a test" if delivery.get("test") else ""
    names = (
        f"{plain(delivery['id'])} of {plain(delivery['destination'])} ({plain(delivery['template'])}{test})"
    )
    yield f"{names}: {coloured(delivery['state'])}"
    for name, words in _MOMENTS.items():
        if delivery.get(name):
            yield f"  {words}: {for_people(delivery[name])}"
    if delivery.get("reason"):
        yield f"  why: {plain(delivery['reason'])}"
    if delivery.get("payload") in _GONE:
        yield f"  payload: {_GONE[delivery['payload']]}"
    if delivery.get("part_of"):
        yield f"  part of: {plain(delivery['part_of'])}"
    if delivery.get("parts"):
        yield f"  split into: {', '.join(map(plain, delivery['parts']))}"


def _section(title: str, parts: Sequence[str]) -> Iterator[str]:
    if parts:
        yield ""
        yield title
        for part in parts:
            yield from (f"  {line}" for line in part.split("\n"))


def _attempts(attempts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    rows = [
        (
            each["number"],
            for_people(each["started_at"]),
            _took(each),
            each["verdict"] or "under way",
            each["status"] or "",
            "; ".join(part for part in (each.get("reason"), each.get("decision")) if part),
        )
        for each in attempts
    ]
    yield from columns(rows) if rows else ()


def _took(attempt: Mapping[str, Any]) -> str:
    if not attempt.get("ended_at"):
        return ""
    took = datetime.fromisoformat(attempt["ended_at"]) - datetime.fromisoformat(attempt["started_at"])
    return f"{took.total_seconds():.2f} s"


def _request(request: Mapping[str, Any]) -> Iterator[str]:
    yield f"{plain(request.get('method'))} {plain(request.get('url'))}"
    for name, value in (request.get("headers") or {}).items():
        yield f"{plain(name)}: {plain(value)}"
    if request.get("body") is not None:
        yield _json(request["body"])


def response_lines(response: Mapping[str, Any]) -> Iterator[str]:
    """Give what Calendly answered: status, headers and body."""
    found = (
        " (found by a look-up: the answer itself never arrived)" if response.get("found_by_look_up") else ""
    )
    yield f"{plain(response.get('status'))}{found}"
    for name, value in (response.get("headers") or {}).items():
        yield f"{plain(name)}: {plain(value)}"
    if response.get("body") is not None:
        yield _json(response["body"])


def _callback(callback: Mapping[str, Any]) -> Iterator[str]:
    why = f" ({plain(callback['reason'])})" if callback.get("reason") else ""
    yield f"{plain(callback['type'])} to {plain(callback['url'])}: {coloured(callback['state'])}{why}"
    if callback.get("next_attempt_at"):
        yield f"next attempt: {for_people(callback['next_attempt_at'])}"
    yield from _attempts(callback.get("attempts") or [])


def _json(value: Any) -> str:
    """Give JSON over several lines; what a text holds stays within its quotes."""
    return plain_lines(json.dumps(value, ensure_ascii=False, indent=2))

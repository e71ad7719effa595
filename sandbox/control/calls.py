"""The journal of API calls over HTTP."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from sandbox.control.talk import limit, simulator
from sandbox.journal import KEPT_CALLS, Wanted, to_dict
from sandbox.mistakes import Mistake

SHOWN_CALLS = 1000


def publish(control: Blueprint) -> None:
    """Put these routes into the control API."""
    control.get("/calls")(list_calls)
    control.delete("/calls")(clear_calls)


def list_calls() -> Response:
    """Show the last calls that fit, oldest first, with the counts of all calls."""
    journal = simulator().journal
    fitting = journal.entries(_wanted())
    shown = fitting[-limit(SHOWN_CALLS, KEPT_CALLS) :] if limit(SHOWN_CALLS, KEPT_CALLS) else []
    return jsonify(
        {"counts": journal.counts(), "matched": len(fitting), "calls": [to_dict(entry) for entry in shown]}
    )


def _wanted() -> Wanted:
    query = request.args
    status, since, effect = query.get("status"), query.get("since", "0"), query.get("effect")
    if not since.isdigit() or not (status is None or status.isdigit()):
        raise Mistake("status and since must be numbers")
    if effect not in {None, "true", "false"}:
        raise Mistake("effect must be true or false")
    return Wanted(
        method=query["method"].upper() if "method" in query else None,
        path=query.get("path"),
        status=int(status) if status else None,
        effect=effect == "true" if effect else None,
        since=int(since),
    )


def clear_calls() -> tuple[str, int]:
    """Forget all calls."""
    simulator().journal.clear()
    return "", 204

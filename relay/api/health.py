"""Whether this process lives, and whether the whole relay can do its work."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, jsonify

from relay.errors import StoreUnavailable
from relay.store.excuses import why
from relay.store.lookout import report_on
from relay.web.problems import problem
from relay.web.services import services

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """Say that this process serves requests. Nothing else is asked: a restart would not mend Redis."""
    return jsonify(status="ok")


@health.get("/readyz")
def ready() -> Response:
    """Say whether Redis can be used and a worker is there; 503 names what is missing, and warnings what Redis may lose."""
    store, workers = services().store, 0
    try:
        services().ask_redis()
        workers = store.presence.workers()
        report = report_on(store)
        missing = report.stop or ("" if workers else "No worker process is running.")
    except StoreUnavailable as exc:
        report, missing = None, f"Redis cannot be used: {why(exc)}."
    checks = {
        "redis": report is not None,
        "workers": workers,
        "warnings": [asdict(each) for each in report.problems] if report else [],
    }
    return problem("not_ready", 503, missing, checks) if missing else jsonify(status="ready", **checks)

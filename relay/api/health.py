"""Whether this process lives, and whether the whole relay can do its work."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from relay.errors import StoreUnavailable
from relay.web.problems import problem
from relay.web.services import services

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """Say that this process serves requests. Nothing else is asked: a restart would not mend Redis."""
    return jsonify(status="ok")


@health.get("/readyz")
def ready() -> Response:
    """Say whether Redis answers and a worker is there; 503 names what is missing."""
    workers = _workers()
    checks = {"redis": workers is not None, "workers": workers or 0}
    if workers:
        return jsonify(status="ready", **checks)
    missing = "Redis does not answer" if workers is None else "No worker process is running"
    return problem("not_ready", 503, f"{missing}.", checks)


def _workers() -> int | None:
    """Give the number of worker processes, or None if Redis does not answer."""
    try:
        services().store.ping()
        return services().store.presence.workers()
    except StoreUnavailable:
        return None

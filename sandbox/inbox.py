"""Where callbacks arrive."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request

from sandbox.simulator import Simulator
from sandbox.wire import cut, keep_silent

inbox = Blueprint("inbox", __name__)


@inbox.post("/callbacks/<name>")
def receive(name: str) -> Response:
    """Keep one callback and answer as the receiver was told to, 200 by default."""
    simulator: Simulator = current_app.extensions["simulator"]
    reply = simulator.receiver.receive(name, request.headers.items(), request.get_data())
    if reply.seconds:
        keep_silent(request.environ, reply.seconds, simulator.stopping)
    if reply.kind in {"cut", "hang"}:
        cut(request.environ)
    return Response("{}", reply.status, mimetype="application/json")

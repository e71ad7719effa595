"""How the control API listens and answers: JSON objects in, JSON out, one sentence for a mistake."""

from __future__ import annotations

from flask import Response, current_app, jsonify, request

from sandbox.mistakes import Mistake
from sandbox.simulator import Simulator


def simulator() -> Simulator:
    """Give the simulator that this application runs."""
    found: Simulator = current_app.extensions["simulator"]
    return found


def given() -> dict[str, object]:
    """Give the JSON object of the request, whatever its content type; an empty one if there is no body."""
    body = request.get_json(force=True, silent=True) if request.get_data().strip() else {}
    if not isinstance(body, dict):
        raise Mistake("send a JSON object")
    return body


def limit(otherwise: int, most: int) -> int:
    """Give the `limit` of the query."""
    text = request.args.get("limit", str(otherwise))
    if not (text.isascii() and text.isdigit()):
        raise Mistake("limit must be a number")
    return min(int(text), most)


def refuse(error: Mistake) -> tuple[Response, int]:
    """Give the answer to a mistake."""
    return jsonify({"error": str(error)}), 400

"""Control of the callback receiver: what came, whose secret to check with, how to answer."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from sandbox.control.talk import given, limit, simulator
from sandbox.mistakes import Mistake
from sandbox.receiver import read_reply

SHOWN_CALLBACKS = 1000


def publish(control: Blueprint) -> None:
    """Put these routes into the control API."""
    control.get("/callbacks")(list_callbacks)
    control.delete("/callbacks")(clear_callbacks)
    control.put("/callbacks/<name>/secret")(set_secret)
    control.put("/callbacks/<name>/answers")(set_answers)


def list_callbacks() -> Response:
    """Show the callbacks that are kept, newest first."""
    receiver = simulator().receiver
    fitting = receiver.callbacks(request.args.get("name"))
    shown = fitting[: limit(SHOWN_CALLBACKS, SHOWN_CALLBACKS)]
    return jsonify({"received": receiver.received(), "callbacks": [callback.to_dict() for callback in shown]})


def clear_callbacks() -> tuple[str, int]:
    """Forget the callbacks; secrets and answers stay."""
    simulator().receiver.clear()
    return "", 204


def set_secret(name: str) -> tuple[str, int]:
    """Tell the receiver what a name's callbacks are signed with: `{"secret": "whsec_…"}` or `{"secrets": […]}`."""
    wanted = given()
    secrets = wanted.get("secrets", [wanted.get("secret")])
    if not isinstance(secrets, list) or not all(isinstance(secret, str) for secret in secrets):
        raise Mistake("send secret, a string, or secrets, an array of strings")
    simulator().receiver.tell_secrets(name, secrets)
    return "", 204


def set_answers(name: str) -> tuple[str, int]:
    """Tell the receiver how to answer the next callbacks: `{"answers": [{"status": 500, "times": 2}]}`."""
    answers = given().get("answers")
    if not isinstance(answers, list):
        raise Mistake("answers must be an array")
    simulator().receiver.tell_replies(name, [read_reply(answer) for answer in answers])
    return "", 204

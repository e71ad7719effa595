"""The control API under `/_sandbox/`: look into the simulator, change its world, make it misbehave."""

from __future__ import annotations

from flask import Blueprint, Response

from sandbox.control import callbacks, calls, oauth, switches, world
from sandbox.control.talk import refuse
from sandbox.mistakes import Mistake

control = Blueprint("control", __name__, url_prefix="/_sandbox")


@control.errorhandler(Mistake)
def _refused(error: Mistake) -> tuple[Response, int]:
    return refuse(error)


for part in (world, switches, calls, callbacks, oauth):
    part.publish(control)

"""Control of the faults."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, jsonify

from sandbox.control.talk import given, simulator


def publish(control: Blueprint) -> None:
    """Put these routes into the control API."""
    control.get("/faults")(list_faults)
    control.post("/faults")(add_fault)
    control.delete("/faults")(clear_faults)


def list_faults() -> Response:
    """Show the faults that still wait, in order."""
    return jsonify({"faults": simulator().faults.to_list()})


def add_fault() -> tuple[Response, int]:
    """Order one fault."""
    wanted = given()
    kind = str(wanted.pop("fault", ""))
    return jsonify(asdict(simulator().faults.add(kind, **wanted))), 201


def clear_faults() -> tuple[str, int]:
    """Call all faults off."""
    simulator().faults.clear()
    return "", 204

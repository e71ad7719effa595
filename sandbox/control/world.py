"""Control of the world: its state, its time, its rules, and what is added to it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from sandbox.clock import to_text
from sandbox.control.talk import given, simulator
from sandbox.entities import PLANS, Organization
from sandbox.erasure import carry_out
from sandbox.planting import plant
from sandbox.snapshot import snapshot
from sandbox.state import Rules
from sandbox.wishes import Wish


def publish(control: Blueprint) -> None:
    """Put these routes into the control API."""
    control.get("/state")(show_state)
    control.post("/reset")(reset)
    control.post("/seed")(seed)
    control.post("/clock")(advance)
    control.put("/rules")(set_rules)
    control.patch("/organizations/<uuid>")(change_organization)
    control.post("/deletions")(delete_data)


def show_state() -> Response:
    """Show the whole state sheet."""
    return jsonify(snapshot(simulator().state))


def reset() -> Response:
    """Back to the seeded beginning."""
    simulator().reset()
    return jsonify({"reset": True})


def seed() -> tuple[Response, int]:
    """Plant what is asked for."""
    return jsonify(plant(simulator().state, given())), 201


def advance() -> Response:
    """Let time pass: `{"advance": 3600}` seconds."""
    seconds = Wish("clock", given()).number("advance", 0, least=0)
    simulator().clock.advance(seconds)
    return jsonify({"now": to_text(simulator().clock.now())})


def set_rules() -> Response:
    """Choose how the sandbox behaves where Calendly's behaviour is unknown."""
    wish, state = Wish("rules", given()), simulator().state
    rules = Rules(
        webhook_key=wish.one_of("webhook_key", ("url", "url_scope_owner"), "url"),
        repeated_no_show=wish.one_of("repeated_no_show", ("refuse", "answer_existing"), "refuse"),
    )
    wish.check_all_read(ignore=False)
    with state.lock:
        state.rules = rules
    return jsonify({"webhook_key": rules.webhook_key, "repeated_no_show": rules.repeated_no_show})


def change_organization(uuid: str) -> tuple[Response, int]:
    """Change plan, seats and flags of an organization."""
    state = simulator().state
    with state.lock:
        organization = state.organizations.get(uuid)
        if organization is None:
            return jsonify({"error": "no such organization"}), 404
        _change(organization, Wish("organization", given()))
        return jsonify(
            {
                "uuid": uuid,
                "plan": organization.plan,
                "seats": organization.seats,
                "trial": organization.trial,
                "scim": organization.scim,
                "data_requests": organization.data_requests,
            }
        ), 200


def _change(organization: Organization, wish: Wish) -> None:
    plan = wish.one_of("plan", PLANS, organization.plan)
    seats = int(wish.number("seats", organization.seats, least=0))
    flags = {
        name: wish.flag(name, otherwise=getattr(organization, name))
        for name in ("trial", "scim", "data_requests")
    }
    wish.check_all_read(ignore=False)
    organization.plan, organization.seats = plan, seats
    for name, value in flags.items():
        setattr(organization, name, value)


def delete_data() -> Response:
    """Carry out the accepted erasures now; Calendly takes up to seven days for it."""
    state = simulator().state
    with state.lock:
        return jsonify({"erased_invitees": carry_out(state)})

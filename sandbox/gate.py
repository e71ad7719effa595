"""The way every API call takes: fault, token, rate, scope, body, then the endpoint itself.

The order of checks is 401, 429, 403 for scopes, 400, 404, 403 for rules, and conflicts last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Response, request

from sandbox.access import plan_of, require_scopes
from sandbox.call import Answer, Call, Operation
from sandbox.clock import to_text
from sandbox.entities import Token
from sandbox.faults import Fault
from sandbox.outcome import Outcome, spoilt, without_effect
from sandbox.rates import STRANGER, Allowance
from sandbox.refusals import Refusal, invalid, not_found, too_many, unauthenticated
from sandbox.simulator import Simulator
from sandbox.state import State

READING = frozenset({"GET", "HEAD"})


def serve(simulator: Simulator, operation: Operation | None, ids: Mapping[str, str]) -> Response:
    """Answer one call, or misbehave as ordered; every call enters the journal before its answer leaves.

    `operation` None stands for an address that does not exist.
    """
    fault = simulator.faults.take(request.method, request.path)
    token = _token(simulator.state)
    if fault is not None and not fault.effect:
        outcome = without_effect(fault, _look(simulator, token).headers())
    else:
        outcome = _carry_out(simulator, token, operation, ids)
        outcome = spoilt(fault, outcome) if fault else outcome
    _write_down(simulator, token, outcome, fault)
    return outcome.respond(request.environ, simulator.stopping)


def _token(state: State) -> Token | None:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    token = state.tokens.get(value.strip()) if scheme.lower() == "bearer" else None
    expired = token is not None and token.expires_at is not None and token.expires_at <= state.clock.now()
    return None if expired else token


def _look(simulator: Simulator, token: Token | None) -> Allowance:
    with simulator.state.lock:
        return simulator.rates.look(token, plan_of(simulator.state, token)) if token else STRANGER


def _carry_out(
    simulator: Simulator, token: Token | None, operation: Operation | None, ids: Mapping[str, str]
) -> Outcome:
    allowance = STRANGER
    with simulator.state.lock:
        try:
            if token is None:
                raise unauthenticated()
            allowance = simulator.rates.spend(token, plan_of(simulator.state, token))
            if not allowance.granted:
                raise too_many()
            status, body = _ask(simulator.state, token, operation, ids)
        except Refusal as refusal:
            return Outcome(refusal.status, refusal.body, allowance.headers())
        return Outcome(status, body, allowance.headers(), effect=request.method not in READING)


def _ask(state: State, token: Token, operation: Operation | None, ids: Mapping[str, str]) -> Answer:
    if operation is None:
        raise not_found()
    require_scopes(token, [operation.scope])
    body = _body() if operation.takes_body else {}
    return operation.endpoint(Call(state, token, ids, request.args.to_dict(), request.base_url, body))


def _body() -> Mapping[str, object]:
    """Give the JSON object that was sent; nothing at all counts as an object without fields."""
    raw = request.get_data()
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw) if request.is_json else None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise invalid()
    return body


def _write_down(simulator: Simulator, token: Token | None, outcome: Outcome, fault: Fault | None) -> None:
    answered = outcome.ending == "answer"
    simulator.journal.add(
        method=request.method,
        at=to_text(simulator.clock.now()),
        path=request.path,
        query=request.args.to_dict(),
        headers={name.lower(): value for name, value in request.headers.items() if name != "Authorization"},
        user=token.user.uuid if token else None,
        body=request.get_data(as_text=True),
        status=outcome.status if answered else None,
        answer=outcome.body if answered else None,
        effect=outcome.effect,
        fault=fault.name if fault else None,
    )

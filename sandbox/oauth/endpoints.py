"""The endpoints that programs call: token, introspect and revoke. Faults may be ordered for them as for the API."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

from flask import Blueprint, Response, current_app, request

from sandbox.clock import to_text
from sandbox.faults import Fault
from sandbox.oauth.desk import ALL_SCOPES, Desk, Grant
from sandbox.oauth.refusing import OAuthRefusal, invalid_client, invalid_request
from sandbox.outcome import Outcome, spoilt, without_effect
from sandbox.resources import user_uri
from sandbox.simulator import Simulator

endpoints = Blueprint("oauth_endpoints", __name__, url_prefix="/oauth")
Endpoint = Callable[[Desk], dict[str, object]]


@endpoints.post("/token")
def token() -> Response:
    """Exchange a code, or renew a grant."""
    return _serve(_token)


@endpoints.post("/introspect")
def introspect() -> Response:
    """Tell whether a token works, and whose it is."""
    return _serve(_introspect)


@endpoints.post("/revoke")
def revoke() -> Response:
    """End a token."""
    return _serve(_revoke)


def _token(desk: Desk) -> dict[str, object]:
    _know_client(desk)
    match _needed("grant_type"):
        case "authorization_code":
            challenge = challenge_of(_needed("code_verifier"))
            return desk.answer(desk.redeem(_needed("code"), _needed("redirect_uri"), challenge))
        case "refresh_token":
            return desk.answer(desk.renew(_needed("refresh_token")))
    raise OAuthRefusal(400, "unsupported_grant_type", "Use authorization_code or refresh_token.")


def _introspect(desk: Desk) -> dict[str, object]:
    _know_client(desk)
    value = _needed("token")
    grant = desk.look_into(value)
    return {"active": False} if grant is None else _facts(desk, grant, value)


def _facts(desk: Desk, grant: Grant, value: str) -> dict[str, object]:
    is_access = grant.access_token == value
    return {
        "active": True,
        "scope": " ".join(ALL_SCOPES),
        "client_id": desk.app.client_id,
        "token_type": "access_token" if is_access else "refresh_token",
        "exp": int(grant.expires_at.timestamp()) if is_access else None,
        "owner": user_uri(grant.user),
    }


def _revoke(desk: Desk) -> dict[str, object]:
    _know_client(desk)
    desk.revoke_token(_needed("token"))
    return {}


def challenge_of(verifier: str) -> str:
    """Give the S256 challenge of a verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _needed(name: str) -> str:
    value = request.form.get(name, "")
    if not value:
        raise invalid_request(f"Missing required parameter: {name}.")
    return value


def _know_client(desk: Desk) -> None:
    """Refuse unless the app shows its id and secret, with HTTP Basic or in the form."""
    if _client() != (desk.app.client_id, desk.app.client_secret):
        raise invalid_client()


def _client() -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request.form.get("client_id", ""), request.form.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote(name), unquote(secret)


def _serve(endpoint: Endpoint) -> Response:
    """Answer one call, or misbehave as ordered; it enters the journal without its secrets."""
    simulator: Simulator = current_app.extensions["simulator"]
    fault = simulator.faults.take(request.method, request.path)
    if fault is not None:
        fault = _in_oauth_words(fault)
    if fault is not None and not fault.effect:
        outcome = without_effect(fault, {})
    else:
        outcome = _carry_out(simulator, endpoint)
        outcome = spoilt(fault, outcome) if fault else outcome
    _write_down(simulator, outcome, fault)
    return outcome.respond(request.environ, simulator.stopping)


def _in_oauth_words(fault: Fault) -> Fault:
    if fault.kind != "status" or fault.body is not None:
        return fault
    error = "server_error" if fault.status >= 500 else "invalid_request"
    return replace(fault, body={"error": error, "error_description": "Ordered by the control API."})


def _carry_out(simulator: Simulator, endpoint: Endpoint) -> Outcome:
    with simulator.state.lock:
        try:
            return Outcome(200, endpoint(simulator.desk), {"Cache-Control": "no-store"}, effect=True)
        except OAuthRefusal as refusal:
            return Outcome(refusal.status, refusal.body, {})


def _write_down(simulator: Simulator, outcome: Outcome, fault: Fault | None) -> None:
    answered = outcome.ending == "answer"
    refused = answered and outcome.status != 200
    simulator.journal.add(
        method=request.method,
        at=to_text(simulator.clock.now()),
        path=request.path,
        query={},
        headers={name.lower(): value for name, value in request.headers.items() if name != "Authorization"},
        user=None,
        body=f"grant_type={request.form['grant_type']}" if "grant_type" in request.form else "",
        status=outcome.status if answered else None,
        answer=outcome.body if refused else None,
        effect=outcome.effect,
        fault=fault.name if fault else None,
    )

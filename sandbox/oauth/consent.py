"""The page on which a person allows or denies access, as whichever user of the sandbox they choose."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.oauth.desk import Desk
from sandbox.oauth.refusing import OAuthRefusal, invalid_request
from sandbox.simulator import Simulator

consent = Blueprint("oauth_consent", __name__, url_prefix="/oauth")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
CARRIED = ("client_id", "response_type", "redirect_uri", "state", "code_challenge", "code_challenge_method")


@consent.errorhandler(OAuthRefusal)
def refused(error: OAuthRefusal) -> tuple[dict[str, object], int]:
    """Answer a request that cannot be sent back to anybody: its app or its redirect URI is wrong."""
    return error.body, error.status


@consent.get("/authorize")
def ask() -> Response:
    """Show who might allow access."""
    simulator = _simulator()
    with simulator.state.lock:
        _check(simulator.desk, request.args)
        users = [
            {"uuid": user.uuid, "name": user.name, "role": simulator.state.membership_of(user).role}
            for user in simulator.state.users.values()
        ][:100]
    nonce = secrets.token_urlsafe(16)
    carried = {name: request.args.get(name, "") for name in CARRIED}
    page = make_response(
        render_template("consent.html", nonce=nonce, users=users, carried=carried, here="", refresh=0)
    )
    page.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; frame-ancestors 'none'"
    )
    page.headers["Cache-Control"] = "no-store"
    return page


@consent.post("/authorize")
def decide() -> AnyResponse:
    """Send the browser back with a code, or with `access_denied`."""
    simulator, form = _simulator(), request.form
    with simulator.state.lock:
        _check(simulator.desk, form)
        user = simulator.state.users.get(form.get("user", ""))
        if form.get("decision") != "allow":
            return _back(
                form, error="access_denied", error_description="The resource owner denied the request."
            )
        if user is None:
            raise invalid_request("There is no such user.")
        code = simulator.desk.issue_code(user, form["redirect_uri"], form["code_challenge"])
        return _back(form, code=code)


def _check(desk: Desk, given: Mapping[str, str]) -> None:
    if given.get("client_id") != desk.app.client_id:
        raise OAuthRefusal(401, "invalid_client", "There is no app with this client id.")
    redirect_uri = given.get("redirect_uri", "")
    parts = urlsplit(redirect_uri)
    known = desk.app.redirect_uris
    plain = all("!" <= letter <= "~" for letter in redirect_uri)  # it becomes a header
    if not plain or parts.scheme not in {"http", "https"} or not parts.netloc or parts.fragment:
        raise invalid_request("The redirect URI is not valid.")
    if known is not None and redirect_uri not in known:
        raise invalid_request("The redirect URI is not one of the app's.")
    if given.get("response_type") != "code":
        raise OAuthRefusal(400, "unsupported_response_type", "The response type should be code.")
    if given.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(
        given.get("code_challenge", "")
    ):
        raise invalid_request("A code challenge with the method S256 is needed.")


def _back(form: Mapping[str, str], **found: str) -> AnyResponse:
    address = form["redirect_uri"]
    joint = "&" if urlsplit(address).query else "?"
    return redirect(f"{address}{joint}{urlencode({**found, 'state': form.get('state', '')})}", 302)


def _simulator() -> Simulator:
    found: Simulator = current_app.extensions["simulator"]
    return found

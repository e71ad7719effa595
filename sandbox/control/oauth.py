"""Control of the authorization server: its app, how long things last, and what becomes of grants."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, jsonify

from sandbox.control.talk import given, simulator
from sandbox.oauth.desk import App, Grant
from sandbox.wishes import Wish


def publish(control: Blueprint) -> None:
    """Put these routes into the control API."""
    control.get("/oauth")(show_oauth)
    control.patch("/oauth")(change_app)
    control.post("/oauth/revoke")(revoke_grants)
    control.post("/oauth/expire")(expire_access_tokens)


def show_oauth() -> Response:
    """Show the app and the grants, without their tokens."""
    desk = simulator().desk
    with simulator().state.lock:
        return jsonify({"app": asdict(desk.app), "grants": desk.to_list()})


def change_app() -> Response:
    """Change the app; lifetimes hold for what is issued from now on."""
    desk, wish = simulator().desk, Wish("oauth", given())
    with simulator().state.lock:
        app = desk.app
        changed = App(
            client_id=wish.text("client_id", app.client_id),
            client_secret=wish.text("client_secret", app.client_secret),
            redirect_uris=wish.texts("redirect_uris", app.redirect_uris),
            access_seconds=wish.number("access_seconds", app.access_seconds, least=0),
            code_seconds=wish.number("code_seconds", app.code_seconds, least=0),
            token_calls=int(wish.number("token_calls", app.token_calls, least=0)),
        )
        wish.check_all_read(ignore=False)
        desk.app = changed
        return jsonify(asdict(changed))


def revoke_grants() -> Response:
    """Revoke grants as their user would: all, or those of one `user`."""
    with simulator().state.lock:
        chosen = _chosen()
        for grant in chosen:
            simulator().desk.revoke(grant)
        return jsonify({"revoked": len(chosen)})


def expire_access_tokens() -> Response:
    """Let the API refuse access tokens from now on, before their time; the grants go on."""
    with simulator().state.lock:
        chosen = _chosen()
        for grant in chosen:
            simulator().desk.drop_access_token(grant)
        return jsonify({"expired": len(chosen)})


def _chosen() -> list[Grant]:
    wish = Wish("oauth", given())
    user = wish.text("user", "").rsplit("/", 1)[-1]
    wish.check_all_read(ignore=False)
    return [each for each in simulator().desk.grants if not each.revoked and user in {"", each.user.uuid}]

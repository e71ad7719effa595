"""The sandbox as one Flask application: Calendly's endpoints, the control API, the receiver and the pages."""

from __future__ import annotations

from typing import cast

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from sandbox.call import Operation
from sandbox.control import control
from sandbox.endpoints import OPERATIONS
from sandbox.gate import serve
from sandbox.inbox import inbox
from sandbox.oauth.consent import consent
from sandbox.oauth.endpoints import endpoints
from sandbox.page import pages
from sandbox.simulator import Simulator

LARGEST_BODY_BYTES = 8 * 1024 * 1024


def create_app(simulator: Simulator | None = None) -> Flask:
    """Build the application around a simulator, a fresh one if none is given."""
    app = Flask(__name__, static_folder=None, template_folder="pages")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY_BYTES
    # A connection that is cut on purpose must reach the server as the error it is, not as an answer with status 500.
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.extensions["simulator"] = simulator = simulator or Simulator()
    for operation in OPERATIONS:
        _publish(app, simulator, operation)
    for part in (control, inbox, pages, consent, endpoints):
        app.register_blueprint(part)
    app.register_error_handler(HTTPException, lambda error: _elsewhere(simulator, cast(HTTPException, error)))
    return app


def _publish(app: Flask, simulator: Simulator, operation: Operation) -> None:
    def view(**ids: str) -> Response:
        return serve(simulator, operation, ids)

    name = f"{operation.method} {operation.rule}"
    # No automatic OPTIONS: what Calendly answers to it is not known.
    app.add_url_rule(
        operation.rule,
        name.replace(".", "_"),
        view,
        methods=[operation.method],
        provide_automatic_options=False,
    )


def _elsewhere(simulator: Simulator, error: HTTPException) -> Response:
    """Treat an address that Calendly does not have as a call all the same: it needs a token and is written down."""
    own = request.path.startswith(("/_sandbox/", "/callbacks/", "/oauth/", "/favicon"))
    if own or error.code not in {404, 405}:
        return Response(f'{{"error": "{error.name}"}}', error.code or 500, mimetype="application/json")
    return serve(simulator, None, {})

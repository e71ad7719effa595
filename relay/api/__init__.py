"""The management API: templates, credentials, destinations and deliveries, for who holds the admin key."""

from __future__ import annotations

from flask import Blueprint

from relay.api.credentials import credentials
from relay.api.deliveries import deliveries
from relay.api.destinations import destinations
from relay.api.guard import ask_for_admin_key, begin_event, log_change
from relay.api.templates import templates

PARTS = (templates, credentials, destinations, deliveries)


def build_api() -> Blueprint:
    """Give the whole management API as one blueprint."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")
    for part in PARTS:
        api.register_blueprint(part)
    api.before_request(begin_event)
    api.before_request(ask_for_admin_key)
    api.after_request(log_change)
    return api

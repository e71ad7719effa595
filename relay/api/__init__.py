"""The management API: templates, credentials, destinations, deliveries, keys and the audit, for who holds a key."""

from __future__ import annotations

from flask import Blueprint

from relay.api.audit import audit
from relay.api.callbacks import callbacks
from relay.api.credentials import credentials
from relay.api.deeds import write_deed
from relay.api.deliveries import deliveries
from relay.api.destinations import destinations
from relay.api.forgetting import forgetting
from relay.api.guard import ask_for_key, begin_event, log_change, suspect_redis, tell_expiry
from relay.api.keys import keys
from relay.api.patience import begin_patience, end_patience, forget_patience
from relay.api.replays import replays
from relay.api.templates import templates
from relay.api.trials import trials

PARTS = (
    templates,
    credentials,
    destinations,
    callbacks,
    trials,
    replays,
    deliveries,
    forgetting,
    keys,
    audit,
)


def build_api() -> Blueprint:
    """Give the whole management API as one blueprint."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")
    for part in PARTS:
        api.register_blueprint(part)
    api.before_request(begin_event)
    api.before_request(begin_patience)
    api.before_request(ask_for_key)
    api.after_request(log_change)
    api.after_request(write_deed)
    api.after_request(tell_expiry)
    api.after_request(suspect_redis)
    api.after_request(end_patience)  # the last one is the first to run
    api.teardown_request(forget_patience)
    return api

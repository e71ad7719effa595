"""What a key must be allowed to do, for each route of the management API: one table, and what is not in it takes `admin`.

`read` looks, and is shown no secret. `operate` runs the service as it is set up: it decides about deliveries, stops and
starts destinations, and makes the calls that destinations make. It changes no setting, so it cannot send anything
elsewhere, and cannot raise itself. `admin` does everything: credentials, destinations, secrets, keys, deletions.
"""

from __future__ import annotations

from collections.abc import Mapping

from relay.model.admin_key import Scope

NEEDED: Mapping[str, Scope] = {
    "templates.list_templates": "read",
    "templates.show_template": "read",
    "credentials.list_credentials": "read",
    "credentials.show_credential": "read",
    "destinations.list_destinations": "read",
    "destinations.show_destination": "read",
    "deliveries.list_deliveries": "read",
    "deliveries.show_delivery": "read",
    "audit.list_deeds": "read",
    "keys.list_keys": "read",
    "keys.show_key": "read",
    "keys.show_mine": "read",
    "credentials.check_credential": "operate",
    "credentials.pause_destinations": "operate",
    "credentials.resume_destinations": "operate",
    "destinations.activate": "operate",
    "destinations.pause": "operate",
    "callbacks.try_callback": "operate",
    "trials.preview_calls": "operate",
    "trials.make_trial": "operate",
    "replays.replay": "operate",
    "deliveries.retry_delivery": "operate",
    "deliveries.cancel_delivery": "operate",
    "deliveries.resolve_delivery": "operate",
    "deliveries.retry_callback": "operate",
    "credentials.create_credential": "admin",
    "credentials.change_credential": "admin",
    "credentials.delete_credential": "admin",
    "credentials.connect_credential": "admin",  # whoever opens the link decides whom the credential acts for
    "destinations.create_destination": "admin",
    "destinations.change_destination": "admin",
    "destinations.delete_destination": "admin",
    "callbacks.rotate_secret": "admin",  # its answer shows the new secret
    "forgetting.forget": "admin",
    "keys.create_key": "admin",
    "keys.change_key": "admin",
    "keys.revoke_key": "admin",
}


def needed_scope(endpoint: str) -> Scope:
    """Give the scope that a Flask endpoint of the management API takes."""
    return NEEDED.get(endpoint.removeprefix("api."), "admin")

"""Sets up the one destination to try things with, the way any operator would: over HTTP, with the admin key."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from local.client import Client
from local.data_dir import DataDir
from local.errors import CannotStart

SANDBOX_TOKEN = "sandbox"  # noqa: S105  published: the sandbox's own full-access token
RECEIVER = "/callbacks/demo"
RECEIVER_SECRET = "/_sandbox/callbacks/demo/secret"  # noqa: S105  a path
CREDENTIALS = "/api/v1/credentials"
DESTINATIONS = "/api/v1/destinations"
NOT_THERE = frozenset({404})


@dataclass(frozen=True, slots=True)
class DemoRoute:
    """The demo destination and its keys. `keys_are_new` where this data folder has only just made them."""

    destination: str
    credential: str
    callback_url: str
    inbound_key: str
    callback_secret: str
    keys_are_new: bool

    @property
    def inbound(self) -> dict[str, Any]:
        """Give the destination's `inbound` setting."""
        return {"auth": {"kind": "bearer", "key": self.inbound_key}}

    @property
    def callback(self) -> dict[str, Any]:
        """Give the destination's `callback` setting."""
        return {"url": self.callback_url, "secret": self.callback_secret}


def demo_route(data_dir: DataDir, sandbox_url: str, suffix: str = "") -> DemoRoute:
    """Plan the demo route, with keys from the data folder."""
    known = data_dir.knows("demo_inbound_key") and data_dir.knows("demo_callback_secret")
    return DemoRoute(
        destination=f"send-booking-link{suffix}",
        credential=f"sandbox{suffix}",
        callback_url=sandbox_url + RECEIVER,
        inbound_key=data_dir.secret("demo_inbound_key"),
        callback_secret=data_dir.secret("demo_callback_secret", _new_signing_secret),
        keys_are_new=not known,
    )


def furnish(relay: Client, sandbox: Client, route: DemoRoute) -> None:
    """Make the credential and the destination unless they exist, and let the sandbox's receiver check signatures.

    What somebody has changed since stays: a destination that was paused, or that calls back elsewhere.
    """
    if relay.call("GET", f"{CREDENTIALS}/{route.credential}", expected=NOT_THERE) is None:
        relay.call("POST", CREDENTIALS, {"id": route.credential, "kind": "sandbox"})
    path = f"{DESTINATIONS}/{route.destination}"
    standing = relay.call("GET", path, expected=NOT_THERE)
    if standing is None:
        standing = relay.call("POST", DESTINATIONS, _wanted(route))
    elif route.keys_are_new or _has_moved(standing, route):
        relay.call("PATCH", path, {"inbound": route.inbound, "callback": route.callback})
    if standing["state"] == "draft":
        relay.call("POST", f"{path}/activate")
    tell_receiver(sandbox, route.callback_secret)


def tell_receiver(sandbox: Client, secret: str) -> None:
    """Let the sandbox's receiver check the demo's signatures."""
    sandbox.call("PUT", RECEIVER_SECRET, {"secret": secret})


def remove(relay: Client, route: DemoRoute) -> None:
    """Take the demo's destination and credential away again, as far as they are there."""
    # The end of a callback that has arrived may not be written yet: it must not keep the destination.
    relay.call("DELETE", f"{DESTINATIONS}/{route.destination}", {"discard": 0}, expected=NOT_THERE)
    relay.call("DELETE", f"{CREDENTIALS}/{route.credential}", expected=NOT_THERE)


def sample_record(sandbox: Client) -> dict[str, Any]:
    """Give a record that the demo route takes: an event type of the sandbox, asked for as Calendly is asked."""
    owner = sandbox.call("GET", "/users/me")["resource"]["uri"]
    event_types = sandbox.call("GET", f"/event_types?active=true&user={quote(owner, safe='')}")["collection"]
    if not event_types:
        raise CannotStart("The sandbox has no event type to make a booking link for.")
    return {"owner": event_types[0]["uri"], "max_event_count": 1, "deal": "D-1042"}


def _wanted(route: DemoRoute) -> dict[str, Any]:
    return {
        "id": route.destination,
        "name": "Send a single-use booking link (demo)",
        "template": "create_scheduling_link",
        "credential": route.credential,
        "inbound": route.inbound,
        "callback": route.callback,
    }


def _has_moved(standing: dict[str, Any], route: DemoRoute) -> bool:
    # The sandbox may have another port than last time; a callback to elsewhere is somebody's own choice.
    calls_back_to = str((standing["callback"] or {}).get("url"))
    return calls_back_to != route.callback_url and urlsplit(calls_back_to).path == RECEIVER


def _new_signing_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")

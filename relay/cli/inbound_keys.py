"""How `send` proves itself to a destination: bearer, basic or query, as the destination asks."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.cli.client import Authorization, Client, part
from relay.cli.endings import Trouble
from relay.cli.placeholders import variable


@dataclass(frozen=True, slots=True)
class InboundKey:
    """What goes with each request to an inbound route."""

    authorization: Authorization
    query: Mapping[str, str] = field(default_factory=dict, repr=False)


def find_destination(client: Client, destination: str) -> dict[str, Any]:
    """Give the destination as it stands; without an admin key nobody can ask, and bearer is assumed."""
    if not client.has_key:
        return {"inbound": {"auth": {"kind": "bearer"}}}
    found: dict[str, Any] = client.get(f"/destinations/{part(destination)}")
    return found


def find_key(destination: str, auth: Mapping[str, Any], name: str | None) -> InboundKey:
    """Give the key from the environment: from the variable `name`, or from that which `export` would name."""
    secret = "password" if auth["kind"] == "basic" else "key"
    name = name or variable(destination, "inbound", secret)
    value = os.environ.get(name, "").strip()
    if not value:
        raise Trouble(
            f"The destination's inbound {secret} is needed: set {name}, or name another variable with --key-env."
        )
    if auth["kind"] == "basic":
        pair = f"{auth.get('username', '')}:{value}".encode()
        return InboundKey(Authorization(f"Basic {base64.b64encode(pair).decode()}"))
    if auth["kind"] == "query":
        return InboundKey(Authorization(None), {auth.get("parameter", "token"): value})
    return InboundKey(Authorization(f"Bearer {value}"))

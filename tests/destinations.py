"""Destinations as settings, for tests that need no store."""

from __future__ import annotations

from typing import Any

from relay.model.destination import CallbackSettings, Destination, InboundAuth


def a_destination(identifier: str = "here", **changes: Any) -> Destination:
    """Give the settings of a destination."""
    usual: dict[str, Any] = {
        "template": "cancel_scheduled_event",
        "credential": "acme",
        "auth": InboundAuth(kind="bearer", salt="salt", digest="digest"),
        "callback": CallbackSettings(url="https://crm.example/hook", secret="sealed"),
    }
    return Destination(id=identifier, **{**usual, **changes})

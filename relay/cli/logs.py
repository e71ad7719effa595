"""Reading the log of deliveries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from relay.cli.client import Client
from relay.cli.moments import for_people
from relay.cli.paging import read_pages

HEAD = ("ID", "DESTINATION", "STATE", "ACCEPTED", "TRIES", "WHY")
WIDTHS = (30, 16, 10, 19, 5, 0)


def read_log(
    client: Client, query: Mapping[str, object], limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Give deliveries, newest first, at most `limit`."""
    return read_pages(client, "/deliveries", "deliveries", query, limit)


def row(delivery: Mapping[str, Any]) -> tuple[object, ...]:
    """Give a delivery as a line of the table."""
    return (
        delivery["id"],
        delivery["destination"],
        delivery["state"],
        for_people(delivery["accepted_at"]),
        delivery["attempts"],
        _why(delivery),
    )


def _why(delivery: Mapping[str, Any]) -> str:
    parts = [
        "test" if delivery.get("test") else "",
        str(delivery.get("reason") or ""),
        f"next try {for_people(delivery['next_attempt_at'])}" if delivery.get("next_attempt_at") else "",
        _callback(delivery.get("callback")),
    ]
    return "; ".join(part for part in parts if part)


def _callback(callback: Mapping[str, Any] | None) -> str:
    return f"callback {callback['state']}" if callback and callback["state"] != "delivered" else ""

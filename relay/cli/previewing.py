"""What records would become, as the relay's preview tells; nothing is sent."""

from __future__ import annotations

import json
from typing import Any

from relay.cli.chunks import Chunk
from relay.cli.client import Client, part
from relay.cli.sender import rejected_of
from relay.cli.tally import Tally


def preview(client: Client, destination: str, **given: Any) -> dict[str, Any]:
    """Give the calls for `records`, or for the records in a `body`; without either for the last ones, or an example."""
    found: dict[str, Any] = client.post(f"/destinations/{part(destination)}/preview", given)
    return found


def finds_records(client: Client, destination: str) -> bool:
    """Tell whether a destination has an expression of its own for where the records are in a body."""
    return client.get(f"/destinations/{part(destination)}")["inbound"].get("records") is not None


def preview_chunk(client: Client, destination: str, chunk: Chunk, tally: Tally, *, bodies: bool) -> None:
    """Count what would become of a chunk's records; with `bodies` each of them is a body with records in it."""
    for record in chunk.records:
        if record.fault:
            tally.reject(record.line, [record.fault])
    readable = [record for record in chunk.records if not record.fault]
    if not readable:
        return
    values = [json.loads(record.text) for record in readable]
    found = preview(client, destination, **({"body": values[0]} if bodies else {"records": values}))
    rejected = rejected_of(found)
    for index, reasons in sorted(rejected.items()):
        tally.reject(readable[min(index, len(readable) - 1)].line, reasons)
    skipped = len(found.get("skipped", ()))
    tally.skipped += skipped
    tally.accepted += len(found.get("records", readable)) - len(rejected) - skipped

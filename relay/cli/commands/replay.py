"""`replay`: many deliveries again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from relay.cli.client import Client, part
from relay.cli.endings import DONE, Refused, Trouble
from relay.cli.moments import Moment, in_query
from relay.cli.options import YES, command, with_relay
from relay.cli.plain_text import plain
from relay.cli.screen import agree, note, say

MOST = 10_000  # deliveries that the relay takes in one request


@command(short_help="Make the calls of many deliveries again.")
@click.argument("destination")
@click.option(
    "--state",
    type=click.Choice(["dead", "canceled", "uncertain"]),
    required=True,
    help="Those in this state.",
)
@click.option("--since", type=Moment(), help="Accepted since then: 90m, 2h or 3d ago, or ISO 8601.")
@click.option("--until", type=Moment(), help="Accepted until then.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@click.option(
    "--may-repeat",
    is_flag=True,
    help="Also those whose call may have taken effect: it is made twice then. Uncertain ones need this.",
)
@click.option("--dry-run", is_flag=True, help="Only count them.")
@YES
@with_relay
def replay(
    client: Client, *, destination: str, may_repeat: bool, dry_run: bool, yes: bool, **given: Any
) -> int:
    """Make the calls of many deliveries of a destination again, the oldest first. Counts them and asks first.

    Example:
      python -m relay replay cancel-demos --state dead --since 2h --dry-run
      python -m relay replay cancel-demos --state dead --since 2h
    """
    wanted = {
        name: in_query(value) if isinstance(value, datetime) else value
        for name, value in {**given, "acknowledge": "may_repeat" if may_repeat else None}.items()
        if value is not None
    }
    path = f"/destinations/{part(destination)}/replay"
    looked = client.post(path, {"limit": MOST, **wanted, "dry_run": True})
    say(f"Deliveries of {plain(destination)} that are {wanted['state']} and fit: {looked['matching']}.")
    _tell_skipped(looked)
    if dry_run or not looked["matching"]:
        return DONE
    limit = min(wanted.get("limit", MOST), looked["matching"])
    agree(f"Make these calls again ({limit})?", yes=yes)
    done = _replay(client, path, {**wanted, "limit": limit, "dry_run": False})
    say(f"Queued again: {done['replayed']}.")
    if done.get("more"):
        note("There are more; run it again for those.")
    return DONE


def _replay(client: Client, path: str, wanted: Mapping[str, Any]) -> Any:
    try:
        return client.post(path, wanted)
    except Refused as exc:
        if any(fault.pointer == "#/acknowledge" for fault in exc.problem.faults):
            raise Trouble(
                "Nothing was queued: these calls may have taken effect, and would be made twice. "
                "Say --may-repeat if that may be."
            ) from exc
        raise


def _tell_skipped(looked: Mapping[str, Any]) -> None:
    if looked.get("skipped"):
        note(f"Left out: {looked['skipped']}. Their calls may have taken effect, or cannot be made again.")

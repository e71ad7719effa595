"""`audit`: who did what, on what, and when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from relay.cli.client import Client
from relay.cli.endings import DONE
from relay.cli.moments import Moment, for_people, in_query
from relay.cli.options import AS_JSON, command, with_relay
from relay.cli.paging import read_pages
from relay.cli.screen import show_list

HEAD = ("AT", "WHO", "WHAT", "ON", "DETAILS")


@command("Show who did what, and when.")
@click.option("--about", metavar="ID", help="What was done to the thing, or with the key, that has this id.")
@click.option("--since", type=Moment(), help="Done since then: 90m, 2h or 3d ago, or ISO 8601.")
@click.option("--until", type=Moment(), help="Done until then.")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="How many, the newest first."
)
@AS_JSON
@with_relay
def audit(
    client: Client,
    *,
    about: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    as_json: bool,
) -> int:
    """Show who did what, on what, and when, newest first: people and scripts by the names of their keys.

    Example:
      python -m relay audit --since 2h
      python -m relay audit --about cancel-demos --json
    """
    query = {"about": about, "since": in_query(since), "until": in_query(until)}
    found = list(read_pages(client, "/audit", "entries", query, limit))
    show_list(found, HEAD, _row, "No entries fit.", as_json=as_json)
    return DONE


def _row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        *(for_people(entry["at"]), entry["who"], entry["what"]),
        ", ".join(str(each) for each in entry["on"].values()),
        json.dumps(entry["details"], ensure_ascii=False) if entry["details"] else "",
    )

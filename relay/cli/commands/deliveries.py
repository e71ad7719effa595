"""`deliveries`: the log, once or for as long as somebody looks."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import click

from relay.cli.client import Client, part
from relay.cli.endings import DONE, NoAnswer, Refused
from relay.cli.following import Follower
from relay.cli.logs import HEAD, WIDTHS, read_log, row
from relay.cli.moments import Moment, in_query
from relay.cli.options import AS_JSON, command, with_relay
from relay.cli.screen import columns, note, say_json, show_lines

STATES = (
    *("collecting", "queued", "sending", "retrying", "uncertain"),
    *("delivered", "dead", "canceled", "split"),
)


@command(short_help="List deliveries, or follow them.")
@click.option("--destination", metavar="ID", help="Those of one destination.")
@click.option("--state", type=click.Choice(STATES), help="Those in one state.")
@click.option("--since", type=Moment(), help="Accepted since then: 90m, 2h or 3d ago, or ISO 8601.")
@click.option("--until", type=Moment(), help="Accepted until then.")
@click.option("--record", metavar="TEXT", help="Those with a record that has this text in any of its values.")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="How many, the newest first."
)
@click.option("--follow", "-f", is_flag=True, help="Go on with new ones and changes of state, until Ctrl-C.")
@click.option(
    "--every",
    type=click.FloatRange(0.1),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="How often --follow looks.",
)
@AS_JSON
@with_relay
def deliveries(client: Client, *, limit: int, follow: bool, every: float, as_json: bool, **given: Any) -> int:
    """List deliveries, newest first, or follow them.

    Example:
      python -m relay deliveries --state dead --since 2h
      python -m relay deliveries --destination cancel-demos --follow
      python -m relay deliveries --record D-1042 --json
    """
    query = {name: in_query(value) if isinstance(value, datetime) else value for name, value in given.items()}
    if follow:
        _follow(client, query, limit, every, as_json=as_json)
    found = list(read_log(client, query, limit))
    _show(found, as_json=as_json, head=True)
    if not found:
        note("No deliveries fit.")
    return DONE


def _follow(client: Client, query: Mapping[str, object], limit: int, every: float, *, as_json: bool) -> None:
    """Show what there is, then what is new, for ever."""

    def find(identifier: str) -> Mapping[str, Any] | None:
        try:
            found: dict[str, Any] = client.get(f"/deliveries/{part(identifier)}")
        except Refused:  # expired in the meantime
            return None
        return {**found, "attempts": len(found["attempts"])}

    follower = Follower(lambda: read_log(client, query), find)
    _show(follower.look(limit), as_json=as_json, head=True)
    while True:
        time.sleep(every)
        try:
            news = follower.look(limit)
        except NoAnswer as exc:
            note(str(exc))
        except Refused as exc:
            if exc.problem.status != 503:
                raise
            note(exc.problem.detail)
        else:
            _show(news, as_json=as_json, head=False)


def _show(found: Iterable[Mapping[str, Any]], *, as_json: bool, head: bool) -> None:
    if as_json:
        for each in found:
            say_json(each)
        return
    rows = [row(each) for each in found]
    if rows:
        show_lines(columns([*([HEAD] if head else []), *rows], WIDTHS))

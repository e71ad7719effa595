"""`retry`, `cancel`, `resolve`: what a person may do to one delivery."""

from __future__ import annotations

from typing import Any

import click

from relay.cli.client import Client, part
from relay.cli.endings import DONE
from relay.cli.options import command, with_relay
from relay.cli.plain_text import plain
from relay.cli.screen import say


@command(short_help="Make a delivery's call again.")
@click.argument("identifier", metavar="ID")
@with_relay
def retry(client: Client, *, identifier: str) -> int:
    """Make a delivery's call again, now.

    For a dead delivery once its cause is mended, and for an uncertain one whose call had no effect in Calendly.

    Example:
      python -m relay retry dlv_01M828018H54G2C3DHRCB2QSB
    """
    return _do(client, identifier, "retry", None)


@command(short_help="Take a delivery out of the queue for good.")
@click.argument("identifier", metavar="ID")
@with_relay
def cancel(client: Client, *, identifier: str) -> int:
    """Take a delivery out of the queue for good. Its call is not made, and there is no callback.

    Example:
      python -m relay cancel dlv_01M828018H54G2C3DHRCB2QSB
    """
    return _do(client, identifier, "cancel", None)


@command(short_help="Settle an uncertain delivery as you found it in Calendly.")
@click.argument("identifier", metavar="ID")
@click.option(
    "--as",
    "outcome",
    type=click.Choice(["delivered", "dead"]),
    required=True,
    help="What you found in Calendly.",
)
@click.option("--note", "remark", metavar="TEXT", help="What is kept with it, such as who looked.")
@with_relay
def resolve(client: Client, *, identifier: str, outcome: str, remark: str | None) -> int:
    """Settle an uncertain delivery as you found it in Calendly: done, or not done.

    Example:
      python -m relay resolve dlv_01M828018H54G2C3DHRCB2QSB --as delivered --note "Ana saw the booking"
    """
    body = {"as": outcome, **({} if remark is None else {"note": remark})}
    return _do(client, identifier, "resolve", body)


def _do(client: Client, identifier: str, what: str, body: dict[str, Any] | None) -> int:
    found = client.post(f"/deliveries/{part(identifier)}/{what}", body)
    say(f"{plain(found['id'])} of {plain(found['destination'])} is {found['state']} now.")
    return DONE

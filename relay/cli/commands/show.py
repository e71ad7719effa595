"""`show`: one delivery, whole."""

from __future__ import annotations

import click

from relay.cli.client import Client, part
from relay.cli.delivery_page import delivery_page
from relay.cli.endings import DONE
from relay.cli.options import AS_JSON, command, with_relay
from relay.cli.screen import say_json, show_lines


@command(short_help="Show all about one delivery.")
@click.argument("identifier", metavar="ID")
@AS_JSON
@with_relay
def show(client: Client, *, identifier: str, as_json: bool) -> int:
    """Show all about one delivery: its records, attempts, request, Calendly's answer, and callbacks.

    Example:
      python -m relay show dlv_01M828018H54G2C3DHRCB2QSB
    """
    found = client.get(f"/deliveries/{part(identifier)}")
    if as_json:
        say_json(found)
    else:
        show_lines(delivery_page(found))
    return DONE

"""`export`: what the relay has, as a file for `apply`."""

from __future__ import annotations

import click

from relay.cli.carrying_out import read_standing
from relay.cli.client import Client
from relay.cli.endings import DONE, Trouble
from relay.cli.exporting import write_export
from relay.cli.options import command, with_relay
from relay.cli.shapes import KINDS, Kind


@command("Write credentials and destinations as such a file.")
@click.argument("identifiers", nargs=-1, metavar="[ID]…")
@click.option("--credentials", is_flag=True, help="Credentials only.")
@click.option("--destinations", is_flag=True, help="Destinations only.")
@with_relay
def export(client: Client, *, identifiers: tuple[str, ...], credentials: bool, destinations: bool) -> int:
    """Write credentials and destinations as a YAML file for `apply`.

    Settings that are the default are left out. Secrets are never shown: the file holds ${CANCEL_DEMOS_INBOUND_KEY}
    and the like, and its head lists these variables. With IDs, only what has these ids.

    Example:
      python -m relay export > relay.yaml
      python -m relay export --destinations cancel-demos
    """
    asked: tuple[Kind, ...] = tuple(
        kind for kind, flag in zip(KINDS, (credentials, destinations), strict=True) if flag
    )
    standing = read_standing(client, asked or KINDS)
    known = {each for documents in standing.documents.values() for each in documents}
    if unknown := [each for each in identifiers if each not in known]:
        raise Trouble(f"There is nothing here with the id {', '.join(unknown)}.")
    click.echo(write_export(standing, identifiers), nl=False)
    return DONE

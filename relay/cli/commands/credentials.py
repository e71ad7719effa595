"""`credentials`: which there are, and all destinations of one at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from relay.cli.client import Client, part
from relay.cli.endings import DONE
from relay.cli.options import AS_JSON, command, group, with_relay
from relay.cli.paging import read_pages
from relay.cli.plain_text import plain
from relay.cli.screen import say, show_list

HEAD = ("ID", "KIND", "ORGANIZATION", "TROUBLE")


@group("List credentials, and pause or resume all destinations of one.")
def credentials() -> None:
    """List credentials, and pause or resume all destinations of one.

    `apply` makes and changes them.

    Example:
      python -m relay credentials list
      python -m relay credentials pause acme
      python -m relay credentials resume acme
    """


@command("List credentials.")
@AS_JSON
@with_relay
def list_credentials(client: Client, *, as_json: bool) -> int:
    """List credentials, by id, with what keeps each from being used.

    Example:
      python -m relay credentials list
    """
    found = list(read_pages(client, "/credentials", "credentials"))
    show_list(found, HEAD, _row, "There are no credentials.", as_json=as_json)
    return DONE


@command("Pause all destinations of a credential.")
@click.argument("identifier", metavar="ID")
@with_relay
def pause_credential(client: Client, *, identifier: str) -> int:
    """Pause the active destinations of a credential: nothing goes out for it, and what comes in is held or refused.

    Example:
      python -m relay credentials pause acme
    """
    return _do(client, identifier, "pause", "Paused")


@command("Activate what was paused with a credential.")
@click.argument("identifier", metavar="ID")
@with_relay
def resume_credential(client: Client, *, identifier: str) -> int:
    """Activate the destinations that were paused with a credential, and no others: what they hold goes out.

    Example:
      python -m relay credentials resume acme
    """
    return _do(client, identifier, "resume", "Active again")


def _do(client: Client, identifier: str, what: str, done: str) -> int:
    found = client.post(f"/credentials/{part(identifier)}/{what}")["destinations"]
    say(f"{done}: {', '.join(map(plain, found))}." if found else "Nothing to change.")
    return DONE


def _row(credential: Mapping[str, Any]) -> tuple[str, ...]:
    organization, trouble = credential["organization"], credential["trouble"]
    return (credential["id"], credential["kind"], organization or "-", trouble or "")


credentials.add_command(list_credentials, "list")
credentials.add_command(pause_credential, "pause")
credentials.add_command(resume_credential, "resume")

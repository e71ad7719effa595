"""What commands share: where the relay is, and which key opens it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from relay.cli.client import Client
from relay.cli.moments import for_people
from relay.cli.screen import note
from relay.cli.surroundings import surroundings

Command = Callable[..., Any]


def command(short_help: str) -> Callable[[Command], click.Command]:
    """Make a command whose help is its docstring. Paragraphs with lines set in by spaces are shown as they are."""
    return lambda function: click.command(short_help=short_help, help=_help_of(function))(function)


def group(short_help: str) -> Callable[[Command], click.Group]:
    """Make a command that has commands of its own; its help is written likewise."""
    return lambda function: click.group(short_help=short_help, help=_help_of(function))(function)


def _help_of(function: Command) -> str:
    paragraphs = inspect.cleandoc(function.__doc__ or "").split("\n\n")
    return "\n\n".join(f"\b\n{each}" if "\n  " in each else each for each in paragraphs)


YES = click.option("--yes", "-y", is_flag=True, help="Do not ask; do it.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def with_relay(command: Command) -> Command:
    """Give a command the options that find the relay, and as its first argument the client that talks to it."""

    @click.option(
        "--url", metavar="URL", help="The relay's address.  [RELAY_URL; else http://127.0.0.1:8000]"
    )
    @click.option(
        "--key-file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="A file that holds the admin key.  [RELAY_ADMIN_KEY, RELAY_ADMIN_KEY_FILE; else that of `make run`]",
    )
    @functools.wraps(command)
    def with_client(url: str | None, key_file: Path | None, **options: Any) -> Any:
        around = surroundings()
        address = around.address(url)
        client = Client(address, around.admin_key(key_file, address))
        try:
            return command(client, **options)
        finally:
            if client.key_expires:
                note(f"The key that was used ends at {for_people(client.key_expires)}.", colour="yellow")

    return with_client

"""The commands by name, and how each of them ends."""

from __future__ import annotations

import importlib
import traceback
from pathlib import Path
from typing import Any

import click

from relay.cli.endings import FAILED, STOPPED, WRONG_USAGE, Ending
from relay.cli.packages import missing_package
from relay.cli.screen import note

# A command's module is loaded when it is called: `--help` should not wait for what only `send` needs.
COMMANDS = {
    "apply": "Make credentials and destinations as a YAML file says.",
    "export": "Write credentials and destinations as such a file.",
    "send": "Send the records of a file to a destination.",
    "deliveries": "List deliveries, or follow them.",
    "show": "Show all about one delivery.",
    "retry": "Make a delivery's call again.",
    "cancel": "Take a delivery out of the queue for good.",
    "resolve": "Settle an uncertain delivery as you found it in Calendly.",
    "replay": "Make the calls of many deliveries again.",
    "forget": "Erase a person from logs and lists.",
    "preview": "Show the calls that records would become.",
    "test": "Make one call now and show Calendly's answer.",
    "check": "Look whether the relay can do its work.",
    "credentials": "List credentials, and pause or resume all destinations of one.",
    "keys": "Make, list and revoke keys for people and scripts.",
    "audit": "Show who did what, and when.",
}
_MODULES = {
    "retry": "operate",
    "cancel": "operate",
    "resolve": "operate",
    "preview": "trying",
    "test": "trying",
}


class Commands(click.Group):
    """The commands, each loaded when it is called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names, in the order in which people meet them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"relay.cli.commands.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list without loading what it names."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


HELP = """\
Calendly Relay: turns records of your systems into calls to Calendly.

The relay is found at --url, RELAY_URL or http://127.0.0.1:8000, and asks for its admin key:
--key-file, RELAY_ADMIN_KEY or RELAY_ADMIN_KEY_FILE. For a relay that `make run` started
on this machine, both are found by themselves.

\b
Example:
  python -m relay check
  python -m relay deliveries --state dead --since 2h
  python -m relay COMMAND --help
"""


@click.command(cls=Commands, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """All commands."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command and give its exit code."""
    try:
        ended: Any = commands.main(arguments, prog_name="python -m relay", standalone_mode=False)
    except click.Abort:
        return STOPPED
    except click.ClickException as exc:
        exc.show()
        return WRONG_USAGE if isinstance(exc, click.UsageError) else FAILED
    except Ending as exc:
        note(str(exc), colour="red")
        return exc.exit_code
    except ModuleNotFoundError as exc:
        note(missing_package(exc) or _surprise(exc), colour="red")
        return FAILED
    except Exception as exc:  # noqa: BLE001  # the last resort: people get a sentence, not a traceback
        note(_surprise(exc), colour="red")
        return FAILED
    return ended if isinstance(ended, int) else 0


def _surprise(error: Exception) -> str:
    """Say where the command line itself failed, and nothing of the values it had in hand."""
    places = traceback.extract_tb(error.__traceback__)
    ours = [each for each in places if "relay" in each.filename] or places
    return (
        f"The command line failed over this ({type(error).__name__} in {Path(ours[-1].filename).name}, "
        f"line {ours[-1].lineno}); that is a fault of its own, or the address leads to no relay."
    )

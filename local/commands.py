"""The two commands and how they end: 0, or 1 with a sentence on stderr."""

from __future__ import annotations

import argparse
import sys

from local.demo import demo
from local.errors import LocalError, StopAsked
from local.run import run


def main(arguments: list[str] | None = None) -> int:
    """Run one of the two commands; 1 with a sentence on stderr if it could not do its work."""
    parser = argparse.ArgumentParser(
        prog="python -m local", description="Calendly Relay on this machine, whole."
    )
    parser.add_argument(
        "command", choices=["run", "demo"], help="run until Ctrl-C, or show the whole way once"
    )
    command = {"run": run, "demo": demo}[parser.parse_args(arguments).command]
    try:
        command()
    except StopAsked:
        print("Stopped before the end.", file=sys.stderr)
        return 1
    except LocalError as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0

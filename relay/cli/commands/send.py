"""`send`: the records of a file, to a destination."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import click

from relay.cli.chunks import chunked
from relay.cli.client import Client
from relay.cli.endings import DONE, FAILED, Ending, Trouble
from relay.cli.options import command, with_relay
from relay.cli.records import format_of, read_records, suffix_format
from relay.cli.rejects import Rejects
from relay.cli.screen import note, say
from relay.cli.sender import StoppedAtFault
from relay.cli.sending import GO_ON, SendOptions, go_through, preview_work, send_work
from relay.cli.tally import Tally

MOST_RECORDS = 1000  # of one request; what a relay takes unless it is told otherwise
_HELD = (
    "Held back: they share a request with a rejected record. Mend or take out the rejected ones in the file and run "
    "the same command again; or say --rejects FILE, and the others are sent at once."
)


def _check_rejects(ctx: click.Context, param: click.Parameter, path: Path | None) -> Path | None:
    del ctx
    if path is not None and suffix_format(path.name) not in {None, "ndjson"}:
        raise click.BadParameter(
            f"“{path.name}” would hold NDJSON; give it the suffix .ndjson, so that it can be sent again.",
            param=param,
        )
    return path


@command(short_help="Send the records of a file to a destination.")
@click.argument("destination")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--format", "kind", type=click.Choice(["json", "ndjson", "csv"]), help="Else the suffix tells.")
@click.option(
    "--cells",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What the cells of a CSV are: texts, or JSON where they can be read as it (7, true, [1, 2]).",
)
@click.option(
    "--chunk",
    type=click.IntRange(1, MOST_RECORDS),
    default=100,
    show_default=True,
    help="The most records in one request.",
)
@click.option(
    "--key-env",
    metavar="NAME",
    help="The variable that holds the inbound key.  [else e.g. CANCEL_DEMOS_INBOUND_KEY]",
)
@click.option(
    "--run",
    default="",
    metavar="TEXT",
    help="Send the same file once more on purpose: give each time another text.",
)
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_check_rejects,
    help="Write rejected records to this NDJSON file, and send the others at once.",
)
@click.option("--stop-on-error", is_flag=True, help="Stop at the first rejected record.")
@click.option(
    "--patience",
    type=float,
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one request may be asked to wait.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Send nothing; show what would be rejected or skipped.",
)
@with_relay
def send(client: Client, *, destination: str, file: str, **options: Any) -> int:
    """Send the records of a file to a destination: JSON, NDJSON or CSV; - is stdin.

    The inbound key comes from the environment. With an admin key at hand the relay is asked which kind of key it
    is; without, it is sent as a bearer key.

    After a Ctrl-C or a crash, run the same command again: each request carries an Idempotency-Key made of
    the file's name and its records, so what was accepted is counted as “already accepted” and not sent twice, for
    four days.

    Rejected records are listed with their lines, and those in the same request are held back. Mend them in the file, or
    take them out, and run the command again. With --rejects the others are sent at once: then mend the rejected ones in
    the file that it writes, and send that one. Other changes to a file that was sent may send records twice,
    unless --chunk is 1.

    Example:
      export CANCEL_DEMOS_INBOUND_KEY=…
      python -m relay send cancel-demos lost-deals.csv --rejects wrong.ndjson

    Exit codes: 0 every record was accepted or skipped, 1 some were rejected, held back or not sent.
    """
    given = SendOptions(**options)
    tally = Tally()
    with ExitStack() as open_files:
        source = open_files.enter_context(_source(file))
        rejects = Rejects(given.rejects, file, open_files)
        work = (
            preview_work(client, destination, given, tally)
            if given.dry_run
            else send_work(client, destination, file, given, tally, rejects)
        )
        records = read_records(source, format_of(file, given.kind), given.cells)
        ended = go_through(chunked(records, work.size), work, tally, source)
    _tell(tally, ended, dry_run=given.dry_run)
    return FAILED if ended is not None or tally.rejected else DONE


def _tell(tally: Tally, ended: Ending | None, *, dry_run: bool) -> None:
    """Give the summary, and what to do about what was not accepted."""
    say(tally.as_preview() if dry_run else tally.in_words())
    if tally.held:
        note(_HELD)
    if ended is not None:
        note(str(ended), colour="red")
        if tally.total and not dry_run and not isinstance(ended, StoppedAtFault):
            note(GO_ON)


@contextmanager
def _source(name: str) -> Iterator[BinaryIO]:
    try:
        opened = click.open_file(name, "rb")
    except OSError as exc:
        raise Trouble(f"{name} cannot be read: {exc.strerror}.") from exc
    with opened as file:
        yield cast(BinaryIO, file)  # its mode says so

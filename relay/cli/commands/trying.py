"""`preview` and `test`: what a destination does, before records depend on it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

import click

from relay.cli.client import Client, part
from relay.cli.delivery_page import delivery_page
from relay.cli.endings import DONE, FAILED, Trouble
from relay.cli.options import AS_JSON, YES, command, with_relay
from relay.cli.plain_text import plain, plain_lines
from relay.cli.previewing import finds_records
from relay.cli.previewing import preview as ask_for_preview
from relay.cli.records import Format, format_of, read_records
from relay.cli.screen import agree, note, say_json, show_lines
from relay.cli.sender import rejected_of

MOST_SHOWN = 1000  # records of a preview
_SOURCES = {
    "last": "These are the last records that the destination received.",
    "example": "This is the template's example.",
}
_FORMATS = click.Choice(["json", "ndjson", "csv"])


@command(short_help="Show the calls that records would become.")
@click.argument("destination")
@click.argument("file", required=False, type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--format", "kind", type=_FORMATS, help="Else the suffix tells.")
@AS_JSON
@with_relay
def preview(client: Client, *, destination: str, file: str | None, kind: Format | None, as_json: bool) -> int:
    """Show the exact calls that records would become. Nothing is sent.

    Without a file, the relay takes the records that came last, or the template's example.

    Example:
      python -m relay preview cancel-demos lost-deals.csv

    Exit codes: 0 every record becomes a call or is skipped, 1 some would be rejected.
    """
    found = ask_for_preview(client, destination, **_given(client, destination, file, kind))
    if as_json:
        say_json(found)
    else:
        show_lines(_calls(found))
    return FAILED if found.get("rejected") else DONE


@command(short_help="Make one call now and show Calendly's answer.")
@click.argument("destination")
@click.argument(
    "file", required=False, metavar="[RECORD.json]", type=click.Path(dir_okay=False, allow_dash=True)
)
@YES
@AS_JSON
@with_relay
def test(client: Client, *, destination: str, file: str | None, yes: bool, as_json: bool) -> int:
    """Make one call at Calendly now and show its answer. It works on a draft too, and is in the log as a test.

    It is a real call: what it does at Calendly stays done. Without a file, the record is the template's
    example.

    Example:
      python -m relay test cancel-demos deal.json

    Exit codes: 0 Calendly did it, 1 not.
    """
    record = _one_record(client, destination, file)
    if not as_json:
        note(f"The record: {plain(json.dumps(record, ensure_ascii=False))}")
    agree(f"Make a real call at Calendly for {destination}?", yes=yes)
    found = client.post(f"/destinations/{part(destination)}/test", {"record": record})
    if as_json:
        say_json(found)
    else:
        show_lines(delivery_page(found))
    return DONE if found.get("state") == "delivered" else FAILED


def _given(client: Client, destination: str, file: str | None, kind: Format | None) -> dict[str, Any]:
    """Give what to preview: records, or the one body in which the destination itself looks for records."""
    if file is None:
        return {}
    records = _records(file, kind)
    if not finds_records(client, destination):
        return {"records": records}
    return {"body": records[0] if len(records) == 1 else records}


def _records(file: str, kind: Format | None) -> list[Any]:
    try:
        with click.open_file(file, "rb") as source:
            found = list(read_records(cast(BinaryIO, source), format_of(file, kind)))
    except OSError as exc:
        raise Trouble(f"{file} cannot be read: {exc.strerror}.") from exc
    if faults := [f"line {each.line}: {each.fault}" for each in found if each.fault]:
        raise Trouble("\n".join(faults))
    if len(found) > MOST_SHOWN:
        raise Trouble(
            f"The file has more than {MOST_SHOWN} records; `send --dry-run` goes through all of them."
        )
    return [json.loads(each.text) for each in found]


def _one_record(client: Client, destination: str, file: str | None) -> Any:
    if file is None:
        template = client.get(f"/destinations/{part(destination)}")["template"]
        return client.get(f"/templates/{part(template)}")["example"]
    records = _records(file, "json" if file == "-" else None)
    if len(records) != 1:
        raise Trouble(f"A test takes one record, and {file} has {len(records)}.")
    return records[0]


def _calls(found: Mapping[str, Any]) -> Iterator[str]:
    if source := _SOURCES.get(found.get("source", "")):
        yield source
        yield ""
    for call in found.get("calls", ()):
        yield f"{plain(call['method'])} {plain(call['url'])}  (record {', '.join(str(each + 1) for each in call['records'])})"
        if call.get("look_up"):
            yield f"  {plain(call['look_up'])}"
        for name, value in (call.get("headers") or {}).items():
            yield f"  {plain(name)}: {plain(value)}"
        if call.get("body") is not None:
            text = plain_lines(json.dumps(call["body"], ensure_ascii=False, indent=2))
            yield from (f"  {line}" for line in text.split("\n"))
        yield ""
    for index, reasons in sorted(rejected_of(found).items()):
        yield from (f"record {index + 1} is rejected: {plain(reason)}" for reason in reasons)
    for item in found.get("skipped", ()):
        yield f"record {item['index'] + 1} is skipped: the destination's “when” does not match it"

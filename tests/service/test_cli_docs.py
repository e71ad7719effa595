"""What docs/cli.md promises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from relay.cli.main import COMMANDS, commands
from tests.command_line import ServedRelay, serving
from tests.rig import Rig

DOCS = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SHARED = {"--help", "--url", "--key-file"}


@pytest.fixture
def relay(rig: Rig, tmp_path: Path) -> Iterator[ServedRelay]:
    """A relay, served, with the variables of the documentation set."""
    secrets = {"ACME_TOKEN": "sandbox", "CANCEL_DEMOS_INBOUND_KEY": "the-crm-sends-this-key-0001"}
    rig.manage("DELETE", "/credentials/acme")
    with serving(rig.client.application) as url:
        yield ServedRelay(url, rig.settings.admin_key, tmp_path / "relay.yaml", secrets)


def block(first: str) -> str:
    """Give the block of the documentation that begins with this line."""
    found = re.search(rf"```\w+\n({re.escape(first)}\n.*?)```", DOCS, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_and_option_is_documented(name: str) -> None:
    """By name."""
    command = commands.get_command(click.Context(commands), name)
    assert command
    inside = command.commands.values() if isinstance(command, click.Group) else ()
    params = [param for each in (command, *inside) for param in each.params]
    options = {each for param in params for each in param.opts if each.startswith("--")}

    assert [] == sorted(
        each
        for each in {*options - SHARED, *SHARED - {"--help"}}
        if f"`{each}" not in DOCS and f"{each} " not in DOCS
    )
    assert f"`{name}`" in DOCS


def test_the_documented_file_can_be_applied_and_is_shown_as_documented(relay: ServedRelay) -> None:
    """The diff, a change, and the export are those of the documentation."""
    file = block("# relay.yaml")
    console = block("$ python -m relay apply relay.yaml")
    added = relay.apply(file, "--yes")
    changed = relay.apply(file.replace("concurrency: 2", "concurrency: 1"), "--yes")
    again = relay.apply(file.replace("concurrency: 2", "concurrency: 1"), "--yes")

    assert 0 == added.code, added
    shown = added.out[: added.out.index("Added credential")]
    assert shown in console
    assert changed.out in console
    assert console.endswith(again.out)
    assert block("$ python -m relay export cancel-demos").split("\n", 1)[1] == relay.export("cancel-demos")


def test_the_documented_records_fare_as_documented(relay: ServedRelay, tmp_path: Path) -> None:
    """Sent, and sent again."""
    relay.apply(block("# relay.yaml"), "--yes")
    console = block("$ cat deals.csv")
    deals = tmp_path / "deals.csv"
    deals.write_text(console.split("\n\n", 1)[0].split("\n", 1)[1] + "\n", encoding="utf-8")
    arguments = ("send", "cancel-demos", deals)
    dry = relay.run(*arguments, "--dry-run", **relay.secrets)
    first, second = (
        relay.run(*arguments, "--rejects", tmp_path / "wrong.ndjson", **relay.secrets) for _ in range(2)
    )

    said = [line for line in console.splitlines() if line.endswith((" skipped.",))]
    assert said == [each.out.strip() for each in (dry, first, second)], dry.err

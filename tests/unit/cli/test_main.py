"""The commands by name, and how they end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from relay.cli.main import COMMANDS, commands
from relay.cli.packages import missing_package
from tests.command_line import run

ROOT = Path(__file__).parents[3]
HEAVY = ("flask", "requests", "rich", "yaml", "redis", "marshmallow")


def test_help_names_every_command_in_its_own_words() -> None:
    """The list is written without loading the commands, so a test compares it with them."""
    context = click.Context(commands)
    loaded = {name: commands.get_command(context, name) for name in COMMANDS}

    assert COMMANDS == {name: each.short_help for name, each in loaded.items() if each}
    assert all(name in run("--help").out for name in COMMANDS)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    """Somebody who has never seen it can use it, and its lines stand as they were written."""
    ended = run(name, "--help")

    assert 0 == ended.code
    assert f"\n    python -m relay {name}" in ended.out


def test_help_loads_nothing_that_it_does_not_need() -> None:
    """It should be there at once."""
    asks = "import sys; from relay.cli.main import main; main(['--help']); print([n for n in sys.argv[1:] if n in sys.modules])"
    ended = subprocess.run(
        [sys.executable, "-c", asks, *HEAVY], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "[]" == ended.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["show"], ["send", "here", "-", "--chunk", "0"], ["deliveries", "--since", "soon"]],
)
def test_wrong_usage_has_an_exit_code_of_its_own(arguments: list[str]) -> None:
    """2 is what `apply --dry-run` says where there is something to change."""
    ended = run(*arguments)

    assert 64 == ended.code
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("package", ["click", "yaml"])
def test_a_python_without_the_packages_is_told_which_one_has_them(package: str) -> None:
    """Whether all commands need the package or the one that is called; no traceback."""
    runs = "import runpy, sys; sys.modules[sys.argv.pop(1)] = None; runpy.run_module('relay', run_name='__main__')"
    ended = subprocess.run(
        [sys.executable, "-c", runs, package, "apply", "none.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (1, "", 1) == (ended.returncode, ended.stdout, len(ended.stderr.splitlines())), ended.stderr
    assert f"lacks the package {package}, and `.venv/bin/python -m relay …`" in ended.stderr


def test_a_missing_module_of_our_own_is_no_missing_package() -> None:
    """Another Python would not have it either."""
    assert missing_package(ModuleNotFoundError(name="relay.cli.nothing")) is None


def test_nobody_there_is_told_with_what_to_do() -> None:
    """Not with what a library says."""
    ended = run("export", RELAY_URL="http://127.0.0.1:1", RELAY_ADMIN_KEY="k")

    assert (1, "") == (ended.code, ended.out)
    assert "Nothing answers at http://127.0.0.1:1. Is the relay running?" in ended.err


def test_a_missing_admin_key_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    """With the three ways to give one."""
    ended = run("export", RELAY_URL="http://relay.example", RELAY_DATA_DIR=str(tmp_path))

    assert 1 == ended.code
    assert all(way in ended.err for way in ("--key-file", "RELAY_ADMIN_KEY", "RELAY_ADMIN_KEY_FILE"))

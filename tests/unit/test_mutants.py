"""The table of mistakes that `make mutants` makes in the scripts."""

from __future__ import annotations

from importlib.resources import files

from tests.mutants.table import MUTANTS


def test_every_mistake_can_be_made() -> None:
    """The text that it replaces stands in its script, once; whoever changes a script brings the table along."""
    folder = files("relay.store") / "scripts"
    scripts = {each.name.removesuffix(".lua"): each.read_text(encoding="utf-8") for each in folder.iterdir()}

    changed = [each for each in MUTANTS if each.put_into(scripts[each.script]) != scripts[each.script]]

    assert list(MUTANTS) == changed

"""What the command line knows of the relay by heart, since it imports nothing of it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from relay.api.replays import MOST
from relay.cli.commands import deliveries, keys, replay, send
from relay.cli.comparing_secrets import SHORTEST_HINTED
from relay.cli.paging import MOST_A_PAGE
from relay.cli.plan import WAITING
from relay.cli.shapes import MASK
from relay.cli.surroundings import DEFAULT_DATA_DIR, DEFAULT_PORT, KEPT_KEY
from relay.config import Settings
from relay.model.admin_key import SCOPES
from relay.model.delivery import SETTLED, STATES
from relay.model.masks import MASK as RELAYS_MASK
from relay.web import masks

ROOT = Path(__file__).parents[3]


def test_states_masks_and_bounds_are_the_relays() -> None:
    """A state that is added there is added here."""
    usual = {each.name: each.default for each in fields(Settings)}

    assert STATES == deliveries.STATES
    assert {*STATES} - {*SETTLED, "sending"} == {*WAITING}
    assert (RELAYS_MASK, masks.SHORTEST_HINTED) == (MASK, SHORTEST_HINTED)
    assert (MOST, usual["max_records"]) == (replay.MOST, send.MOST_RECORDS)
    assert 200 == MOST_A_PAGE
    assert (usual["port"], usual["data_dir"]) == (int(DEFAULT_PORT), DEFAULT_DATA_DIR)
    assert "admin_key" == KEPT_KEY
    assert keys.SCOPES == SCOPES


def test_nothing_of_the_relay_is_loaded() -> None:
    """It is a client like any other, and starts as quickly."""
    asks = (
        "import importlib, sys; from relay.cli.main import COMMANDS, commands;"
        "[commands.get_command(None, name) for name in COMMANDS];"
        "print([n for n in sys.modules if n.startswith('relay.') and not n.startswith('relay.cli')])"
    )
    ended = subprocess.run([sys.executable, "-c", asks], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "[]" == ended.stdout.strip()

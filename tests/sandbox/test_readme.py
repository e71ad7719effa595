"""The sandbox's README, compared with the code."""

from __future__ import annotations

from pathlib import Path

import sandbox
from sandbox import seed
from sandbox.control import control
from sandbox.faults import KINDS
from sandbox.planting import PLANTERS
from sandbox.server import Sandbox

README = (Path(sandbox.__file__).parent / "README.md").read_text()


def test_every_seeded_id_is_documented() -> None:
    """Whoever reads the README knows what there is; numbered ids may be shortened to their last three digits."""
    named = {value for name, value in vars(seed).items() if name.isupper() and isinstance(value, str)}

    assert set() == {text for text in named if text not in README and f"…{text[-3:]}" not in README}


def test_every_fault_and_every_kind_of_planting_is_documented() -> None:
    """By the name that the control API knows it by."""
    faults = [f"| `{kind}`" for kind in KINDS if kind != "status"]
    plantings = [f'"{kind}": ' for kind in PLANTERS]

    assert [] == [text for text in [*faults, *plantings] if text not in README]


def test_every_control_route_is_documented() -> None:
    """As it stands behind `/_sandbox`."""
    assert control.url_prefix == "/_sandbox"
    with Sandbox() as running:
        rules = {rule.rule for rule in running.app.url_map.iter_rules() if rule.rule.startswith("/_sandbox/")}

    assert set() == {rule for rule in rules if rule.removeprefix("/_sandbox") not in README}

"""The guide's examples of look-ups are sent as they stand there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from relay.catalogue import TEMPLATES
from tests.rig import Rig

GUIDE = Path(__file__).parents[2] / "docs" / "guide.md"
ROW = re.compile(r"^\| `(\w+)` \| `(\{.*?\})` \| ", re.MULTILINE)


def _section() -> str:
    _, _, rest = GUIDE.read_text(encoding="utf-8").partition("\n## Look-ups\n")
    return rest.partition("\n## ")[0]


EXAMPLES = ROW.findall(_section())


@pytest.mark.parametrize(("template", "record"), EXAMPLES, ids=[template for template, _ in EXAMPLES])
def test_an_example_of_the_guide_is_delivered(rig: Rig, template: str, record: str) -> None:
    """By a look-up, and in the sandbox as it is when it starts."""
    rig.destination(template)

    (identifier,) = rig.accept(json.loads(record))
    rig.drain()

    log = rig.delivery(identifier)
    assert "delivered" == log.state
    assert log.found is not None


def test_each_template_with_look_ups_has_an_example() -> None:
    """Nobody has to guess."""
    assert {name for name, one in TEMPLATES.items() if one.look_ups} == {name for name, _ in EXAMPLES}

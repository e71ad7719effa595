"""The guide's example of a callback's shape is sent as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from relay.callbacks import check_callback_url
from tests.rig import Rig

GUIDE = Path(__file__).parents[2] / "docs" / "guide.md"
BLOCK = re.compile(r"^```json (settings|record|callback)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = "https://calendly.com/d/"  # and then what only Calendly knows


def _section() -> str:
    _, _, rest = GUIDE.read_text(encoding="utf-8").partition("\n### A shape of your own\n")
    return rest.partition("\n### ")[0]


def _alike(value: Any) -> Any:
    """Give a JSON value in which every booking link is the same."""
    if isinstance(value, str):
        return LINK if value.startswith(LINK) else value
    if isinstance(value, list):
        return [_alike(each) for each in value]
    if isinstance(value, dict):
        return {name: _alike(each) for name, each in value.items()}
    return value


def test_the_shape_in_the_guide_makes_the_callback_in_the_guide(rig: Rig) -> None:
    """With the sandbox in the CRM's place."""
    example = {name: json.loads(text) for name, text in BLOCK.findall(_section())}
    callback = example["settings"]["callback"]
    check_callback_url(callback["url"], allow_private=False)
    headers = {"Authorization": callback["headers"]["Authorization"].replace("…", "secret")}
    rig.destination(
        example["settings"]["template"],
        callback={**callback, "url": rig.sandbox.callback_url("here"), "headers": headers},
    )

    rig.accept(example["record"])
    rig.drain()

    assert [_alike(example["callback"])] == _alike(rig.told())
    assert headers["Authorization"] == rig.sandbox.callbacks("here")[0].headers["authorization"]

"""docs/settings.md: each example is made, previewed and sent, and does what the document says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.recorder import Recorder
from tests.rig import INBOUND_KEY, Rig

DOCUMENT = Path("docs/settings.md")
NAMES = {
    *("inbound.records", "inbound.when", "mapping", "constants", "exclude", "headers", "manual", "batch"),
    *("partial", "dedupe", "allow", "delivery", "when_inactive", "retention"),
}


@dataclass
class Example:
    """The blocks of one example."""

    section: str
    blocks: dict[str, Any] = field(default_factory=dict)


def examples() -> Iterator[Example]:
    """Read the examples: each begins with its settings."""
    section, example = "", None
    for heading, kind, text in re.findall(
        r"^## ([^\n]+)$|^```json (\w+)\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL
    ):
        section = heading or section
        if kind == "settings":
            if example:
                yield example
            example = Example(section)
        if kind and example:
            example.blocks[kind] = json.loads(text)
    if example:
        yield example


def test_every_setting_has_an_example() -> None:
    """A setting that is added to the model has to be shown."""
    assert NAMES == {each.section for each in examples()}


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: example.section)
def test_an_example_does_what_the_document_says(
    example: Example, rig_and_recorder: tuple[Rig, Recorder]
) -> None:
    """The preview shows the calls, the answer is the one that is shown, and the calls arrive as they were previewed."""
    rig, recorder = rig_and_recorder
    blocks = example.blocks
    inbound = {**blocks["settings"].pop("inbound", {}), "auth": {"kind": "bearer", "key": INBOUND_KEY}}
    delivery = {
        "concurrency": 1,
        **blocks["settings"].pop("delivery", {}),
    }  # calls then come in the order of records
    rig.destination(
        identifier="here", inbound=inbound, delivery=delivery, callback=None, **blocks["settings"]
    )
    body = blocks.get("body", blocks.get("records"))

    previewed = rig.manage("POST", "/destinations/here/preview", {"body": body})["calls"]
    answer = rig.post(body)
    rig.drain()

    if "answer" in blocks:
        assert blocks["answer"] == json.loads(re.sub(r"dlv_\w+", "dlv_…", answer.get_data(as_text=True)))
    wanted = [(each["method"], each["url"], each["body"]) for each in blocks["calls"]]
    assert wanted == [(each.method, each.target, json.loads(each.body)) for each in recorder.requests]
    for call, arrived, shown in zip(blocks["calls"], recorder.requests, previewed, strict=False):
        assert shown["content"] == arrived.body.decode()
        assert call.get("headers", {}).items() <= arrived.headers.items()
        assert shown["url"].endswith(arrived.target)

"""The guide's examples of what is done by hand are sent as they stand there, and answered as it says."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.good_records import GOOD_RECORDS
from tests.rig import Rig

GUIDE = Path(__file__).parents[2] / "docs" / "guide.md"
HERE = "send-booking-link"
DELIVERY = "dlv_01M828018H54G2C3DHRCB2QSB"  # as the guide calls whatever it works on
LINK = GOOD_RECORDS["create_scheduling_link"]


@dataclass(frozen=True)
class Example:
    """A command of the guide, and the answer under it."""

    method: str
    path: str
    body: str | None
    answer: str

    @property
    def name(self) -> str:
        """Give what the example is about."""
        return f"{self.method} {self.path.split('?')[0].rsplit('/', 1)[-1]} {self.body or ''}"


def _read(block: str) -> list[Example]:
    """Read the commands of a block, each with the answer that follows it."""
    return [_example(*part.partition("\n")[::2]) for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]


def _example(command: str, answer: str) -> Example:
    words = shlex.split(command)
    after = {word: words[place + 1] for place, word in enumerate(words[:-1])}
    (address,) = [word for word in words if word.startswith("$API")]
    method = after.get("-X", "POST" if "-d" in words else "GET")
    return Example(method, address.removeprefix("$API"), after.get("-d"), answer.strip())


def _section() -> str:
    _, _, rest = GUIDE.read_text(encoding="utf-8").partition("\n## By hand\n")
    return rest.partition("\n## ")[0]


EXAMPLES = [
    each for block in re.findall(r"```console\n(.*?)```", _section(), re.DOTALL) for each in _read(block)
]


def accepted(rig: Rig, number: int = 1) -> str:
    """Let deliveries wait, and give one of them."""
    return rig.accept([LINK] * number, HERE)[0]


def uncertain(rig: Rig) -> str:
    """Give a delivery that got no answer, nor when it was repeated."""
    rig.activate(HERE)
    rig.sandbox.faults.add("cut_after", match={"method": "POST"}, times=2)
    return rig.outcome(accepted(rig)).id


def dead(rig: Rig, number: int = 1) -> str:
    """Give one of several deliveries that Calendly refused, whose callbacks were told."""
    rig.activate(HERE)
    rig.sandbox.faults.add("404", match={"method": "POST"}, times=number)
    identifier = accepted(rig, number)
    rig.drain()
    return identifier


def deleted(rig: Rig) -> str:
    """Delete the destination as the example before does."""
    accepted(rig, 2)
    rig.manage("DELETE", f"/destinations/{HERE}", {"discard": 2})
    return ""


BEFORE: Mapping[str, Callable[[Rig], str]] = {
    "resolve": uncertain,
    "cancel": accepted,
    "retry": dead,
    "replay": lambda rig: dead(rig, 3),
    HERE: lambda rig: accepted(rig, 2),
    "audit": deleted,
}


@pytest.mark.parametrize("example", EXAMPLES, ids=[each.name for each in EXAMPLES])
def test_an_example_of_the_guide_is_answered_as_it_says(rig: Rig, example: Example) -> None:
    """Word for word, but for ids, moments and what “…” leaves out."""
    rig.destination("create_scheduling_link", HERE, activate=False)
    identifier = BEFORE[example.path.partition("?")[0].rsplit("/", 1)[-1]](rig)

    answer = rig.client.open(
        "/api/v1" + example.path.replace(DELIVERY, identifier),
        method=example.method,
        data=example.body,
        headers=rig.admin,
    )

    told = answer.get_data(as_text=True)
    assert (200 if not example.path.endswith(HERE) else 204 if example.body else 409) == answer.status_code, (
        told
    )
    if example.answer:
        shown = json.loads(example.answer.replace(DELIVERY, identifier).replace(", …}", "}"))
        assert fits(shown, json.loads(told), whole="…}" not in example.answer), told
    else:
        assert "" == told


def fits(shown: Any, told: Any, *, whole: bool) -> bool:
    """Tell whether an answer is the one that is shown; “…” stands for any text."""
    if isinstance(shown, dict):
        names = set(shown) == set(told) if whole else set(shown) <= set(told)
        return names and all(fits(value, told[name], whole=whole) for name, value in shown.items())
    if isinstance(shown, list):
        return len(shown) == len(told) and all(
            fits(a, b, whole=whole) for a, b in zip(shown, told, strict=True)
        )
    return (isinstance(told, str) and bool(told)) if shown == "…" else bool(shown == told)


def test_the_guide_shows_every_action() -> None:
    """Nobody has to guess."""
    shown = {each.path.partition("?")[0].rsplit("/", 1)[-1] for each in EXAMPLES}

    assert set(BEFORE) == shown

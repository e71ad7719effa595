"""docs/security.md tells the truth: each threat names tests, the tests exist, and what watches over all of them sees."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.logged import leaks_in

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def threats() -> dict[str, list[str]]:
    """Give the threats with the tests that each names; a name that begins with `::` is in the file before it."""
    named: dict[str, list[str]] = {}
    for section in DOCUMENT.split("| Proven by |\n| --- | --- | --- |\n")[1:]:
        for line in section.split("\n\n")[0].splitlines():
            threat, _, proofs = (cell.strip() for cell in line.strip("|").split(" | "))
            file = ""
            named[threat] = []
            for proof in re.findall(r"`([^`]+)`", proofs):
                own, _, name = proof.partition("::")
                file = own or file
                named[threat].append(f"{file}::{name}")
    return named


def test_every_threat_names_tests_that_exist() -> None:
    """A line whose test was renamed or removed is found here."""
    known = {
        f"{file.relative_to(ROOT)}::{node.name}"
        for file in (ROOT / "tests").rglob("test_*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    named = threats()

    assert len(named) > 30
    assert {} == {
        threat: tests for threat, tests in named.items() if not tests or not known.issuperset(tests)
    }


def test_every_pinned_package_has_a_hash() -> None:
    """`pip install --require-hashes` takes nothing else than what was looked at."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        pins = [line for line in text.splitlines() if "==" in line and not line.lstrip().startswith("#")]

        assert pins
        assert [] == [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin]


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "x", "key": "planted-admin-key-5f1c"}',
        '{"event": "x", "detail": "Ada <ada@example.com> is invited"}',
        '{"event": "x", "url": "https://crm.example/?who=ada%40example.com"}',
        '{"event": "x", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}',
    ],
)
def test_the_watch_over_the_log_sees_what_it_should(line: str) -> None:
    """Every line that is logged while the tests run passes it."""
    assert leaks_in(line)


def test_the_watch_over_the_log_minds_no_plain_line() -> None:
    """Events, ids and counts are what a log is for."""
    line = '{"event": "inbound.accepted", "destination": "cancel-demos", "delivery": "dlv_01M82E8R", "records": 3}'

    assert [] == leaks_in(line)

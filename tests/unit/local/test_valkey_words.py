"""What is passed on of an embedded Redis that did not start."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.valkey_binary import Make
from local.valkey_words import why_not, without_advice

BUNDLED = Make("bundled", "valkey", (9, 1))
STAMP = "9:M 22 Nov 2026 19:22:07.029 # "


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "Bad file format reading the append only file a.rdb: make a backup of your AOF file, then use ./redis-check-aof --fix <f>",
            "Bad file format reading the append only file a.rdb",
        ),
        (
            "Unexpected end of file. You can: 1) Make a backup of your AOF file, then use ./valkey-check-aof --fix <f>",
            "Unexpected end of file. You can: 1)",
        ),
        ("Server initialized", "Server initialized"),
    ],
)
def test_advice_to_repair_is_cut(said: str, kept: str) -> None:
    """The fact before it stays."""
    assert kept == without_advice(said)


@pytest.mark.parametrize(
    "fact", ["Bad file format reading the append only file", "Can't handle RDB format version 80"]
)
def test_data_that_cannot_be_read_is_said_with_our_remedies(fact: str) -> None:
    """Wherever among the last lines the fact stands."""
    sentence = why_not([STAMP + fact, STAMP + "bye"], BUNDLED, Path("/srv/redis"))

    assert sentence.startswith(
        "The embedded Redis, Valkey 9.1 (bundled), cannot read its data in /srv/redis, "
    )


@pytest.mark.parametrize(
    ("lines", "why"), [([STAMP + "Out of memory"], "Out of memory"), ([], "it said nothing")]
)
def test_any_other_reason_is_the_servers_last_line(lines: list[str], why: str) -> None:
    """Without its time stamp."""
    assert f"The embedded Redis did not start in /srv: {why}" == why_not(lines, BUNDLED, Path("/srv"))

"""Choosing the server for a folder with data."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.errors import CannotStart
from local.valkey_binary import Make, Server
from local.writer import NOTE, note_writer, server_for, writer_of

REDIS_70, REDIS_72, REDIS_74 = (Make("installed", "redis", version) for version in ((7, 0), (7, 2), (7, 4)))
BUNDLED, NEWER_BUNDLED = Make("bundled", "valkey", (9, 1)), Make("bundled", "valkey", (9, 2))
INSTALLED_VALKEY = Make("installed", "valkey", (9, 2))


def a_folder(path: Path, writer: Make | None) -> Path:
    """Make a folder with data of that writer; without a note about it for None."""
    (path / "appendonlydir").mkdir()
    (path / "appendonlydir" / "appendonly.aof.1.base.rdb").touch()
    if writer is not None:
        note_writer(path, writer)
    return path


def chosen(directory: Path, *makes: Make) -> Make:
    """Choose among servers of these makes, the best first."""
    return server_for(directory, [Server(Path("/usr/bin/server"), make) for make in makes]).make


def test_an_empty_folder_gets_the_best_server(tmp_path: Path) -> None:
    """There is nothing yet that anybody has to read."""
    assert REDIS_70 == chosen(tmp_path, REDIS_70, BUNDLED)


@pytest.mark.parametrize(
    ("writer", "here", "taken"),
    [
        (BUNDLED, (REDIS_70, BUNDLED), BUNDLED),
        (BUNDLED, (INSTALLED_VALKEY, NEWER_BUNDLED), NEWER_BUNDLED),
        (NEWER_BUNDLED, (INSTALLED_VALKEY, BUNDLED), INSTALLED_VALKEY),
        (REDIS_70, (REDIS_70, BUNDLED), REDIS_70),
        (REDIS_70, (INSTALLED_VALKEY, REDIS_72, BUNDLED), REDIS_72),
        (REDIS_72, (REDIS_70, BUNDLED), BUNDLED),
        (REDIS_70, (BUNDLED,), BUNDLED),
        (None, (REDIS_70, BUNDLED), BUNDLED),
        (None, (REDIS_70,), REDIS_70),
    ],
)
def test_data_stays_with_its_server(
    tmp_path: Path, writer: Make | None, here: tuple[Make, ...], taken: Make
) -> None:
    """Where that one is gone or has become older, the bundled one steps in if it can."""
    assert taken == chosen(a_folder(tmp_path, writer), *here)


@pytest.mark.parametrize(("writer", "here"), [(REDIS_74, (REDIS_70, BUNDLED)), (BUNDLED, (REDIS_74,))])
def test_data_that_nobody_here_can_read_is_left_alone(
    tmp_path: Path, writer: Make, here: tuple[Make, ...]
) -> None:
    """One sentence names the writer and the ways out, and no repair is advised."""
    folder = a_folder(tmp_path, writer)

    with pytest.raises(CannotStart, match=r"was written by .*RELAY_DATA_DIR\.$") as refusal:
        chosen(folder, *here)

    assert str(writer) in str(refusal.value)
    assert "check-aof" not in str(refusal.value)


def test_a_machine_without_any_server_is_said(tmp_path: Path) -> None:
    """With both remedies."""
    with pytest.raises(CannotStart, match=r"install redis-server.*REDIS_URL"):
        chosen(tmp_path)


def test_the_note_is_kept_and_follows_the_server(tmp_path: Path) -> None:
    """Whoever opened the data last is its writer."""
    for make in (REDIS_70, BUNDLED):
        note_writer(tmp_path, make)

    assert writer_of(tmp_path) == BUNDLED


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"origin": 1, "family": 2, "version": "x"}'])
def test_a_spoiled_note_counts_as_none(tmp_path: Path, text: str) -> None:
    """It is a help, not a condition."""
    (tmp_path / NOTE).write_text(text, encoding="utf-8")

    assert writer_of(tmp_path) is None

"""Values that are made once and kept."""

from __future__ import annotations

import stat
from pathlib import Path

from local.kept import keep, kept


def test_a_value_is_made_once_and_then_the_same_for_ever(tmp_path: Path) -> None:
    """The second call gives what the first one made."""
    file = tmp_path / "key"

    assert ["first", "first"] == [kept(file, lambda: "first"), kept(file, lambda: "second")]


def test_an_empty_file_counts_as_nothing_kept(tmp_path: Path) -> None:
    """A file that a crash left empty is no secret."""
    file = tmp_path / "key"
    file.touch()

    assert "made" == kept(file, lambda: "made")


def test_only_the_owner_can_read_what_is_kept(tmp_path: Path) -> None:
    """Other users of the machine see nothing, also where a readable file stood before."""
    file = tmp_path / "key"
    file.touch(mode=0o644)

    keep(file, "secret")

    assert 0o600 == stat.S_IMODE(file.stat().st_mode)


def test_nothing_but_the_file_stays_in_the_folder(tmp_path: Path) -> None:
    """The draft becomes the file."""
    keep(tmp_path / "key", "secret")

    assert ["key"] == [path.name for path in tmp_path.iterdir()]

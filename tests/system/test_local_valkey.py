"""The embedded Redis, as a real server."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from local.errors import CannotStart
from local.ports import LOOPBACK, free_port
from local.valkey import EmbeddedValkey


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """Give a server that runs, in a folder whose name needs care."""
    with EmbeddedValkey(tmp_path / "a folder's data") as server:
        yield server


def connected(server: EmbeddedValkey) -> redis.Redis:
    """Give a client of the server."""
    return redis.Redis.from_url(server.url, decode_responses=True)


def test_a_power_cut_loses_nothing_that_was_acknowledged(valkey: EmbeddedValkey) -> None:
    """What was written before a SIGKILL is there after the next start, at the same address."""
    address = valkey.url
    with connected(valkey) as client:
        for number in range(500):
            client.set(f"record:{number}", number)

        valkey.kill()
        valkey.start()

        assert 500 == client.dbsize()
    assert address == valkey.url


def test_a_restart_keeps_address_and_data(valkey: EmbeddedValkey) -> None:
    """Clients need not be told."""
    with connected(valkey) as client:
        client.set("record", "kept")

        valkey.restart()

        assert "kept" == client.get("record")


def test_a_new_house_on_the_same_folder_finds_the_data(tmp_path: Path) -> None:
    """Tomorrow's server continues where today's ended, with the same password."""
    with EmbeddedValkey(tmp_path) as today, connected(today) as client:
        client.set("record", "kept")

    with EmbeddedValkey(tmp_path) as tomorrow, connected(tomorrow) as client:
        assert "kept" == client.get("record")
    assert today.url == tomorrow.url


def test_the_server_is_durable_and_never_forgets_for_want_of_memory(valkey: EmbeddedValkey) -> None:
    """Every write reaches the disk before it is acknowledged; a full memory refuses writes instead of dropping keys."""
    names = ["appendonly", "appendfsync", "maxmemory-policy", "bind", "save"]

    with connected(valkey) as client:
        settings = client.config_get(*names)

    assert {
        "appendonly": "yes",
        "appendfsync": "always",
        "maxmemory-policy": "noeviction",
        "bind": LOOPBACK,
        "save": "",
    } == settings


def test_tests_may_trade_durability_for_speed(tmp_path: Path) -> None:
    """The fsync policy is the caller's choice."""
    with EmbeddedValkey(tmp_path, fsync="no") as server, connected(server) as client:
        assert {"appendfsync": "no"} == client.config_get("appendfsync")


def test_nobody_gets_in_without_the_password(valkey: EmbeddedValkey) -> None:
    """Other users of the machine can reach the port, and no more."""
    with (
        redis.Redis(host=LOOPBACK, port=valkey.port, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_the_password_is_in_no_process_list(valkey: EmbeddedValkey) -> None:
    """It lies in files that only their owner can read."""
    arguments = Path(f"/proc/{valkey.pid}/cmdline")
    if not arguments.exists():
        pytest.skip("this system has no /proc")

    assert valkey.password not in arguments.read_text(encoding="utf-8")
    assert {0o600} == {
        stat.S_IMODE((valkey.directory / name).stat().st_mode) for name in ("password", "valkey.conf")
    }


def test_a_saved_port_that_somebody_took_is_replaced(tmp_path: Path) -> None:
    """The port is a habit, not a promise."""
    with EmbeddedValkey(tmp_path) as first:
        taken = first.port

    with socket.create_server((LOOPBACK, taken)), EmbeddedValkey(tmp_path) as second:
        assert taken != second.port


def test_a_given_port_that_is_taken_stops_the_start(tmp_path: Path) -> None:
    """The caller chose it, so the caller hears of it."""
    port = free_port()

    with (
        socket.create_server((LOOPBACK, port)),
        pytest.raises(CannotStart, match="The embedded Redis did not start"),
    ):
        EmbeddedValkey(tmp_path, port=port).start()


def test_a_stopped_server_is_gone(valkey: EmbeddedValkey) -> None:
    """Neither process nor port is left."""
    valkey.stop()

    assert not valkey.child.alive
    assert not valkey.answers()

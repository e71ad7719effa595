"""The embedded Redis, as a real server."""

from __future__ import annotations

import shutil
import socket
import stat
from collections.abc import Callable, Iterator
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


# Stands in for an installed server that cannot read what a newer one wrote, and says so as they do.
UNABLE = """#!/bin/sh
if [ "$1" = --version ]; then echo 'Redis server v=7.0.15 sha=00000000:0'; exit; fi
echo '9:M 22 Nov 2026 19:22:07.029 # Bad file format reading the append only file appendonly.aof.1.base.rdb: \
make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>'
exit 1
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Give a function that makes a text the only installed server, or leaves none."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install_it(text: str | None) -> None:
        binary = folder / "redis-server"
        binary.unlink(missing_ok=True)
        if text is not None:
            binary.write_text(text, encoding="utf-8")
            binary.chmod(0o755)

    return install_it


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


def test_data_of_the_bundled_server_stays_with_it(
    tmp_path: Path, install: Callable[[str | None], None]
) -> None:
    """A server that somebody installs later may be unable to read it."""
    install(None)
    with EmbeddedValkey(tmp_path / "data") as today, connected(today) as client:
        client.set("record", "kept")
    install(UNABLE)

    with EmbeddedValkey(tmp_path / "data") as tomorrow, connected(tomorrow) as client:
        assert "kept" == client.get("record")


def test_data_of_an_installed_server_that_is_gone_is_opened_with_the_bundled_one(
    tmp_path: Path, install: Callable[[str | None], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And stays with that, should the installed one come back."""
    monkeypatch.undo()
    redis_server = shutil.which("redis-server")
    if redis_server is None:
        pytest.skip("no redis-server is installed here")
    monkeypatch.setenv("PATH", str(Path(redis_server).parent))
    with EmbeddedValkey(tmp_path / "data") as yesterday, connected(yesterday) as client:
        client.set("record", "kept")
    monkeypatch.setenv("PATH", "/nowhere")
    with EmbeddedValkey(tmp_path / "data") as today, connected(today) as client:
        client.set("another", "kept too")
    monkeypatch.setenv("PATH", str(Path(redis_server).parent))

    with EmbeddedValkey(tmp_path / "data") as tomorrow, connected(tomorrow) as client:
        assert ["kept", "kept too"] == client.mget("record", "another")


def test_a_servers_advice_to_repair_its_files_is_not_passed_on(
    tmp_path: Path, install: Callable[[str | None], None]
) -> None:
    """It may cost data that another server reads well; the sentence is ours, and so are the remedies."""
    install(UNABLE)
    server = EmbeddedValkey(tmp_path / "data")

    with pytest.raises(CannotStart) as refusal:
        server.start()

    assert "cannot read its data" in str(refusal.value)
    assert "RELAY_DATA_DIR" in str(refusal.value)
    assert not any("check-aof" in text for text in [str(refusal.value), *server.child.last_lines])

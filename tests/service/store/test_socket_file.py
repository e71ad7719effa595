"""A Redis that listens on a file."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from local.valkey_binary import find_servers
from relay.config import load_settings
from relay.store import open_store
from tests.waiting import until

ENOUGH = {"RELAY_SECRET_KEY": "s" * 32, "RELAY_ADMIN_KEY": "a" * 16}


@pytest.fixture
def address() -> Iterator[str]:
    """The address of such a server. The names of socket files have to be short."""
    with TemporaryDirectory(prefix="r") as folder:
        socket = Path(folder) / "s"
        binary = str(find_servers()[0].binary)
        command = [binary, "--port", "0", "--unixsocket", str(socket), "--dir", folder, "--save", ""]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
            until(socket.exists)
            yield f"unix://{socket}?db=0"
            server.kill()


def test_a_socket_file_is_an_address_like_any_other(address: str) -> None:
    """For commands, for scripts and for the queue of turns."""
    store = open_store(load_settings({**ENOUGH, "REDIS_URL": address}))
    store.presence.note("worker-1")

    answers = (store.presence.workers(), store.turns.waiting(), store.lanes.one_whose_time_has_come())
    store.close()

    assert (1, 0, None) == answers

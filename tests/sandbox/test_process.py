"""`python -m sandbox` as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox import seed
from tests.sandbox.addresses import INVITATIONS
from tests.sandbox.calling import Client

COMMAND = [sys.executable, "-m", "sandbox"]
HANG = 50  # seconds


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of a running sandbox process."""
    with subprocess.Popen([*COMMAND, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        yield _address(process)
        process.terminate()


def _address(process: subprocess.Popen[str]) -> str:
    """Read the address from the first line, which comes when the port is open."""
    assert process.stdout is not None
    return process.stdout.readline().split()[1]


@pytest.mark.parametrize("fault", ["cut_before", "cut_after", "cut_midway", "hang"])
def test_connections_break_under_gunicorn_too(address: str, fault: str) -> None:
    """Same faults, other server: a reset for the client, and the server goes on."""
    client = Client(address)
    client.control("POST", "/reset")
    client.control("POST", "/faults", {"fault": fault, "seconds": 0.1, "times": 3})
    for number in range(3):
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            client.post(INVITATIONS, {"email": f"a{number}@new.example"})
    calls = client.control("GET", "/calls").json()["calls"]
    client.session.close()

    assert [fault in {"cut_after", "cut_midway"}] * 3 == [call["effect"] for call in calls]


def test_the_state_is_one_for_all_connections(address: str) -> None:
    """What one connection changes, another sees."""
    clients = [Client(address) for _ in range(4)]
    clients[0].control("POST", "/reset")
    clients[0].delete(f"/invitee_no_shows/{seed.NO_SHOW}")
    answers = [client.get(f"/invitee_no_shows/{seed.NO_SHOW}") for client in clients]
    for client in clients:
        client.session.close()

    assert [404] * 4 == [answer.status_code for answer in answers]


def test_a_taken_port_is_said_in_one_sentence(address: str) -> None:
    """No traceback, exit code 1."""
    port = address.rsplit(":", 1)[1]
    done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, timeout=30, check=False)

    assert 1 == done.returncode
    expected = (
        f"sandbox: cannot listen on 127.0.0.1:{port}: address already in use; choose another with --port.\n"
    )
    assert expected == done.stderr


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once(stop: signal.Signals) -> None:
    """Even while a client hangs on an open connection, and long before that would end by itself."""
    with subprocess.Popen([*COMMAND, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        client = Client(_address(process))
        client.get("/users/me")
        client.control("POST", "/faults", {"fault": "hang", "seconds": HANG})
        client.timeout = 0.2
        with pytest.raises(requests.ReadTimeout):
            client.get("/users/me")
        process.send_signal(stop)
        code = process.wait(timeout=HANG / 2)
        client.session.close()

    assert 0 == code


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists a process's children in /proc")
def test_it_ends_when_its_world_is_lost() -> None:
    """A world that silently began anew would pass for the old one."""
    with subprocess.Popen([*COMMAND, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        requests.get(f"{_address(process)}/calls", timeout=30)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        os.kill(int(children.read_text(encoding="utf-8")), signal.SIGKILL)
        code = process.wait(timeout=30)

    assert 0 == code

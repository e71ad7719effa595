"""The supervisor, in a process of its own, with stand-ins for the processes of the house."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 40.0  # seconds for anything that should happen at once

# The stand-ins: `polite` ends when asked, `stubborn` does not, `family` has a child that outlives it.
HOUSE = """
import sys
import local.supervisor
from local.child import Child
from local.supervisor import Supervisor
from local.terminal import Terminal

BEGIN = "import os, signal, subprocess, sys, time;"
SAY = "print('pid', os.getpid(), flush=True);"  # last, so that who reads it may send signals
# Their handlers write at once: one that comes while `print` is at work must not use it.
POLITE = BEGIN + "signal.signal(15, lambda *_: (os.write(1, b'bye' + bytes([10])), sys.exit()));" + SAY + "time.sleep(600)"
STUBBORN = (
    BEGIN + "signal.signal(15, lambda *_: os.write(1, b'no' + bytes([10])));" + SAY + "[time.sleep(1) for _ in range(600)]"
)
FAMILY = (
    BEGIN + "signal.signal(15, lambda *_: sys.exit()); kin = subprocess.Popen(['sleep', '600']);"
    "print('kin', kin.pid, flush=True); time.sleep(600)"
)
KINDS = {"polite": POLITE, "stubborn": STUBBORN, "family": FAMILY}

local.supervisor.STOP_TIME = float(sys.argv[1])
terminal = Terminal()
supervisor = Supervisor(terminal.say)
with supervisor.listening():
    try:
        for stage in sys.argv[2:]:
            wishes = [wish.split(":") for wish in stage.split(",")]
            supervisor.start(*(
                Child(name, [sys.executable, "-c", KINDS[kind]], listener=terminal.listener(name))
                for name, kind in wishes
            ))
        supervisor.watch(lambda: None)
    finally:
        supervisor.stop()
"""


class House:
    """A supervisor that runs, and what it has printed."""

    def __init__(self, *stages: str, stop_time: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOUSE, str(stop_time), *stages],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._arriving: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def waits_for(self, pattern: str) -> re.Match[str]:
        """Read on until a line fits the pattern."""
        deadline = time.monotonic() + PATIENCE
        while True:
            line = self._arriving.get(timeout=max(deadline - time.monotonic(), 0.01))
            self.lines.append(line)
            if match := re.search(pattern, line):
                return match

    def ends(self) -> int:
        """Wait for the end and give the exit code."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        while not self._arriving.empty():
            self.lines.append(self._arriving.get())
        return code

    def close(self) -> None:
        """Leave no process behind."""
        self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._arriving.put(line.rstrip("\n"))


@pytest.fixture
def run_house() -> Iterator[Callable[..., House]]:
    """Give a function that starts a house; every house ends with the test."""
    houses: list[House] = []

    def run(*stages: str, stop_time: float = 60.0) -> House:
        houses.append(House(*stages, stop_time=stop_time))
        return houses[-1]

    yield run
    for house in houses:
        house.close()


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended; one that nobody has collected yet has ended too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"


def ends_soon(pid: int) -> bool:
    """Wait until a process has ended, for a bounded time."""
    deadline = time.monotonic() + PATIENCE
    while not is_gone(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_gone(pid)


def test_a_child_that_dies_is_started_again(run_house: Callable[..., House]) -> None:
    """Its death and the restart are said."""
    house = run_house("worker:polite")
    first = int(house.waits_for(r"worker +\| pid (\d+)")[1])

    os.kill(first, signal.SIGKILL)

    house.waits_for(r"worker was ended by SIGKILL; starting it again in 0.2 s")
    assert first != int(house.waits_for(r"worker +\| pid (\d+)")[1])


@pytest.mark.parametrize("wish", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopping_ends_the_stages_in_reverse_order(
    run_house: Callable[..., House], wish: signal.Signals
) -> None:
    """Those who write to Redis end before Redis does, and the house ends well."""
    house = run_house("redis:polite", "sandbox:polite", "web:polite,worker:polite")
    for _ in range(4):
        house.waits_for(r"\| pid \d+")
    house.process.send_signal(wish)

    code = house.ends()

    byes = [line.split()[0] for line in house.lines if line.endswith("bye")]
    assert 0 == code
    assert {"web", "worker"} == set(byes[:2])
    assert ["sandbox", "redis"] == byes[2:]


def test_who_does_not_stop_is_killed_in_time(run_house: Callable[..., House]) -> None:
    """The deadline is the supervisor's, not the child's, and the exit code stays 0."""
    house = run_house("worker:stubborn", stop_time=0.5)
    pid = int(house.waits_for(r"pid (\d+)")[1])
    house.process.send_signal(signal.SIGINT)

    code = house.ends()

    assert 0 == code
    assert is_gone(pid)
    assert any("worker did not stop in time; killing it" in line for line in house.lines)


def test_a_second_ctrl_c_kills_at_once(run_house: Callable[..., House]) -> None:
    """Somebody who presses it again does not want to wait."""
    house = run_house("worker:stubborn", stop_time=60.0)
    pid = int(house.waits_for(r"pid (\d+)")[1])
    house.process.send_signal(signal.SIGINT)
    house.waits_for("worker +. no")
    deadline = time.monotonic() + PATIENCE
    while (
        not is_gone(pid) and time.monotonic() < deadline
    ):  # once more after that might find it on its way out
        house.process.send_signal(signal.SIGINT)
        time.sleep(0.1)

    assert 0 == house.ends()
    assert is_gone(pid)


def test_a_ctrl_c_at_the_terminal_does_not_reach_the_children(run_house: Callable[..., House]) -> None:
    """Each child has a session of its own: the supervisor alone decides about the order."""
    house = run_house("redis:polite")
    pid = int(house.waits_for(r"pid (\d+)")[1])

    assert pid == os.getsid(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a process to its parent")
def test_no_child_survives_the_death_of_the_supervisor(run_house: Callable[..., House]) -> None:
    """Even after SIGKILL nothing keeps a port or the data folder."""
    house = run_house("redis:polite", "worker:stubborn")
    pids = [int(house.waits_for(r"pid (\d+)")[1]) for _ in range(2)]

    house.process.kill()

    assert [True, True] == [ends_soon(pid) for pid in pids]


def test_what_a_child_leaves_behind_is_cleared_away(run_house: Callable[..., House]) -> None:
    """A process that a child started and forgot goes with it."""
    house = run_house("web:family")
    kin = int(house.waits_for(r"kin (\d+)")[1])
    house.process.send_signal(signal.SIGTERM)

    assert 0 == house.ends()
    assert ends_soon(kin)

"""`python -m local run` and `demo`, whole."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from local.__main__ import main
from local.data_dir import DataDir
from local.ports import LOOPBACK, free_port

ROOT = Path(__file__).resolve().parents[2]
START_TIME = 40.0  # seconds for a whole house on a busy machine
STOP_TIME = 10.0  # seconds, as promised


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Give the settings of a house with a folder and ports of its own, whatever this machine has set."""
    cleared = {name: "" for name in os.environ if name.startswith(("RELAY_", "CALENDLY_", "REDIS_"))}
    return {
        **cleared,
        "PORT": str(free_port()),
        "REDIS_URL": "",
        "RELAY_DATA_DIR": str(tmp_path / "data"),
        "RELAY_SANDBOX_URL": f"http://{LOOPBACK}:{free_port()}",
        "WEB_CONCURRENCY": "1",
    }


@pytest.fixture
def set_environ(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> Callable[..., None]:
    """Give a function that sets the house's environment in this process."""

    def set_it(**changes: str) -> None:
        for name, value in {**environ, **changes}.items():
            monkeypatch.setenv(name, value)

    return set_it


@pytest.fixture
def start_house(environ: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Give a function that starts `run`, its output in the file `output`; nothing survives the test."""
    houses: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        with (tmp_path / "output").open("wb") as output:
            houses.append(
                subprocess.Popen(
                    [sys.executable, "-m", "local", "run"],
                    cwd=ROOT,
                    env={**os.environ, **environ},
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            )
        return houses[-1]

    yield start
    for house in houses:
        house.kill()
        house.wait()


def line_to_paste(output: Path) -> list[str]:
    """Wait for the banner and give the words of its curl line."""
    deadline = time.monotonic() + START_TIME
    while time.monotonic() < deadline:
        match = re.search(r"^ +(curl .*)$", output.read_text(encoding="utf-8"), re.MULTILINE)
        if match and "Ctrl-C stops everything." in output.read_text(encoding="utf-8"):
            return shlex.split(match[1])
        time.sleep(0.05)
    raise AssertionError(output.read_text(encoding="utf-8"))


def paste(words: list[str]) -> requests.Response:
    """Do what curl would do with the line."""
    headers = dict(word.split(": ", 1) for option, word in itertools.pairwise(words) if option == "-H")
    return requests.post(words[2], headers=headers, data=words[-1], timeout=5)


def callback_about(delivery: str, sandbox_url: str) -> dict[str, object]:
    """Wait for the callback about a delivery at the sandbox's receiver."""
    deadline = time.monotonic() + START_TIME
    while time.monotonic() < deadline:
        found = requests.get(f"{sandbox_url}/_sandbox/callbacks?name=demo", timeout=5).json()["callbacks"]
        for callback in found:
            if callback["json"]["data"]["delivery"] == delivery:
                return dict(callback)
        time.sleep(0.05)
    raise AssertionError(f"no callback about {delivery}")


def stopped(house: subprocess.Popen[bytes]) -> tuple[int, bool]:
    """Press Ctrl-C; give the exit code, and whether it took no longer than promised."""
    began = time.monotonic()
    house.send_signal(signal.SIGINT)
    code = house.wait(STOP_TIME * 2)
    return code, time.monotonic() - began < STOP_TIME


@pytest.mark.timeout(120)
def test_run_starts_everything_and_stops_it_again_twice(
    start_house: Callable[[], subprocess.Popen[bytes]], environ: dict[str, str], tmp_path: Path
) -> None:
    """The pasted line works, its callback is verified, and the second run finds keys and data of the first."""
    lines, outcomes = [], []

    for _ in range(2):
        house = start_house()
        lines.append(line_to_paste(tmp_path / "output"))
        answer = paste(lines[-1])
        callback = callback_about(answer.json()["accepted"][0]["delivery"], environ["RELAY_SANDBOX_URL"])
        outcomes.append((answer.status_code, callback["signature"], *stopped(house)))

    assert [(202, "verified", 0, True)] * 2 == outcomes
    assert lines[0] == lines[1]


@pytest.mark.timeout(90)
def test_demo_shows_the_whole_way(
    capfd: pytest.CaptureFixture[str], set_environ: Callable[..., None]
) -> None:
    """Record, answer and callback are printed, and nothing keeps running."""
    set_environ()

    code = main(["demo"])

    out = capfd.readouterr().out
    assert 0 == code
    assert "The callback's signature verified. booking_url: https://calendly.com/d/" in out
    shown = [json.loads(block) for block in re.findall(r"^\{$.*?^\}$", out, re.MULTILINE | re.DOTALL)]
    assert shown[1]["accepted"][0]["delivery"] == shown[2]["data"]["delivery"]


def test_a_taken_port_is_said_in_one_sentence(
    capsys: pytest.CaptureFixture[str], set_environ: Callable[..., None], environ: dict[str, str]
) -> None:
    """The sentence names the port and the way out."""
    set_environ()
    port = int(environ["PORT"])

    with socket.create_server((LOOPBACK, port)):
        code = main(["run"])

    error = capsys.readouterr().err
    assert 1 == code
    assert f"Port {port} is taken: " in error
    assert f"`PORT={port + 100} make run`" in error
    assert 1 == error.count("\n")


def test_a_taken_sandbox_port_is_said_in_one_sentence(
    capsys: pytest.CaptureFixture[str], set_environ: Callable[..., None]
) -> None:
    """The sandbox has a setting of its own."""
    port = free_port()
    set_environ(RELAY_SANDBOX_URL=f"http://{LOOPBACK}:{port}")

    with socket.create_server((LOOPBACK, port)):
        code = main(["run"])

    error = capsys.readouterr().err
    assert 1 == code
    assert f"Port {port}, for the sandbox, is taken: " in error
    assert 1 == error.count("\n")


def test_a_second_house_on_the_same_folder_is_refused(
    capsys: pytest.CaptureFixture[str], set_environ: Callable[..., None], environ: dict[str, str]
) -> None:
    """Two Redis servers on one file would destroy it."""
    set_environ()
    first = DataDir(Path(environ["RELAY_DATA_DIR"]))
    first.claim()

    code = main(["run"])
    first.release()

    assert 1 == code
    assert "Another relay already runs on the data folder" in capsys.readouterr().err


def test_every_wrong_setting_is_named(
    capsys: pytest.CaptureFixture[str], set_environ: Callable[..., None]
) -> None:
    """Nothing is started, and no traceback is shown."""
    set_environ(RELAY_MAX_RECORDS="none", RELAY_LOG_LEVEL="loud")

    code = main(["run"])

    error = capsys.readouterr().err
    assert 1 == code
    assert "RELAY_MAX_RECORDS" in error
    assert "RELAY_LOG_LEVEL" in error
    assert "Traceback" not in error


def test_a_process_that_cannot_start_ends_the_demo(
    capfd: pytest.CaptureFixture[str], set_environ: Callable[..., None]
) -> None:
    """What the processes said last is shown, with a sentence about what did not happen."""
    set_environ(REDIS_URL="redis://127.0.0.1:1/0", RELAY_SECRET_KEY="s" * 32)

    code = main(["demo"])

    shown = capfd.readouterr()
    assert 1 == code
    assert "--- the last lines of worker" in shown.out
    assert shown.err

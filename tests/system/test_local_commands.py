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
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
import requests

from local import processes
from local.commands import main
from local.data_dir import DataDir
from local.ports import LOOPBACK, free_port
from local.valkey import EmbeddedValkey

ROOT = Path(__file__).resolve().parents[2]
START_TIME = 90.0  # seconds for a whole house on a busy machine
STOP_TIME = 40.0  # seconds; one or two on a machine that does nothing else
PATIENCE = 0.5  # seconds for a Redis that is not there, where five are usual
LITTLE = ["+dbsize", "+exists", "+select", "+hello", "+client", "+ping"]  # what a guest of Redis may do


def settings_in(folder: Path) -> dict[str, str]:
    """Give the settings of a house with a folder and ports of its own, whatever this machine has set."""
    cleared = {name: "" for name in os.environ if name.startswith(("RELAY_", "CALENDLY_", "REDIS_"))}
    return {
        **cleared,
        "PORT": str(free_port()),
        "REDIS_URL": "",
        "RELAY_DATA_DIR": str(folder / "data"),
        "RELAY_SANDBOX_URL": f"http://{LOOPBACK}:{free_port()}",
        "WEB_CONCURRENCY": "1",
    }


def begin(environ: dict[str, str], output: Path) -> subprocess.Popen[bytes]:
    """Start `run`, its output in this file."""
    command = [sys.executable, "-m", "local", "run"]
    with output.open("wb") as file:
        return subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environ}, stdout=file, stderr=subprocess.STDOUT
        )


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Give the settings of a house of the test's own."""
    return settings_in(tmp_path)


@pytest.fixture
def set_environ(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> Callable[..., None]:
    """Give a function that sets the house's environment in this process."""

    def set_it(**changes: str) -> None:
        for name, value in {**environ, **changes}.items():
            monkeypatch.setenv(name, value)

    return set_it


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait long for a Redis that is not there."""
    monkeypatch.setattr(processes, "REDIS_TIME", PATIENCE)


@pytest.fixture
def other_redis(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """Give a Redis that the house does not bring itself."""
    with EmbeddedValkey(tmp_path / "other", fsync="no") as server:
        yield server


@pytest.fixture
def start_house(environ: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Give a function that starts `run`, its output in the file `output`; nothing survives the test."""
    houses: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        houses.append(begin(environ, tmp_path / "output"))
        return houses[-1]

    yield start
    for house in houses:
        house.kill()
        house.wait()


@dataclass(frozen=True, slots=True)
class Standing:
    """A house that runs on somebody else's Redis, and the words of its curl line."""

    process: subprocess.Popen[bytes]
    redis: EmbeddedValkey
    environ: dict[str, str]
    output: Path
    words: list[str]


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """Give a house for what it must survive; whatever that was, a Ctrl-C then ends it well."""
    folder = tmp_path_factory.mktemp("standing")
    with EmbeddedValkey(folder / "other", fsync="no") as server:
        environ = {**settings_in(folder), "REDIS_URL": server.url}
        house = begin(environ, folder / "output")
        try:
            yield Standing(house, server, environ, folder / "output", line_to_paste(folder / "output"))

            assert 0 == stopped(house)
        finally:
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
    return requests.post(words[2], headers=headers, data=words[-1], timeout=30)


def callback_about(delivery: str, sandbox_url: str) -> dict[str, object]:
    """Wait for the callback about a delivery at the sandbox's receiver."""
    deadline = time.monotonic() + START_TIME
    while time.monotonic() < deadline:
        found = requests.get(f"{sandbox_url}/_sandbox/callbacks?name=demo", timeout=30).json()["callbacks"]
        for callback in found:
            if callback["json"]["data"]["delivery"] == delivery:
                return dict(callback)
        time.sleep(0.05)
    raise AssertionError(f"no callback about {delivery}")


def wait_for_text(output: Path, text: str) -> None:
    """Wait until the house has printed a text."""
    deadline = time.monotonic() + START_TIME
    while time.monotonic() < deadline:
        if text in output.read_text(encoding="utf-8"):
            return
        time.sleep(0.05)
    raise AssertionError(output.read_text(encoding="utf-8"))


def wait_for_readiness(environ: dict[str, str], status: int) -> None:
    """Wait until the relay answers so when it is asked whether it is ready."""
    deadline = time.monotonic() + START_TIME
    while time.monotonic() < deadline:
        if requests.get(f"http://{LOOPBACK}:{environ['PORT']}/readyz", timeout=30).status_code == status:
            return
        time.sleep(0.05)
    raise AssertionError(f"/readyz is never answered {status}")


def stopped(house: subprocess.Popen[bytes]) -> int:
    """Press Ctrl-C and give the exit code."""
    house.send_signal(signal.SIGINT)
    return house.wait(STOP_TIME)


def test_run_starts_everything_and_stops_it_again_twice(
    start_house: Callable[[], subprocess.Popen[bytes]], environ: dict[str, str], tmp_path: Path
) -> None:
    """The pasted line works, its callback is verified, and the second run finds keys and data of the first.

    Between the lines of the relay nothing is said by servers that start and stop as they should.
    """
    lines, outcomes, chatter = [], [], []

    for _ in range(2):
        house = start_house()
        lines.append(line_to_paste(tmp_path / "output"))
        answer = paste(lines[-1])
        callback = callback_about(answer.json()["accepted"][0]["delivery"], environ["RELAY_SANDBOX_URL"])
        outcomes.append((answer.status_code, callback["signature"], stopped(house)))
        said = (tmp_path / "output").read_text(encoding="utf-8").splitlines()
        chatter += [line for line in said if line.startswith("redis") or "[INFO]" in line]

    assert [(202, "verified", 0)] * 2 == outcomes
    assert lines[0] == lines[1]
    assert [] == chatter


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
    capfd: pytest.CaptureFixture[str], set_environ: Callable[..., None], other_redis: EmbeddedValkey
) -> None:
    """What the processes said last is shown, with a sentence about what did not happen."""
    with redis.Redis.from_url(other_redis.url) as client:
        client.acl_setuser("guest", enabled=True, passwords=["+guest"], keys=["*"], commands=LITTLE)
    set_environ(REDIS_URL=f"redis://guest:guest@{LOOPBACK}:{other_redis.port}/0")

    code = main(["demo"])

    shown = capfd.readouterr()
    assert 1 == code
    assert "--- the last lines of worker" in shown.out
    assert shown.err


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (f"redis://u:hidden@{LOOPBACK}:{{closed}}/3", "cannot be reached: connection refused."),
        (f"redis://:hidden@{LOOPBACK}:{{port}}/0", "does not accept the user and password of REDIS_URL."),
        (f"redis://{LOOPBACK}:{{port}}/0", "wants a password, and REDIS_URL has none."),
        (f"redis://:{{password}}@{LOOPBACK}:{{port}}/99", "has no database 99."),
    ],
)
@pytest.mark.parametrize("command", ["run", "demo"])
@pytest.mark.usefixtures("impatient")
def test_a_redis_that_cannot_be_used_is_said_in_one_sentence(
    capsys: pytest.CaptureFixture[str],
    set_environ: Callable[..., None],
    other_redis: EmbeddedValkey,
    command: str,
    address: str,
    says: str,
) -> None:
    """Soon, with host and port, and never with the password."""
    values = {"port": other_redis.port, "closed": free_port(), "password": other_redis.password}
    set_environ(REDIS_URL=address.format(**values))
    began = time.monotonic()

    code = main([command])

    error = capsys.readouterr().err
    assert 1 == code
    assert f"The Redis that REDIS_URL names, {LOOPBACK}:" in error
    assert error.endswith(f"{says}\n")
    assert 1 == error.count("\n")
    assert not any(secret in error for secret in ("hidden", other_redis.password))
    assert time.monotonic() - began < 40


def test_a_demo_leaves_other_peoples_redis_alone(
    capsys: pytest.CaptureFixture[str], set_environ: Callable[..., None], other_redis: EmbeddedValkey
) -> None:
    """Its worker would take the work that waits there."""
    set_environ(REDIS_URL=other_redis.url)
    with redis.Redis.from_url(other_redis.url) as client:
        client.set("somebody's", "data")

        code = main(["demo"])

        assert [b"somebody's"] == client.keys()
    error = capsys.readouterr().err
    assert 1 == code
    assert f"{LOOPBACK}:{other_redis.port}, database 0, is not empty" in error
    assert 1 == error.count("\n")


def test_a_demo_leaves_an_empty_redis_empty(
    set_environ: Callable[..., None], other_redis: EmbeddedValkey
) -> None:
    """So that it can be shown again."""
    set_environ(REDIS_URL=other_redis.url)

    code = main(["demo"])

    with redis.Redis.from_url(other_redis.url) as client:
        assert [] == client.keys()
    assert 0 == code


def test_new_keys_never_meet_the_secrets_of_a_relay(
    capsys: pytest.CaptureFixture[str],
    set_environ: Callable[..., None],
    environ: dict[str, str],
    other_redis: EmbeddedValkey,
) -> None:
    """Refused each time: the first refusal keeps no key that the second start would take for the right one."""
    set_environ(REDIS_URL=other_redis.url)
    with redis.Redis.from_url(other_redis.url) as client:
        client.sadd("relay:destinations", "hires")

    codes = [main(["run"]), main(["run"])]

    error = capsys.readouterr().err
    assert [1, 1] == codes
    assert 2 == error.count("a made-up RELAY_SECRET_KEY could not open them")
    assert not (Path(environ["RELAY_DATA_DIR"]) / "secret_key").exists()


def test_a_redis_that_goes_away_later_stops_nobody(standing: Standing) -> None:
    """The house goes on, and so does the relay when Redis is back."""
    standing.redis.kill()
    wait_for_readiness(standing.environ, 503)
    standing.redis.start()
    wait_for_readiness(standing.environ, 200)

    answer = paste(standing.words)

    delivery = answer.json()["accepted"][0]["delivery"]
    callback = callback_about(delivery, standing.environ["RELAY_SANDBOX_URL"])
    assert "verified" == callback["signature"]
    assert standing.process.poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists a process's children in /proc")
def test_a_sandbox_that_was_started_again_still_checks_signatures(standing: Standing) -> None:
    """It forgets everything when it ends, so the house tells it again."""
    house = standing.process
    (sandbox,) = [
        pid
        for pid in Path(f"/proc/{house.pid}/task/{house.pid}/children").read_text(encoding="utf-8").split()
        if b"-m\0sandbox\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    os.killpg(int(sandbox), signal.SIGKILL)
    wait_for_text(standing.output, "it has been told the signing secret again")

    answer = paste(standing.words)

    delivery = answer.json()["accepted"][0]["delivery"]
    callback = callback_about(delivery, standing.environ["RELAY_SANDBOX_URL"])
    assert "verified" == callback["signature"]


def test_a_ctrl_c_while_the_house_is_still_being_loaded_is_quiet(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """Nothing runs yet, so the process just ends."""
    (tmp_path / "dotenv.py").write_text("print('loading', flush=True)\nimport signal\nsignal.pause()\n")
    house = subprocess.Popen(
        [sys.executable, "-m", "local", "run"],
        cwd=ROOT,
        env={**os.environ, **environ, "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert house.stdout is not None
    first = house.stdout.readline()

    house.send_signal(signal.SIGINT)

    said, _ = house.communicate(timeout=STOP_TIME)
    assert (b"loading\n", b"") == (first, said)
    assert -signal.SIGINT == house.returncode

"""`python -m relay` as a process: stopped, killed, piped, and at a terminal."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.processes import ADMIN_KEY, INBOUND_KEY, ROOT, SECRETS, Processes
from tests.system.calendly_double import CalendlyDouble
from tests.system.upstream import AT_REST, Upstream, links
from tests.waiting import until

pytestmark = pytest.mark.one_house

RECORDS = 240  # in requests of three each: enough for somebody to stop in between
FEW = 120  # records, for requests of one each
MORE_THAN_A_PIPE_HOLDS = 400  # deliveries, as a list shows them
SENT_TO = ("stopped", "patient", "barred", "silent")  # destinations that `send` is used for
PATIENCE = 60.0  # seconds
OFTEN = 0.02  # seconds between two looks at a sending that is to be met in the middle


class Terminal:
    """The command line of one relay, as processes."""

    def __init__(self, url: str) -> None:
        own = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environ = {
            **own,
            "RELAY_URL": url,
            "RELAY_ADMIN_KEY": ADMIN_KEY,
            **{f"{name.upper()}_INBOUND_KEY": INBOUND_KEY for name in SENT_TO},
            "TERM": "xterm",
        }

    @contextmanager
    def begin(self, *arguments: object, **places: int) -> Iterator[subprocess.Popen[str]]:
        """Start a command; whatever is left of it at the end is killed."""
        command = [sys.executable, "-m", "relay", *map(str, arguments)]
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environ,
            text=True,
            stdin=places.get("stdin", subprocess.DEVNULL),
            stdout=places.get("stdout", subprocess.PIPE),
            stderr=places.get("stderr", subprocess.PIPE),
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, *arguments: object) -> tuple[int, str, str]:
        """Run a command, and give its exit code, output and errors."""
        with self.begin(*arguments) as process:
            out, err = process.communicate(timeout=PATIENCE)
            return process.returncode, out, err


@pytest.fixture
def terminal(processes: Processes) -> Terminal:
    """The command line of the relay that runs."""
    return Terminal(processes.url)


@pytest.fixture
def bare(upstream: Upstream) -> Upstream:
    """The relay without any destination of an earlier test."""
    for each in upstream.manage("GET", "/destinations")["destinations"]:
        upstream.manage("POST", f"/destinations/{each['id']}/pause")
        until(lambda: is_discarded(upstream, each["id"]))  # noqa: B023  asked at once; calls under way end first
    return upstream


def is_discarded(upstream: Upstream, destination: str) -> bool:
    """Tell whether a destination could be deleted with all that waits there."""
    counts = upstream.counts(destination)
    waiting = counts.total() - sum(counts[state] for state in AT_REST)
    answer = upstream.ask("DELETE", f"/api/v1/destinations/{destination}", {"discard": waiting})
    return answer.status_code == 204


def write_records(folder: Path, name: str, count: int) -> Path:
    """Write a file of records that no two are alike of."""
    file = folder / f"{name}.ndjson"
    file.write_text("".join(f"{json.dumps(each)}\n" for each in links(name, range(count))), encoding="utf-8")
    return file


def test_a_sending_that_is_stopped_and_killed_is_finished_by_running_it_again(
    terminal: Terminal, upstream: Upstream, calendly: CalendlyDouble, tmp_path: Path
) -> None:
    """Every record arrives at Calendly once: Ctrl-C ends quietly with 130, and a SIGKILL is no worse."""
    here = upstream.destination("stopped", "create_scheduling_link", delivery={"concurrency": 16})
    arguments = ("send", here, write_records(tmp_path, here, RECORDS), "--chunk", 3)
    with terminal.begin(*arguments) as process:
        until(lambda: upstream.counts(here).total() > 20, every=OFTEN)
        process.send_signal(signal.SIGINT)
        _, stopped = process.communicate(timeout=PATIENCE)
        assert 130 == process.returncode
    before = upstream.counts(here).total()
    with terminal.begin(*arguments) as process:
        until(lambda: upstream.counts(here).total() > before + 20, every=OFTEN)
        process.kill()
    code, out, err = terminal.run(*arguments)
    until(lambda: upstream.at_rest(here) == RECORDS, PATIENCE)

    assert 0 == code, err
    assert "Stopped." in stopped
    assert "Traceback" not in stopped
    accepted, replayed = (int(part.split()[0]) for part in out.split(", ")[:2])
    assert (RECORDS, True) == (accepted + replayed, replayed >= 40)
    assert {1} == set(calendly.counts(here).values())
    assert RECORDS == len(calendly.counts(here))


def test_a_relay_that_goes_away_for_a_while_is_waited_for(
    terminal: Terminal, processes: Processes, upstream: Upstream, calendly: CalendlyDouble, tmp_path: Path
) -> None:
    """The sending goes on by itself once the relay is back, and nothing is sent twice."""
    here = upstream.destination("patient", "create_scheduling_link", delivery={"concurrency": 16})
    with terminal.begin("send", here, write_records(tmp_path, here, FEW), "--chunk", 1) as process:
        until(lambda: upstream.counts(here).total() > 20, every=OFTEN)
        processes.programs[0].kill()
        processes.programs[0].start()
        out, err = process.communicate(timeout=PATIENCE)
    until(lambda: upstream.at_rest(here) == FEW, PATIENCE)

    assert (0, FEW) == (process.returncode, sum(int(part.split()[0]) for part in out.split(", ")[:2])), err
    assert "Trying again in" in err
    assert {1} == set(calendly.counts(here).values())
    assert FEW == len(calendly.counts(here))


def test_following_shows_what_is_new_until_it_is_stopped(terminal: Terminal, upstream: Upstream) -> None:
    """Also what becomes of it; Ctrl-C is no trouble."""
    here = upstream.destination("followed", "create_scheduling_link")
    [first] = upstream.accept(here, links(here, [0]))
    until(lambda: upstream.at_rest(here) == 1)
    following = ("deliveries", "--destination", here, "--follow", "--json", "--every", "0.1")
    with terminal.begin(*following) as process:
        assert process.stdout is not None
        shown = [json.loads(process.stdout.readline())]
        [second] = upstream.accept(here, links(here, [1]))
        while (shown[-1]["id"], shown[-1]["state"]) != (second, "delivered"):
            shown.append(json.loads(process.stdout.readline()))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)

    assert (130, "") == (process.returncode, err.strip())
    assert first == shown[0]["id"]
    assert {second} == {each["id"] for each in shown[1:]}


def test_a_pipe_that_closes_is_no_trouble(terminal: Terminal, upstream: Upstream) -> None:
    """`| head` is what people type."""
    here = upstream.destination("piped", "create_scheduling_link")
    upstream.manage("POST", f"/destinations/{here}/pause")
    upstream.accept(here, links(here, range(MORE_THAN_A_PIPE_HOLDS)))
    listing = ("deliveries", "--limit", str(MORE_THAN_A_PIPE_HOLDS), "--json")
    with terminal.begin(*listing) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
        process.wait(PATIENCE)

    assert "" == err


@pytest.mark.parametrize(("number", "code", "left"), [("2", 0, 0), ("1", 3, 1)])
def test_what_would_be_lost_is_agreed_to_by_its_number(
    terminal: Terminal, bare: Upstream, tmp_path: Path, number: str, code: int, left: int
) -> None:
    """At the prompt, after the yes."""
    here = bare.destination("pruned", "create_scheduling_link")
    bare.manage("POST", f"/destinations/{here}/pause")
    bare.accept(here, links(here, [0, 1]))
    file = tmp_path / "relay.yaml"
    file.write_text("destinations: []", encoding="utf-8")
    main, other = pty.openpty()
    with terminal.begin("apply", file, "--prune", stdin=other, stdout=other, stderr=other) as process:
        os.close(other)
        read_until(main, "Make these changes? [y/N]: ")
        os.write(main, b"y\n")
        said = read_until(main, "Type that number to lose them: ")
        os.write(main, f"{number}\n".encode())
        said += read_until(main, None)
        process.wait(PATIENCE)
    os.close(main)

    assert code == process.returncode, said
    assert left == len(bare.manage("GET", "/destinations")["destinations"])


@pytest.mark.parametrize(("answer", "code", "made"), [("y", 0, 1), ("n", 3, 0)])
def test_somebody_at_a_terminal_is_asked(
    terminal: Terminal, bare: Upstream, tmp_path: Path, answer: str, code: int, made: int
) -> None:
    """In colour; what they say is done."""
    file = tmp_path / "relay.yaml"
    file.write_text(
        "destinations: [{id: b, template: create_scheduling_link, credential: acme, inbound: {auth: {kind: bearer}}}]",
        encoding="utf-8",
    )
    main, other = pty.openpty()
    with terminal.begin("apply", file, stdin=other, stdout=other, stderr=other) as process:
        os.close(other)
        said = read_until(main, "Make these changes? [y/N]: ")
        os.write(main, f"{answer}\n".encode())
        said += read_until(main, None)
        process.wait(PATIENCE)
    os.close(main)

    assert code == process.returncode, said
    assert "\x1b[32m+ destination b" in said
    assert made == len(bare.manage("GET", "/destinations")["destinations"])


def test_a_bar_shows_how_far_it_is(terminal: Terminal, upstream: Upstream, tmp_path: Path) -> None:
    """At a terminal, while the summary still goes to a pipe."""
    here = upstream.destination("barred", "create_scheduling_link")
    main, other = pty.openpty()
    with terminal.begin("send", here, write_records(tmp_path, here, FEW), stderr=other) as process:
        os.close(other)
        said = read_until(main, None)
        assert process.stdout is not None
        out = process.stdout.read()
        process.wait(PATIENCE)
    os.close(main)

    assert (0, f"{FEW} accepted, 0 already accepted, 0 rejected, 0 skipped.\n") == (
        process.returncode,
        out,
    )
    assert " records" in said


def read_until(terminal: int, text: str | None) -> str:
    """Read what a terminal shows up to a text, or up to its end."""
    said = b""
    with suppress(OSError):  # the other side has closed it
        while (text is None or text.encode() not in said) and (piece := os.read(terminal, 4096)):
            said += piece
    return said.decode()


def test_checking_a_relay_that_works(terminal: Terminal, bare: Upstream) -> None:
    """Redis, a worker, the credential at Calendly and the destination."""
    bare.destination("checked", "create_scheduling_link")
    code, out, err = terminal.run("check")

    assert (0, "") == (code, err)
    assert ["ok"] * 4 == [line.split()[0] for line in out.splitlines()]


def test_no_command_shows_a_secret(terminal: Terminal, upstream: Upstream, tmp_path: Path) -> None:
    """Neither on its own nor in what it exports."""
    here = upstream.destination("silent", "create_scheduling_link", "http://127.0.0.1:9999/")
    said = [terminal.run("export"), terminal.run("check"), terminal.run("deliveries")]
    said.append(terminal.run("send", here, write_records(tmp_path, here, FEW), "--chunk", "1000"))

    told = "".join(f"{out}{err}" for _, out, err in said)
    assert [] == [secret for secret in SECRETS if secret in told]

"""The third ring: real processes, with a Calendly and a receiver of callbacks that the test can look into."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.processes import Processes
from tests.system.calendly_double import CalendlyDouble
from tests.system.callback_receiver import CallbackReceiver
from tests.system.upstream import Upstream

MakeProcesses = Callable[..., Processes]
MADE = pytest.StashKey[list[Processes]]()
LAST_WORDS = 3000  # characters of each process's log that a failure shows


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the processes said last, where a test fails."""
    report = yield
    if report.failed:
        programs = [program for made in item.stash.get(MADE, []) for program in made.programs]
        report.sections += [(f"last words of {each.name}", each.said()[-LAST_WORDS:]) for each in programs]
    return report


@pytest.fixture
def calendly() -> Iterator[CalendlyDouble]:
    """Give a Calendly that counts; at the end, every call that it got must have kept to Calendly's own document."""
    double = CalendlyDouble()
    yield double
    double.close()

    assert [] == double.faults


@pytest.fixture
def receiver() -> Iterator[CallbackReceiver]:
    """Give a receiver of callbacks."""
    receiver = CallbackReceiver()
    yield receiver
    receiver.close()


@pytest.fixture
def make_processes(
    tmp_path: Path, calendly: CalendlyDouble, request: pytest.FixtureRequest
) -> Iterator[MakeProcesses]:
    """Make processes that do not run yet. However the test ends they are killed, and none may have logged a secret."""
    made: list[Processes] = []
    request.node.stash[MADE] = made
    with ExitStack() as stack:

        def make(**settings: str) -> Processes:
            folder = tmp_path / f"house-{len(made)}"
            folder.mkdir()
            made.append(stack.enter_context(Processes(folder, calendly.url, **settings)))
            return made[-1]

        yield make

    assert [] == [leak for each in made for leak in each.leaks()]


@pytest.fixture
def processes(make_processes: MakeProcesses) -> Processes:
    """Give Valkey, a web process and a worker that all run."""
    return make_processes().start()


@pytest.fixture
def upstream(processes: Processes) -> Upstream:
    """Give a way to talk to the processes that run, with a credential in place."""
    upstream = Upstream(processes.url)
    upstream.credential()
    return upstream

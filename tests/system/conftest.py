"""The third ring: real processes, with a Calendly and a receiver of callbacks that the test can look into."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
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
        processes = [made for node in item.listchain() for made in node.stash.get(MADE, [])]
        programs = [program for made in processes for program in made.programs]
        report.sections += [(f"last words of {each.name}", each.said()[-LAST_WORDS:]) for each in programs]
    return report


@contextmanager
def counting() -> Iterator[CalendlyDouble]:
    """Run a Calendly that counts; at the end, every call that it got must have kept to Calendly's own document."""
    double = CalendlyDouble()
    try:
        yield double
    finally:
        double.close()

    assert [] == double.faults


@contextmanager
def making(
    node: pytest.Item | pytest.Collector, folder: Path, calendly: CalendlyDouble
) -> Iterator[MakeProcesses]:
    """Make processes that do not run yet. However this ends they are killed, and none may have logged a secret."""
    made: list[Processes] = []
    node.stash[MADE] = made
    with ExitStack() as stack:

        def make(**settings: str) -> Processes:
            house = folder / f"house-{len(made)}"
            house.mkdir()
            made.append(stack.enter_context(Processes(house, calendly.url, **settings)))
            return made[-1]

        yield make

    assert [] == [leak for each in made for leak in each.leaks()]


@pytest.fixture(scope="module")
def one_calendly() -> Iterator[CalendlyDouble]:
    """The one Calendly of a module that is marked with `one_house`."""
    with counting() as double:
        yield double


@pytest.fixture(scope="module")
def one_house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, one_calendly: CalendlyDouble
) -> Iterator[Processes]:
    """Valkey, a web process and a worker for all tests of such a module, with a credential in place."""
    (mark,) = request.node.iter_markers("one_house")
    with making(request.node, tmp_path_factory.mktemp("one"), one_calendly) as make:
        house = make(**mark.kwargs).start()
        Upstream(house.url).credential()
        yield house


@pytest.fixture
def shared(request: pytest.FixtureRequest) -> bool:
    """Whether the test shares what runs with its module; then each test names its destinations differently."""
    return request.node.get_closest_marker("one_house") is not None


@pytest.fixture
def calendly(request: pytest.FixtureRequest, shared: bool) -> Iterator[CalendlyDouble]:
    """Give a Calendly that nobody has called yet, and that counts."""
    if shared:
        request.getfixturevalue("one_house")  # making its credential calls Calendly
        double: CalendlyDouble = request.getfixturevalue("one_calendly")
        double.forget()
        yield double
        return
    with counting() as double:
        yield double


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
    """Make processes of the test's own, that do not run yet."""
    with making(request.node, tmp_path, calendly) as make:
        yield make


@pytest.fixture
def processes(request: pytest.FixtureRequest, shared: bool) -> Processes:
    """Give Valkey, a web process and a worker that all run."""
    if shared:
        house: Processes = request.getfixturevalue("one_house")
        return house
    make: MakeProcesses = request.getfixturevalue("make_processes")
    return make().start()


@pytest.fixture
def upstream(processes: Processes, shared: bool) -> Upstream:
    """Give a way to talk to the processes that run, with a credential in place."""
    upstream = Upstream(processes.url)
    if not shared:
        upstream.credential()
    return upstream

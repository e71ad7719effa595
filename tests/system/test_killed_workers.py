"""Workers that die or freeze in the middle of their work."""

from __future__ import annotations

import pytest

from tests.processes import Processes
from tests.system.calendly_double import CalendlyDouble
from tests.system.callback_receiver import CallbackReceiver
from tests.system.conftest import MakeProcesses
from tests.system.judging import mismatches, verdicts
from tests.system.upstream import Upstream, cancellations, event_uuid, links
from tests.waiting import until

RECORDS = 250
FEW = 12  # records, more than are in flight at a time
LEASE = 15.0  # seconds after which a lane of a dead worker is served again
CONCURRENCY = 4  # calls at a time of one destination, as it is by default
CALL = 0.02  # seconds that each call takes, so that some are in flight at any moment


def told_of(receiver: CallbackReceiver) -> dict[str, str]:
    """Give the state that each delivery's callback tells of; one that came twice is the same both times."""
    payloads = [callback.payload for callback in list(receiver.callbacks)]
    return {each["data"]["delivery"]: each["type"].removeprefix("delivery.") for each in payloads}


@pytest.mark.timeout(120)
def test_workers_killed_in_the_middle_leave_nothing_undone_and_nothing_done_twice(
    upstream: Upstream, processes: Processes, calendly: CalendlyDouble, receiver: CallbackReceiver
) -> None:
    """After two SIGKILLs every record is settled; only what the log marks as unknown before a repeat was repeated."""
    calendly.delay = CALL
    harmless = upstream.destination("cancel", "cancel_scheduled_event")
    harmful = upstream.destination("links", "create_scheduling_link", receiver.url("links"))
    records = {harmless: cancellations("cancel", range(RECORDS)), harmful: links("links", range(RECORDS))}
    ids = {here: dict(zip(upstream.accept(here, each), each, strict=True)) for here, each in records.items()}
    until(lambda: calendly.changes > 0.3 * RECORDS and calendly.in_flight, every=0.01)
    processes.programs[-1].kill()  # at whatever it does just now
    heir = processes.worker()
    until(lambda: calendly.changes > 1.2 * RECORDS, 2 * LEASE, every=0.01)
    calendly.hold()
    until(lambda: calendly.in_flight == 2 * CONCURRENCY)
    heir.kill()  # with every call on its way
    calendly.let_go()
    processes.worker()
    until(lambda: upstream.at_rest(harmless, harmful) == 2 * RECORDS, 2 * LEASE + 30, every=0.2)
    until(lambda: len(told_of(receiver)) == RECORDS, 2 * LEASE)
    log = upstream.log(harmful)
    uncertain = [each for each in log.values() if each["state"] == "uncertain"]
    counts = calendly.counts()

    assert [] == list(mismatches(upstream, calendly, harmless, ids[harmless]))
    assert [] == list(mismatches(upstream, calendly, harmful, ids[harmful]))
    assert 1 >= max(counts[event_uuid("links", n)] for n in range(RECORDS))
    assert {("unknown",)} >= {tuple(verdicts(upstream, each)) for each in uncertain}
    assert {"delivered", "uncertain"} == {each["state"] for each in log.values()}
    assert {"delivered"} == {each["state"] for each in upstream.log(harmless).values()}
    assert {each["id"]: each["state"] for each in log.values()} == told_of(receiver)
    assert RECORDS == len({callback.headers["webhook-id"] for callback in receiver.callbacks})


@pytest.mark.timeout(120)
def test_a_worker_that_froze_for_longer_than_its_lease(
    make_processes: MakeProcesses, calendly: CalendlyDouble
) -> None:
    """Others go on without it; when it thaws it makes no second call, and the answers in its hands become the truth."""
    processes = make_processes(RELAY_CALL_TIMEOUT=f"{2 * LEASE}").start()
    upstream = Upstream(processes.url)
    upstream.credential()
    frozen = processes.programs[-1]
    harmful = upstream.destination("links", "create_scheduling_link")
    harmless = upstream.destination("cancel", "cancel_scheduled_event")
    calendly.hold()
    records = {harmful: links("links", range(FEW)), harmless: cancellations("cancel", range(FEW))}
    ids = {here: dict(zip(upstream.accept(here, each), each, strict=True)) for here, each in records.items()}
    until(lambda: calendly.in_flight == 2 * CONCURRENCY)
    frozen.freeze()
    calendly.let_go()
    processes.worker()
    until(lambda: upstream.counts(harmful)["uncertain"] == CONCURRENCY, 2 * LEASE)
    frozen.thaw()
    until(lambda: upstream.counts(harmful)["delivered"] == FEW)
    until(lambda: upstream.counts(harmless)["delivered"] == FEW, 3 * LEASE)
    counts = calendly.counts()

    assert {1} == {counts[event_uuid("links", n)] for n in range(FEW)}
    assert [] == list(mismatches(upstream, calendly, harmful, ids[harmful]))
    assert [] == list(mismatches(upstream, calendly, harmless, ids[harmless]))
    assert 0 == frozen.stop()

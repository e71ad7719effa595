"""Workers that die or freeze in the middle of their work."""

from __future__ import annotations

from tests.system.calendly_double import CalendlyDouble
from tests.system.callback_receiver import CallbackReceiver
from tests.system.conftest import MakeProcesses
from tests.system.judging import mismatches, verdicts
from tests.system.upstream import MANUAL, Upstream, absences, bookings, cancellations, event_uuid
from tests.waiting import until

RECORDS = 60
FEW = 12  # records, more than are in flight at a time
LEASE = 15.0  # seconds after which a lane of a dead worker is served again
CONCURRENCY = 4  # calls at a time of one destination, as it is by default
CALL = 0.02  # seconds that each call takes, so that some are in flight at any moment


def told_of(receiver: CallbackReceiver) -> dict[str, str]:
    """Give the state that each delivery's callback tells of; one that came twice is the same both times."""
    payloads = [callback.payload for callback in list(receiver.callbacks)]
    return {each["data"]["delivery"]: each["type"].removeprefix("delivery.") for each in payloads}


def test_workers_killed_in_the_middle_leave_nothing_undone_and_nothing_done_twice(
    make_processes: MakeProcesses, calendly: CalendlyDouble, receiver: CallbackReceiver
) -> None:
    """After two SIGKILLs every record is settled; what nobody may repeat waits for a person, and all else has one effect."""
    processes = make_processes(RELAY_CALL_TIMEOUT="4").start()
    upstream = Upstream(processes.url)
    upstream.credential()
    calendly.delay = CALL
    harmless = upstream.destination("cancel", "cancel_scheduled_event")
    shown = upstream.destination("marks", "mark_invitee_no_show")
    harmful = upstream.destination("links", "manual", receiver.url("links"), **MANUAL)
    records = {
        harmless: cancellations("cancel", range(RECORDS)),
        shown: absences("marks", range(RECORDS)),
        harmful: bookings("links", range(RECORDS)),
    }
    ids = {here: dict(zip(upstream.accept(here, each), each, strict=True)) for here, each in records.items()}
    until(lambda: calendly.changes > 0.5 * RECORDS and calendly.in_flight, every=0.01)
    processes.programs[-1].kill()  # at whatever it does just now
    heir = processes.worker()
    until(lambda: calendly.changes > 1.8 * RECORDS, 4 * LEASE, every=0.01)
    calendly.hold()
    until(lambda: calendly.in_flight == 3 * CONCURRENCY)
    heir.kill()  # with every call on its way
    calendly.let_go()
    processes.worker()
    until(lambda: upstream.at_rest(*records) == 3 * RECORDS, 4 * LEASE)
    until(lambda: len(told_of(receiver)) == RECORDS, 4 * LEASE)
    log = upstream.log(harmful)
    uncertain = [each for each in log.values() if each["state"] == "uncertain"]
    counts = calendly.counts()

    assert [] == list(mismatches(upstream, calendly, harmless, ids[harmless]))
    assert [] == list(mismatches(upstream, calendly, shown, ids[shown]))
    assert [] == list(mismatches(upstream, calendly, harmful, ids[harmful]))
    assert {1} == set(calendly.world.effects.values())
    assert 1 >= max(counts[event_uuid("links", n)] for n in range(RECORDS))
    assert {("unknown",)} >= {tuple(verdicts(upstream, each)) for each in uncertain}
    assert {"delivered", "uncertain"} == {each["state"] for each in log.values()}
    assert {"delivered"} == {
        each["state"] for here in (harmless, shown) for each in upstream.log(here).values()
    }
    assert {each["id"]: each["state"] for each in log.values()} == told_of(receiver)
    assert RECORDS == len({callback.headers["webhook-id"] for callback in receiver.callbacks})


def test_a_worker_that_froze_for_longer_than_its_lease(
    make_processes: MakeProcesses, calendly: CalendlyDouble
) -> None:
    """Others go on without it; when it thaws it makes no second call, and the answers in its hands become the truth."""
    processes = make_processes(RELAY_CALL_TIMEOUT=f"{2 * LEASE}").start()
    upstream = Upstream(processes.url)
    upstream.credential()
    frozen = processes.programs[-1]
    harmful = upstream.destination("links", "manual", **MANUAL)
    harmless = upstream.destination("cancel", "cancel_scheduled_event")
    calendly.hold()
    records = {harmful: bookings("links", range(FEW)), harmless: cancellations("cancel", range(FEW))}
    ids = {here: dict(zip(upstream.accept(here, each), each, strict=True)) for here, each in records.items()}
    until(lambda: calendly.in_flight == 2 * CONCURRENCY)
    frozen.freeze()
    calendly.let_go()
    processes.worker()
    until(lambda: upstream.counts(harmful)["uncertain"] == CONCURRENCY, 4 * LEASE)
    frozen.thaw()
    until(lambda: upstream.counts(harmful)["delivered"] == FEW)
    until(lambda: upstream.counts(harmless)["delivered"] == FEW, 4 * LEASE)
    counts = calendly.counts()

    assert {1} == {counts[event_uuid("links", n)] for n in range(FEW)}
    assert [] == list(mismatches(upstream, calendly, harmful, ids[harmful]))
    assert [] == list(mismatches(upstream, calendly, harmless, ids[harmless]))
    assert 0 == frozen.stop()

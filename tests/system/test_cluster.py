"""A Redis Cluster of three masters: everything works across them, and where one is away the others go on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ConnectionError, TimeoutError  # noqa: A004 - the client's own

from local.ports import LOOPBACK
from relay.errors import StoreUnavailable
from relay.redis_url import read_redis_url
from relay.store import cluster, keys
from relay.store.cluster import Cluster
from relay.store.connection import PATIENCE
from relay.store.scripts import Scripts
from relay.store.slots import slot_of
from tests.processes import ROOT, Processes
from tests.system.calendly_double import CalendlyDouble
from tests.system.callback_receiver import CallbackReceiver
from tests.system.conftest import MakeProcesses
from tests.system.judging import mismatches
from tests.system.upstream import Upstream, accepted, cancellations, event_uuid, links
from tests.topology import PASSWORD, Clustered, Node
from tests.waiting import until

NEVER = 600.0  # seconds that no test takes
FEW = 12  # records, more than are in flight at a time
LONG = (
    8.0  # seconds; two are promised, and who waits for a server that is silent waits for as long as that is
)
# Those that show most of the store's commands in the least time; the scripts of a lane run in the tests below.
OWN_TESTS = ("credentials", "discarding", "presence", "replaying", "retention")


@pytest.fixture
def clustered(tmp_path: Path) -> Iterator[Clustered]:
    """Give three masters that run and know one another."""
    with Clustered(tmp_path / "redis") as clustered:
        yield clustered


@pytest.fixture
def processes(clustered: Clustered, make_processes: MakeProcesses) -> Processes:
    """Give a web process and a worker that run on the Cluster."""
    processes = make_processes(REDIS_URL=clustered.url, RELAY_CALL_TIMEOUT="2")
    processes.web()
    processes.worker()
    processes.await_web()
    processes.await_workers(1)
    return processes


def id_on(clustered: Clustered, node: Node) -> str:
    """Give an id for a destination whose keys this server has."""
    names = (f"place-{clustered.masters.index(node)}-{number}" for number in count())
    return next(name for name in names if clustered.master_of(keys.destination(name)) is node)


def test_the_stores_own_tests_pass_on_a_cluster(clustered: Clustered) -> None:
    """No command of the store is about keys of two slots, and all of them arrive where their keys are."""
    files = [f"tests/service/store/test_{name}.py" for name in OWN_TESTS]
    environ = {**os.environ, "RELAY_TEST_REDIS_URL": clustered.url, "RQ_KEY_PREFIX": "{rq}"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout[-3000:]


def test_the_whole_way_on_a_cluster(
    clustered: Clustered, processes: Processes, calendly: CalendlyDouble, receiver: CallbackReceiver
) -> None:
    """Whatever server a destination's keys are on: accepted, called, called back, repeated, replayed, listed, discarded."""
    upstream = Upstream(processes.url)
    upstream.credential()
    places = [id_on(clustered, node) for node in clustered.masters]
    records = {place: links(place, range(FEW)) for place in places}
    refused = {place: event_uuid(place, 0) for place in places}
    calendly.refusals = {subject: (400, {"title": "Invalid Argument"}) for subject in refused.values()}

    for place in places:
        upstream.destination(place, "create_scheduling_link", receiver.url(place))
    taken = {place: upstream.post(place, records[place], **{"Idempotency-Key": "one"}) for place in places}
    again = {place: upstream.post(place, records[place], **{"Idempotency-Key": "one"}) for place in places}
    until(lambda: upstream.at_rest(*places) == 3 * FEW)
    until(lambda: len(receiver.callbacks) == 3 * FEW)
    dead = [only(upstream, place, "dead") for place in places]
    calendly.refusals = {}
    upstream.manage("POST", f"/deliveries/{dead[0]}/retry")
    for place in places[1:]:
        upstream.manage("POST", f"/destinations/{place}/replay", {"state": "dead", "dry_run": False})
    until(lambda: all(upstream.counts(place)["delivered"] == FEW for place in places))

    assert {202} == {answer.status_code for answer in taken.values()}
    assert [accepted(taken[place]) for place in places] == [accepted(again[place]) for place in places]
    assert {"true"} == {answer.headers["Idempotent-Replayed"] for answer in again.values()}
    assert sorted(each for answer in taken.values() for each in accepted(answer)) == sorted(every(upstream))
    assert places == sorted(each["id"] for each in upstream.manage("GET", "/destinations")["destinations"])
    counts = calendly.counts()
    assert {2} == {counts[subject] for subject in refused.values()}
    assert 3 * (FEW + 1) == counts.total()
    assert ({"delivered"}, 201, {"canceled"}) == batched_tested_and_discarded(upstream, *places)
    assert 3 * (FEW + 1) + 2 == calendly.counts().total()


def test_a_slot_that_moves(clustered: Clustered) -> None:
    """While its keys move one by one no script begins there, so none breaks off in the middle; then it is followed.

    A client of that slot alone, such as RQ's, finds it when it connects anew.
    """
    source, target = clustered.masters[0], clustered.masters[2]
    shard = next(each for each in keys.SHARD_TAGS if clustered.master_of(keys.attention(each)) is source)
    key, slot = keys.attention(shard), slot_of(keys.attention(shard))
    names = {node: node.says("CLUSTER MYID") for node in (source, target)}
    with Cluster(read_redis_url(clustered.url), PATIENCE) as redis, redis.on_slot_of(key) as follower:
        scripts = Scripts(redis)
        follower.zadd(key, {"delivery/here": 1})

        target.says("CLUSTER SETSLOT", slot, "IMPORTING", names[source])
        source.says("CLUSTER SETSLOT", slot, "MIGRATING", names[target])
        for keys_there in (1, 0):
            with pytest.raises(StoreUnavailable):
                scripts.run("waited", key, [])
            assert (1, keys_there) == (redis.zcard(key), source.says("EXISTS", key) or 0)
            source.says("MIGRATE", LOOPBACK, target.port, key, 0, 1000, "AUTH", PASSWORD)
        for node in (target, source):
            node.says("CLUSTER SETSLOT", slot, "NODE", names[target])

        until(lambda: counted(follower, key) == 1)

        assert scripts.run("waited", key, []) > 0


def test_a_master_that_is_silent(clustered: Clustered, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it gave no answer to was sent once; for a while nobody else is sent to it, and the others answer."""
    monkeypatch.setattr(cluster, "REST", NEVER)
    key = "quiet"
    silent, others = (
        clustered.master_of(key),
        [node for node in clustered.masters if node is not clustered.master_of(key)],
    )
    with Cluster(read_redis_url(clustered.url), PATIENCE) as redis:
        redis.ping()
        silent.freeze()
        with pytest.raises(TimeoutError):
            redis.incr(key)
        with pytest.raises(ConnectionError):
            redis.incr(key)
        answers = [redis.exists(keys.destination(id_on(clustered, node))) for node in others]
        silent.thaw()
        redis._silent_until.clear()  # the while is over
        until(lambda: silent.says("GET", key))
        until(lambda: counted(redis, key))

        assert [0, 0] == answers
        assert "1" == silent.says("GET", key)


def test_a_worker_and_a_master_killed(
    clustered: Clustered, processes: Processes, calendly: CalendlyDouble
) -> None:
    """Who dies stops only what is on it: other shards go on, its own answer 503 in time, and nothing is lost or doubled."""
    upstream = Upstream(processes.url)
    upstream.credential()
    # The third holds destinations and nothing else that these need: not RQ's queue, not the credential.
    there, gone = clustered.masters[1], clustered.masters[2]
    here, away = id_on(clustered, there), id_on(clustered, gone)
    for place in (here, away):
        upstream.destination(place, "cancel_scheduled_event")
    calendly.hold()
    begun = {place: cancellations(place, range(FEW)) for place in (here, away)}
    ids = {
        place: dict(zip(upstream.accept(place, begun[place]), begun[place], strict=True)) for place in begun
    }
    until(lambda: calendly.in_flight >= 8)

    processes.programs[-1].kill()
    calendly.let_go()
    processes.worker()
    gone.freeze()
    answers = [upstream.post(away, cancellations(away, [FEW]))]
    more = cancellations(here, range(FEW, 2 * FEW))
    ids[here] |= dict(zip(upstream.accept(here, more), more, strict=True))
    answers += [upstream.post(away, cancellations(away, [FEW]))]
    gone.kill()
    answers += [upstream.post(away, cancellations(away, [FEW])) for _ in range(3)]
    until(lambda: upstream.at_rest(here) == 2 * FEW)
    gone.start()
    until(lambda: upstream.post(away, []).status_code != 503)
    until(lambda: upstream.at_rest(away) == FEW)

    assert {503} == {answer.status_code for answer in answers}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert max(answer.elapsed.total_seconds() for answer in answers) < LONG
    for place in (here, away):
        assert [] == list(mismatches(upstream, calendly, place, ids[place]))
    assert PASSWORD not in "".join(program.said() for program in processes.programs)


def batched_tested_and_discarded(upstream: Upstream, first: str, second: str, third: str) -> tuple[Any, ...]:
    """Fill a batch on one server, send a test on another, delete what waits on the third; give what became of each."""
    upstream.destination(f"{first}-batch", "delete_invitee_data", batch={"size": 3, "window": 60})
    people = [{"emails": [f"person{number}@example.com"]} for number in range(3)]
    (batch,) = set(upstream.accept(f"{first}-batch", people))
    tested = upstream.manage("POST", f"/destinations/{second}/test", {"record": links(second, [FEW])[0]})
    upstream.manage("POST", f"/destinations/{third}/pause")
    held = upstream.accept(third, links(third, range(FEW)))
    upstream.ask("DELETE", f"/api/v1/destinations/{third}", {"discard": FEW})
    until(lambda: upstream.at_rest(f"{first}-batch") == 1)
    states = [{upstream.delivery(each)["state"] for each in ids} for ids in ([batch], held)]
    return states[0], tested["response"]["status"], states[1]


def counted(redis: Any, key: str) -> int:
    """Count what a key holds; nothing where it cannot be told."""
    try:
        return int(redis.zcard(key) if redis.type(key) == b"zset" else redis.get(key))
    except ConnectionError:
        return 0


def only(upstream: Upstream, place: str, state: str) -> str:
    """Give the id of the one delivery of a destination that is in this state."""
    (found,) = [each["id"] for each in upstream.log(place).values() if each["state"] == state]
    return str(found)


def every(upstream: Upstream) -> list[str]:
    """Give the ids of all deliveries of all destinations, page by page."""
    found, cursor = [], ""
    while True:
        page = upstream.manage("GET", f"/deliveries?limit=10{cursor}")
        found += [each["id"] for each in page["deliveries"]]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"

"""RELAY_DURABILITY: nobody is told that something is kept, and nothing is sent, before Redis has promised to keep it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relay.errors import NotConfirmed, NotDurable
from relay.store import Store, keys, open_store
from relay.store.acceptance import Request
from relay.store.lanes import LEASE
from tests.conftest import MakeSettings
from tests.over_http import SCHEDULING_RECORD, OverHttp, a_destination, keep_credential
from tests.pair import Pair
from tests.problems import assert_problem
from tests.service.store.one_lane import OneLane, ended
from tests.topology import PASSWORD, USUAL, Node, Topology
from tests.waiting import until
from workers import serving

REQUEST = Request(key="k", digest="d", keep=60_000)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two servers for all of this module."""
    with Pair(tmp_path_factory.mktemp("pair")) as both:
        yield both


@pytest.fixture
def replicated(pair: Pair, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty store that waits for a replica, and forgets at once that it waited in vain."""
    pair.master.says("FLUSHALL")
    pair.await_replica()
    monkeypatch.setattr("relay.store.durability.REST", 0.0)
    store = open_store(make_settings(redis_url=pair.url, durability="replica"))
    yield store
    store.close()


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Node]:
    """A server that a test sets up before it starts it."""
    with Topology(tmp_path) as one:
        node = one.node("odd")
        node.config += USUAL.items()
        yield node


@pytest.fixture
def cut_off(replicated: Store, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Iterator[OneLane]:
    """A lane whose Redis had a replica a moment ago."""
    here = OneLane(replicated)
    here.accept()
    pair.part(monkeypatch)
    yield here
    pair.replica.thaw()


def test_what_was_accepted_is_on_the_replica(replicated: Store, pair: Pair) -> None:
    """As soon as anybody is told; also what another process has stored before."""
    (identifier,) = OneLane(replicated).accept()

    assert 1 == pair.replica.says("EXISTS", keys.delivery(identifier))


def test_the_first_that_is_not_promised_is_stored_and_the_next_ones_are_not(cut_off: OneLane) -> None:
    """The sender of the first must repeat it with its key. If the others were stored, each repeat would add one."""
    with pytest.raises(NotConfirmed):
        cut_off.accept()
    with pytest.raises(NotDurable, match="Nothing was stored"):
        cut_off.accept()

    assert 2 == cut_off.redis.zcard(keys.due(cut_off.lane))


def test_a_repeat_is_answered_once_the_first_is_promised(
    cut_off: OneLane, replicated: Store, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to a repeat promises as much as the first one would have."""
    standing = replicated.destinations.get("here")
    with pytest.raises(NotConfirmed):
        replicated.acceptance.accept(standing.settings, cut_off.new(), REQUEST)
    with pytest.raises(NotConfirmed):
        replicated.acceptance.recall(standing, "k", "d")
    pair.join(monkeypatch)

    recalled = replicated.acceptance.recall(standing, "k", "d")
    assert recalled is not None
    assert (True, 1) == (recalled.replayed, len(recalled.deliveries))


def test_an_attempt_that_could_be_forgotten_is_known_as_such(cut_off: OneLane) -> None:
    """Its worker is told, so that it ends it unsent; nothing is begun after that."""
    lease = cut_off.lanes.lease(cut_off.lane)
    assert lease is not None
    claim = cut_off.lanes.claim(lease, 4)

    assert (1, False) == (len(claim.attempts), claim.confirmed)
    with pytest.raises(NotConfirmed):
        cut_off.lanes.note(cut_off.lane, claim.attempts[0].id, claim.attempts[0].token, "found", "{}")
    with pytest.raises(NotConfirmed):
        cut_off.settle(claim.attempts[0], ended())
    with pytest.raises(NotDurable):
        cut_off.store.durability.ensure(keys.lane_of(cut_off.lane))


def test_callbacks_wait_for_nothing(cut_off: OneLane) -> None:
    """A receiver knows a callback by its id, so that it may be sent twice."""
    lease = cut_off.callbacks.lanes.lease(cut_off.callbacks.lane)
    assert lease is not None

    assert cut_off.callbacks.lanes.claim(lease, 4).confirmed


def test_promises_are_had_again_as_soon_as_the_replica_is_back(
    cut_off: OneLane, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has to restart anything."""
    with pytest.raises(NotConfirmed):
        cut_off.accept()
    assert "no replica" in cut_off.store.durability.trouble()
    pair.join(monkeypatch)

    assert 1 == len(cut_off.accept())
    assert "" == cut_off.store.durability.trouble()


def test_a_server_that_is_gone_is_nobodys_trouble(
    cut_off: OneLane, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a Cluster another one takes its place, and nothing is asked of the old one that could end its trouble."""
    with pytest.raises(NotConfirmed):
        cut_off.accept()
    pair.join(monkeypatch)
    monkeypatch.setattr("relay.store.durability.server_of", lambda *_: "another")
    cut_off.store.durability.try_all([keys.attention("0")])

    assert "" == cut_off.store.durability.trouble()


def test_a_server_that_forgot_the_scripts_is_given_them(replicated: Store, pair: Pair) -> None:
    """As after a failover: the wait still goes with the write."""
    here = OneLane(replicated)
    pair.master.says("SCRIPT", "FLUSH")

    assert 1 == len(here.accept())


@pytest.mark.parametrize(
    ("config", "because"),
    [
        (("appendonly", "no"), "appendonly is off"),
        (("rename-command", 'WAITAOF ""'), "older than 7.2"),
    ],
)
def test_a_redis_that_cannot_promise_its_disk_is_given_nothing(
    odd: Node, make_settings: MakeSettings, config: tuple[str, str], because: str
) -> None:
    """The relay does not pretend: it stores nothing, and says why."""
    odd.config.append(config)
    odd.start()
    until(lambda: odd.says("PING"))
    url = f"redis://:{PASSWORD}@{odd.place}/0"
    store = open_store(make_settings(redis_url=url, durability="fsync"))
    here = OneLane(store)
    with pytest.raises(NotDurable, match=because):
        here.accept()
    waiting = here.redis.zcard(keys.due(here.lane))
    store.close()

    assert 0 == waiting


def test_a_record_is_on_disk_before_anybody_is_told(odd: Node, make_settings: MakeSettings) -> None:
    """Also where Redis itself would write it a second later."""
    odd.config.append(("appendfsync", "everysec"))
    odd.start()
    until(lambda: odd.says("PING"))
    url = f"redis://:{PASSWORD}@{odd.place}/0"
    store = open_store(make_settings(redis_url=url, durability="fsync"))
    OneLane(store).accept()
    told: Any = odd.says("INFO", "commandstats")
    store.close()

    assert told["cmdstat_waitaof"]["calls"] >= 2  # ahead, and with the record
    assert 0 == told["cmdstat_waitaof"]["failed_calls"]


def test_the_wait_for_an_end_is_shorter_than_the_lease() -> None:
    """A turn that insists on a promise for longer than that would be served by two."""
    assert serving.CONFIRM <= LEASE


def test_a_sender_is_told_what_may_have_been_stored(
    replicated: Store, pair: Pair, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one that its key makes the repeat safe, the next one that nothing was; and the platform why."""
    keep_credential(replicated)
    web = OverHttp(make_settings(redis_url=pair.url, durability="replica"), replicated)
    assert 201 == web.api("POST", "/destinations", a_destination()).status_code
    assert 202 == web.post("booking-links", SCHEDULING_RECORD).status_code
    pair.part(monkeypatch)
    keyed = {"Idempotency-Key": "first"}
    unconfirmed = web.post("booking-links", SCHEDULING_RECORD, headers=keyed)
    refused = web.post("booking-links", SCHEDULING_RECORD)
    replicated.presence.note("w1")
    trial = web.api("POST", "/destinations/booking-links/test", {"record": SCHEDULING_RECORD})
    ready = web.client.get("/readyz")
    pair.join(monkeypatch)
    repeated = web.post("booking-links", SCHEDULING_RECORD, headers=keyed)

    assert "same Idempotency-Key" in assert_problem(unconfirmed, 503, "not_confirmed")["detail"]
    assert "Nothing was stored" in assert_problem(refused, 503, "not_durable")["detail"]
    assert "no replica" in assert_problem(ready, 503, "not_ready")["detail"]
    assert "no replica" in assert_problem(trial, 503, "not_durable")["detail"]
    assert (202, "true") == (repeated.status_code, repeated.headers["Idempotent-Replayed"])
    assert 2 == replicated.destinations.counts("booking-links")["queued"]

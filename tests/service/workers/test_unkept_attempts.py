"""With RELAY_DURABILITY, nothing is sent of which Redis does not promise to remember that it was begun."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from relay.store import Lane, Store
from sandbox.server import Sandbox
from tests.conftest import MakeSettings
from tests.good_records import GOOD_RECORDS
from tests.pair import Pair
from tests.rig import Rig
from workers.turn import serve

RECORD = GOOD_RECORDS["cancel_scheduled_event"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A Redis with a replica."""
    with Pair(tmp_path_factory.mktemp("pair")) as both:
        yield both


@pytest.fixture
def rig(
    pair: Pair, make_settings: MakeSettings, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rig]:
    """The whole service, which waits for the replica, with one record that waits."""
    monkeypatch.setattr("relay.store.durability.REST", 0.0)
    pair.master.says("FLUSHALL")
    pair.await_replica()
    rig = Rig(make_settings(redis_url=pair.url, durability="replica", sandbox_url=sandbox.url), sandbox)
    rig.credential()
    rig.destination("cancel_scheduled_event")
    yield rig
    rig.store.close()


def calls(rig: Rig) -> int:
    """Count the calls that arrived."""
    return sum(call.method == "POST" for call in rig.sandbox.calls())


def test_an_attempt_that_could_be_forgotten_is_not_sent(
    rig: Rig, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is ended as unsent, costs nothing, and is made once the replica is back."""
    (identifier,) = rig.accept(RECORD)
    pair.part(monkeypatch)
    serve(rig.services, Lane("delivery", "here"))
    unkept, sent_meanwhile = rig.delivery(identifier), calls(rig)
    rig.forget_pauses()
    serve(rig.services, Lane("delivery", "here"))  # by now it is known that nothing should be begun
    later = rig.delivery(identifier)
    pair.join(monkeypatch)
    rig.forget_pauses()
    rig.drain()
    delivered = rig.delivery(identifier)

    assert (0, "retrying", ["unreachable"]) == (
        sent_meanwhile,
        unkept.state,
        [each.verdict for each in unkept.attempts],
    )
    assert len(unkept.attempts) == len(later.attempts)
    assert (1, "delivered") == (calls(rig), delivered.state)


def test_an_end_that_could_be_forgotten_is_written_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failover may have lost the first one, and the answer is in our hands only."""
    rig.accept(RECORD)
    settled: list[bool] = []
    send = rig.store.durability.send

    def unkept_at_first(key: str, *command: object) -> tuple[object, bool]:
        answer, kept = send(key, *command)
        if "delivered" not in command:
            return answer, kept
        settled.append(kept)
        return answer, len(settled) > 1

    monkeypatch.setattr(type(rig.store.durability), "send", lambda _, *args: unkept_at_first(*args))
    rig.drain()

    assert 2 == len(settled)
    assert {"delivered": 1} == _states(rig.store)
    assert 1 == calls(rig)


def _states(store: Store) -> dict[str, int]:
    counts = store.destinations.counts("here")
    return {state: number for state, number in counts.items() if number}

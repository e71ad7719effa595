"""The log: any filter and any cursor give what a plain look at every delivery would give."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.errors import BadRequest, UnknownDelivery
from relay.model.delivery import STATES, DeliveryLog
from relay.model.ids import ALPHABET
from relay.store import Store, Wanted, keys
from relay.store import deliveries as log
from tests.service.store.one_lane import OneLane, ended

WORDS = ["Ada", "ada@acme.example", "Grace", "2718"]
DESTINATIONS = [f"d{number}" for number in range(6)]


def through(store: Store, wanted: Wanted, limit: int) -> list[DeliveryLog]:
    """Turn every page."""
    found: list[DeliveryLog] = []
    cursor = None
    while True:
        page = store.deliveries.page(wanted, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.fixture
def filled(store: Store) -> list[DeliveryLog]:
    """Sixty deliveries over six destinations, in every state."""
    made: list[str] = []
    lanes = {name: OneLane(store, name) for name in DESTINATIONS}
    for number in range(60):
        lane = lanes[DESTINATIONS[number * 7 % 6]]
        words = {"who": [{"name": WORDS[number % 4]}], "n": number}
        (identifier,) = lane.accept(lane.new(record=words))
        made.append(identifier)
        if number % 2 == 0:
            state = STATES[number // 2 % len(STATES)]
            _bring(store, lane, identifier, state)
        if number % 20 == 0:
            time.sleep(0.003)  # so that since and until have moments to tell apart
    return [store.deliveries.get(identifier) for identifier in made]


def _bring(store: Store, lane: OneLane, identifier: str, state: str) -> None:
    if state in {"queued", "canceled"}:
        if state == "canceled":
            store.operations.cancel(identifier)
        return
    lease, attempts = lane.claim()
    for claimed in attempts:
        wanted = state if claimed.id == identifier else "retrying"
        if wanted == "retrying":
            lane.settle(claimed, ended("retrying", wait=600.0))
        elif wanted != "sending":
            lane.settle(claimed, ended(wanted))
    store.lanes.release(lease)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_pages_equal_a_plain_look_at_everything(store: Store, filled: list[DeliveryLog], data: Any) -> None:
    """Newest first, nothing twice, nothing left out, whichever filters meet."""
    moments = st.none() | st.sampled_from(sorted({each.accepted_at for each in filled}))
    wanted = Wanted(
        destination=data.draw(st.none() | st.sampled_from([*DESTINATIONS, "elsewhere"])),
        state=data.draw(st.none() | st.sampled_from(STATES)),
        since=data.draw(moments),
        until=data.draw(moments),
        record=data.draw(st.none() | st.sampled_from(["ADA", "grace", "2718", "nobody"])),
    )

    pages = through(store, wanted, data.draw(st.integers(1, 25)))

    assert [each.id for each in reversed(filled) if _fits(each, wanted)] == [each.id for each in pages]


def _fits(each: DeliveryLog, wanted: Wanted) -> bool:
    made_at = _made_at(each.id)
    return (
        wanted.destination in {None, each.destination}
        and wanted.state in {None, each.state}
        and (wanted.since is None or made_at >= int(wanted.since * 1000))
        and (wanted.until is None or made_at <= int(wanted.until * 1000))
        and (wanted.record is None or wanted.record.lower() in str(each.records).lower())
    )


def _made_at(identifier: str) -> int:
    number = 0
    for letter in identifier[4:14]:
        number = number * 32 + ALPHABET.index(letter)
    return number


def test_a_cursor_holds_while_new_deliveries_come(store: Store) -> None:
    """What is accepted while somebody turns pages shifts nothing."""
    here = OneLane(store)
    ids = here.accept(6)
    first = store.deliveries.page(Wanted(), limit=3)

    here.accept(5)
    second = store.deliveries.page(Wanted(), limit=3, cursor=first.next_cursor)

    assert list(reversed(ids)) == [each.id for each in [*first.items, *second.items]]


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "dlv_", "dlv_" + "Z" * 25, "cbk_01KB0000000000000000000000", "dlv_\u00e4" + "0" * 30, "*"],
)
def test_a_cursor_that_no_page_gave_is_refused(store: Store, cursor: str) -> None:
    """With words, not with a failure."""
    with pytest.raises(BadRequest):
        store.deliveries.page(Wanted(), cursor=cursor)


@pytest.mark.parametrize(
    "identifier", ["", "x", "dlv_" + "0" * 24 + "Z", "dlv_" + "0" * 25, "cbk_" + "0" * 25]
)
def test_a_delivery_that_is_none_is_unknown(store: Store, identifier: str) -> None:
    """Whatever the id looks like."""
    with pytest.raises(UnknownDelivery):
        store.deliveries.get(identifier)


def test_a_search_looks_through_a_bounded_number(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page may then be empty, and its cursor goes on until something is found."""
    monkeypatch.setattr(log, "MOST_SEARCHED", 10)
    monkeypatch.setattr(log, "AT_A_TIME", 5)
    here = OneLane(store)
    (wanted,) = here.accept(here.new(record={"name": "needle"}))
    here.accept(40)

    first = store.deliveries.page(Wanted(record="needle"), limit=5)
    found = through(store, Wanted(record="needle"), 5)

    assert [] == first.items
    assert first.next_cursor is not None
    assert [wanted] == [each.id for each in found]


def test_what_expired_is_left_out_and_pages_go_on(store: Store) -> None:
    """A page may be short; the ones behind it are still reached."""
    here = OneLane(store)
    ids = here.accept(10)
    for identifier in ids[4:8]:
        store.redis.delete(keys.delivery(identifier))

    found = through(store, Wanted(), 3)

    assert [*reversed(ids[8:]), *reversed(ids[:4])] == [each.id for each in found]

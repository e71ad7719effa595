"""Repeats over HTTP: of a request by its Idempotency-Key, of a record by the destination's dedupe expression."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from relay.config import Settings
from relay.store import Store, Wanted, keys, open_store
from relay.store.acceptance import Acceptance, Accepted, OtherRecords
from relay.store.scripts import Scripts
from tests.over_http import KEY, OverHttp, a_destination, keep_credential
from tests.problems import assert_problem

ID = "cancellations"
EVENT, OTHER = "EVENT00000000001", "EVENT00000000002"


@pytest.fixture
def web(settings: Settings, store: Store) -> OverHttp:
    """A relay with a credential."""
    keep_credential(store)
    return OverHttp(settings, store)


def make(web: OverHttp, **changes: Any) -> None:
    """Make a draft destination that cancels events."""
    inbound = {"auth": {"kind": "bearer", "key": KEY}, **changes.pop("inbound", {})}
    document = a_destination(id=ID, template="cancel_scheduled_event", inbound=inbound, **changes)
    answer = web.api("POST", "/destinations", document)
    assert 201 == answer.status_code, answer.get_data(as_text=True)


def post(web: OverHttp, body: Any, key: str | None = None) -> TestResponse:
    """Hand over records, with an Idempotency-Key or without."""
    return web.post(ID, body, headers={} if key is None else {"Idempotency-Key": key})


def told(answer: TestResponse) -> tuple[list[int], list[int], list[int], bool]:
    """Give the indexes that were accepted, rejected and skipped, and whether it was a repeat."""
    body = answer.get_json()
    lists = ([each["index"] for each in body[name]] for name in ("accepted", "rejected", "skipped"))
    return (*lists, answer.headers.get("Idempotent-Replayed") == "true")  # type: ignore[return-value]


def ids(answer: TestResponse) -> list[str]:
    """Give the deliveries that an answer names."""
    return [each["delivery"] for each in answer.get_json()["accepted"]]


def stored(store: Store) -> int:
    """Count the deliveries."""
    return len(store.deliveries.page(Wanted(), limit=200).items)


@pytest.mark.parametrize("again", ["key-1", '"key-1"', ' "key-1" '])
def test_a_request_that_comes_again_gets_the_first_answer(web: OverHttp, store: Store, again: str) -> None:
    """Byte for byte, with a header that says so; the key may be quoted or bare."""
    make(web)

    first, second = (
        post(web, [{"event_uuid": EVENT}] * 2, "key-1"),
        post(web, [{"event_uuid": EVENT}] * 2, again),
    )

    assert (202, 202) == (first.status_code, second.status_code)
    assert first.data == second.data
    assert (None, "true") == tuple(each.headers.get("Idempotent-Replayed") for each in (first, second))
    assert 2 == stored(store)


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "a\tb", "ü"])
def test_what_is_no_key_is_refused(web: OverHttp, store: Store, key: str) -> None:
    """Before anything is read or stored."""
    make(web)

    assert_problem(post(web, {"event_uuid": EVENT}, key), 400, "bad_request")
    assert 0 == stored(store)


def test_a_key_with_another_body_is_refused(web: OverHttp, store: Store) -> None:
    """Even if it means the same: it is the bytes that are compared."""
    make(web)
    post(web, {"event_uuid": EVENT}, "k")

    for body in ({"event_uuid": OTHER}, json.dumps({"event_uuid": EVENT}, indent=1), b"no JSON at all"):
        assert_problem(post(web, body, "k"), 422, "invalid")
    assert 1 == stored(store)


def test_a_refused_request_may_come_again_with_the_same_key(web: OverHttp, store: Store) -> None:
    """Mended: only what was accepted is remembered."""
    make(web)
    assert_problem(post(web, {"event_uuid": 3}, "k"), 422, "invalid")

    assert ([0], [], [], False) == told(post(web, {"event_uuid": EVENT}, "k"))


@pytest.mark.parametrize(
    "change",
    [
        {"mapping": {"event_uuid": "nothing.here"}},
        {"inbound": {"when": "`false`"}},
        {"inbound": {"records": "somewhere.else"}},
        {"batch": None, "delivery": {"max_waiting": 1}},
        {"dedupe": "event_uuid"},
    ],
)
def test_a_repeat_is_answered_whatever_the_settings_say_by_then(
    web: OverHttp, store: Store, change: dict[str, Any]
) -> None:
    """Its records would be wrong, skipped or too many now; they were accepted then."""
    make(web)
    first = post(web, [{"event_uuid": EVENT}] * 2, "k")
    changed = web.api("PATCH", f"/destinations/{ID}", change)
    assert 200 == changed.status_code, changed.get_data(as_text=True)

    again = post(web, [{"event_uuid": EVENT}] * 2, "k")

    assert (202, first.data) == (again.status_code, again.data)
    assert 2 == stored(store)


def test_a_repeat_is_answered_by_a_destination_that_takes_nothing_new(web: OverHttp) -> None:
    """Paused, with `when_inactive: refuse`."""
    make(web, when_inactive="refuse")
    web.api("POST", f"/destinations/{ID}/activate", {"acknowledge": "irreversible"})
    first = post(web, {"event_uuid": EVENT}, "k")
    web.api("POST", f"/destinations/{ID}/pause")

    assert first.data == post(web, {"event_uuid": EVENT}, "k").data
    assert_problem(post(web, {"event_uuid": EVENT}, "new"), 409, "conflict")
    assert_problem(post(web, {"event_uuid": EVENT}), 409, "conflict")


def test_a_key_protects_what_was_skipped_as_well(web: OverHttp) -> None:
    """200 once is 200 again."""
    make(web, inbound={"when": "go"})
    first = post(web, [{"go": False}], "k")
    web.api("PATCH", f"/destinations/{ID}", {"inbound": {"when": None}})

    again = post(web, [{"go": False}], "k")

    assert (200, 200, first.data) == (first.status_code, again.status_code, again.data)
    assert ([], [], [0], True) == told(again)


def test_a_destination_that_is_made_anew_knows_nothing_of_the_one_before(web: OverHttp, store: Store) -> None:
    """Neither its requests nor its records."""
    make(web, dedupe="deal")
    post(web, {"event_uuid": EVENT, "deal": 1}, "k")
    store.destinations.delete(ID, 1)
    make(web, dedupe="deal")

    answer = post(web, {"event_uuid": OTHER, "deal": 1}, "k")

    assert ([0], [], [], False) == told(answer)


def test_keys_belong_to_their_destination(web: OverHttp, store: Store) -> None:
    """Two destinations may be sent the same key by the same system."""
    make(web)
    other = a_destination(id="other", template="cancel_scheduled_event")
    web.api("POST", "/destinations", other)
    headers = {"Idempotency-Key": "k"}

    answers = [web.post(name, {"event_uuid": EVENT}, headers=headers) for name in (ID, "other")]

    assert [False, False] == ["Idempotent-Replayed" in each.headers for each in answers]
    assert 2 == stored(store)


def test_a_key_is_kept_for_four_days(web: OverHttp, store: Store) -> None:
    """Senders retry for three; then the key is free."""
    make(web)
    post(web, {"event_uuid": EVENT}, "k")
    (key,) = store.redis.keys("*request:*")
    left = store.redis.pttl(key)
    store.redis.pexpire(key, 0)

    assert 4 * 86_400_000 - 10_000 < left <= 4 * 86_400_000
    assert ([0], [], [], False) == told(post(web, {"event_uuid": OTHER}, "k"))


# dedupe.


def a_record(deal: Any, event: str = EVENT, **more: Any) -> dict[str, Any]:
    """Give a record with a dedupe key."""
    return {"event_uuid": event, "deal": deal, **more}


def test_a_record_that_comes_again_is_its_first_delivery(web: OverHttp, store: Store) -> None:
    """Alone it is a repeat; among new ones it is only one of them. What else it says does not matter."""
    make(web, dedupe="deal")
    first = post(web, [a_record(1), a_record(2)])
    again = post(web, [a_record(2, attempt=2), a_record(1, attempt=3)])
    mixed = post(web, [a_record(1), a_record(3)])

    assert ids(first)[::-1] == ids(again)
    assert ids(first)[0] == ids(mixed)[0]
    assert ([0, 1], [], [], True) == told(again)
    assert ([0, 1], [], [], False) == told(mixed)
    assert 3 == stored(store)


def test_a_known_key_with_other_values_is_refused_by_its_index(web: OverHttp, store: Store) -> None:
    """And nothing of the request is stored."""
    make(web, dedupe="deal")
    post(web, a_record(1))

    problem = assert_problem(post(web, [a_record(2), a_record(1, OTHER)]), 422, "invalid", "#")

    assert [1] == [each["index"] for each in problem["errors"]]
    assert "dedupe" in problem["errors"][0]["detail"]
    assert "1 of 2 records is wrong; nothing was accepted." == problem["detail"]
    assert 1 == stored(store)


def test_a_key_may_stand_for_one_thing_in_one_request(web: OverHttp, store: Store) -> None:
    """Two records of a request contradict each other: the second is wrong."""
    make(web, dedupe="deal")

    problem = assert_problem(post(web, [a_record(1), a_record(1, OTHER)]), 422, "invalid")

    assert [1] == [each["index"] for each in problem["errors"]]
    assert 0 == stored(store)


def test_with_partial_the_conflicts_are_rejected_and_the_rest_is_taken(web: OverHttp, store: Store) -> None:
    """In order, beside what is wrong for other reasons and what does not count; the answer is remembered by its key."""
    make(web, dedupe="deal", partial=True, inbound={"when": "!skip"})
    post(web, a_record(1))
    body = [
        *({"deal": 7}, a_record(1, OTHER), a_record(2), a_record(1), {"skip": True}),
        *(a_record(2, OTHER), a_record(None), a_record(None)),
    ]

    answer, again = post(web, body, "k"), post(web, body, "k")

    assert ([2, 3, 6, 7], [0, 1, 5], [4], False) == told(answer)
    assert ([2, 3, 6, 7], [0, 1, 5], [4], True) == told(again)
    assert answer.data == again.data
    assert 4 == stored(store)


def test_all_in_conflict_is_a_refusal_also_with_partial(web: OverHttp) -> None:
    """There is nothing good to take."""
    make(web, dedupe="deal", partial=True)
    post(web, a_record(1))

    assert_problem(post(web, a_record(1, OTHER)), 422, "invalid")


def test_a_change_of_settings_makes_no_conflicts(web: OverHttp) -> None:
    """The record is what it was, whatever is sent of it now."""
    make(web, dedupe="deal")
    first = post(web, a_record(1, why="x"))
    web.api("PATCH", f"/destinations/{ID}", {"mapping": {"reason": "why"}})

    assert ids(first) == ids(post(web, a_record(1, why="x")))


class Overtaken(Acceptance):
    """Acceptance in which other requests come in between, each time that a conflict was found."""

    def __init__(self, store: Store, happens: list[Callable[[], Any]]) -> None:
        super().__init__(store.redis, Scripts(store.redis), 4)
        self._happens = happens

    def accept(self, *args: Any, **options: Any) -> Accepted:
        """Store records, or be overtaken."""
        try:
            return super().accept(*args, **options)
        except OtherRecords:
            if self._happens:
                self._happens.pop(0)()
            raise


def test_another_request_may_store_the_key_of_one_of_the_rest_in_between(web: OverHttp, store: Store) -> None:
    """Each time, the conflicts are set aside, and what is left is taken."""
    make(web, dedupe="deal", partial=True)
    post(web, a_record(1))
    happens = [lambda: post(web, a_record(2, OTHER)), lambda: post(web, a_record(3, OTHER))]
    slow = OverHttp(web.settings, replace(store, acceptance=Overtaken(store, happens)))

    answer = post(slow, [a_record(1, OTHER), a_record(2), a_record(3), a_record(4)])

    assert ([3], [0, 1, 2], [], False) == told(answer)


@pytest.fixture
def webs(settings: Settings, web: OverHttp) -> Iterator[list[OverHttp]]:
    """Several web processes, as far as Redis can tell."""
    stores = [open_store(settings) for _ in range(5)]
    yield [OverHttp(settings, each) for each in stores]
    for each in stores:
        each.close()


@pytest.mark.parametrize("key", ["k", None])
def test_fifty_at_once_are_one_delivery(
    web: OverHttp, webs: list[OverHttp], store: Store, key: str | None
) -> None:
    """Over five processes: all get the same answer, one of them as the first. None is told to come again."""
    make(web, dedupe="deal")
    web.api("POST", f"/destinations/{ID}/activate", {"acknowledge": "irreversible"})
    together = threading.Barrier(50)

    def send(number: int) -> TestResponse:
        client = webs[number % len(webs)].app.test_client()
        headers = {"Authorization": f"Bearer {KEY}", **({"Idempotency-Key": key} if key else {})}
        together.wait(20)
        return client.post(f"/in/{ID}", json=[a_record(1), a_record(2)], headers=headers)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(send, range(50)))

    assert {202} == {each.status_code for each in answers}
    assert 1 == len({each.data for each in answers})
    assert 49 == sum("Idempotent-Replayed" in each.headers for each in answers)
    assert 2 == stored(store)


# max_waiting.


def test_a_full_queue_asks_to_come_again(web: OverHttp, store: Store) -> None:
    """503 with Retry-After, and a repeat is answered all the same."""
    make(web, delivery={"max_waiting": 2})
    first = post(web, [{"event_uuid": EVENT}] * 2, "k")

    refused = post(web, {"event_uuid": EVENT}, "new")

    problem = assert_problem(refused, 503, "queue_full")
    assert "2 deliveries of this destination wait" in problem["detail"]
    assert int(refused.headers["Retry-After"]) > 0
    assert first.data == post(web, [{"event_uuid": EVENT}] * 2, "k").data
    assert 2 == store.redis.zcard(keys.due(keys.Lane("delivery", ID)))

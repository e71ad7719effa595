"""The audit: what was done is found again, newest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from relay.config import Settings
from relay.errors import BadRequest, StoreUnavailable
from relay.store import Store, keys, open_store
from relay.store.audit import AT_A_TIME, MOST_KEPT, MOST_SEARCHED, Deed, Entry

NOWHERE = "redis://127.0.0.1:1/0"


def deed(number: int = 1, on: str = "here", **changes: Any) -> Deed:
    """Give something that somebody did."""
    usual: dict[str, Any] = {
        "who": "admin",
        "what": "destination.changed",
        "details": {"changed": ["name"], "number": number},
        "request_id": f"request-{number}",
    }
    return Deed(on={"destination": on}, **{**usual, **changes})


def numbers(entries: list[Entry]) -> list[Any]:
    """Give which deeds these are."""
    return [each.deed.details["number"] for each in entries]


def filled(store: Store, number: int) -> None:
    """Let the audit hold so many deeds, each at a moment of its own: the first at one second."""
    for each in range(number):
        store.audit.write(deed(each, "here" if each % 2 == 0 else "there"))
    read: Any = store.redis.xrange(keys.AUDIT)
    store.redis.delete(keys.AUDIT)
    pipe = store.redis.pipeline()
    for each, (_, values) in enumerate(read):
        pipe.xadd(keys.AUDIT, values, id=f"{(each + 1) * 1000}-0")
    pipe.execute()


def test_a_deed_is_read_as_it_was_written(store: Store) -> None:
    """Whatever letters its note has, and with a time of its own."""
    written = deed(details={"note": "Büro “ü” 😀", "number": 1.5, "as": None})

    store.audit.write(written)
    (entry,) = store.audit.page().items

    assert written == entry.deed
    assert entry.at == pytest.approx(float(store.redis.time()[0]), abs=5)


def test_an_audit_without_deeds_is_empty(store: Store) -> None:
    """And has no next page."""
    assert ([], None) == (store.audit.page().items, store.audit.page().next_cursor)


@pytest.mark.parametrize("limit", [1, 3, 7, 8])
@pytest.mark.parametrize("about", [None, "here"])
def test_cursors_lead_through_all_of_it(store: Store, limit: int, about: str | None) -> None:
    """Newest first, each once, and also where other things were done in between."""
    filled(store, 7)
    seen: list[Any] = []
    cursor = None

    while True:
        page = store.audit.page(limit=limit, cursor=cursor, about=about)
        assert len(page.items) <= limit
        seen += numbers(page.items)
        cursor = page.next_cursor
        if cursor is None:
            break

    assert ([6, 5, 4, 3, 2, 1, 0] if about is None else [6, 4, 2, 0]) == seen


@pytest.mark.parametrize(
    ("span", "wanted"),
    [
        ({"since": 3.0}, [3, 2]),
        ({"until": 2.0}, [1, 0]),
        ({"since": 2.0, "until": 3.0}, [2, 1]),
        ({"since": 9.0}, []),
        ({"until": -1.0}, []),
        ({"until": 99.0, "cursor": "3000-0"}, [1, 0]),
        ({"until": 2.0, "cursor": "4000-0"}, [1, 0]),
        ({"since": 2.0, "cursor": "3000-0"}, [1]),
    ],
)
def test_a_span_of_time_has_both_its_ends(store: Store, span: dict[str, Any], wanted: list[int]) -> None:
    """Cursors stay within it."""
    filled(store, 4)

    assert wanted == numbers(store.audit.page(**span).items)


def test_what_touches_many_is_found_by_each(store: Store) -> None:
    """Pausing a credential pauses its destinations."""
    store.audit.write(
        Deed(
            who="admin",
            what="credential.paused",
            on={"credential": "acme"},
            details={"destinations": ["a", "b"]},
        )
    )

    for about in ("acme", "a", "b"):
        assert 1 == len(store.audit.page(about=about).items)
    assert [] == store.audit.page(about="c").items


def test_a_page_about_something_rare_ends_before_the_reader_gives_up(store: Store) -> None:
    """It may be empty and still lead on."""
    redis: Any = store.redis
    pipe = redis.pipeline()
    store.audit.write(deed(0, "rare"))
    raw = redis.xrange(keys.AUDIT)[0][1][b"deed"]
    for number in range(MOST_SEARCHED + AT_A_TIME):
        pipe.xadd(keys.AUDIT, {"deed": raw.replace(b"rare", b"dull")}, id=f"{10**13 + number}-0")
    pipe.execute()

    first = store.audit.page(about="rare")
    second = store.audit.page(about="rare", cursor=first.next_cursor)

    assert ([], 1, None) == (first.items, len(second.items), second.next_cursor)


@pytest.mark.parametrize("cursor", ["", "x", "-", "+", "1", "1-", "1-1-1", "(1-1", "1" * 30 + "-1"])
def test_a_cursor_comes_from_a_page(store: Store, cursor: str) -> None:
    """Anything else is refused."""
    with pytest.raises(BadRequest):
        store.audit.page(cursor=cursor)


def test_the_audit_does_not_grow_for_ever(store: Store) -> None:
    """Redis drops the oldest by the hundred."""
    for some in range(0, MOST_KEPT + 1000, 500):  # one answer at a time has to come soon, as everywhere
        pipe = store.redis.pipeline()
        for number in range(some, some + 500):
            pipe.xadd(keys.AUDIT, {"deed": "{}"}, id=f"{number + 1}-0")
        pipe.execute()

    store.audit.write(deed())

    assert MOST_KEPT <= store.redis.xlen(keys.AUDIT) < MOST_KEPT + 500


def test_what_cannot_be_written_down_is_told_to_the_log(make_settings: Callable[..., Settings]) -> None:
    """It is done by then, so nobody is told that it failed."""
    away = open_store(make_settings(redis_url=NOWHERE))

    with capture_logs() as lines:
        away.audit.write(deed(details={"as": "dead", "note": "Ana Planted saw it"}))

    (line,) = lines
    assert {"as": "dead"} == line["details"]
    assert ("audit.lost", "error", "destination.changed", {"destination": "here"}) == (
        line["event"],
        line["log_level"],
        line["what"],
        line["on"],
    )
    with pytest.raises(StoreUnavailable):
        away.audit.page()
    away.close()

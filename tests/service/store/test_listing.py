"""Lists by id: bounded pieces of them, in order, also of those that an older release left unordered."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from relay.model.credential import Credential
from relay.store import Store, keys, listing
from relay.store.listing import Listing
from tests.destinations import a_destination

IDS = [f"d-{number:03}" for number in range(30)]


@pytest.fixture(autouse=True)
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at a time, eight a search."""
    monkeypatch.setattr(listing, "AT_A_TIME", 2)
    monkeypatch.setattr(listing, "MOST_SEARCHED", 8)


class Read:
    """A listing of thirty things, one of which is not there, and how many of them were read."""

    def __init__(self, store: Store) -> None:
        self.ids: list[str] = []
        self.listing = Listing(store.redis, "relay:some", self._read)
        for identifier in reversed(IDS):
            self.listing.add(identifier)

    def _read(self, ids: Sequence[str]) -> list[tuple[str, str]]:
        self.ids += ids
        return [(each, each.upper()) for each in ids if each != "d-003"]


def test_a_search_looks_at_so_many_and_says_where_to_go_on(store: Store) -> None:
    """A page of what fits nothing costs no more than another one."""
    read = Read(store)

    page = read.listing.page(5, "d-001", lambda thing: thing == "D-020")

    assert ([], "d-009", IDS[2:10]) == (page.items, page.next_cursor, read.ids)


def test_a_page_is_full_though_something_listed_is_not_there(store: Store) -> None:
    """It was deleted at that moment; whoever reads the page has as many as he asked for."""
    page = Read(store).listing.page(3, "d-001")

    assert (["D-002", "D-004", "D-005"], "d-005") == (page.items, page.next_cursor)


def test_everything_is_read_piece_by_piece(store: Store) -> None:
    """In order, and nothing that is not there."""
    assert [each.upper() for each in IDS if each != "d-003"] == Read(store).listing.all()


def test_what_an_older_release_listed_is_put_in_order(store: Store) -> None:
    """By whichever comes first: a page, a new one, or the look at what the store has; and nothing is lost."""
    for first in (store.destinations.page, store.mark.refuse_if_lost, store.retention.trim):
        store.redis.flushall()
        for identifier in ("b", "a"):
            store.destinations.create(a_destination(identifier))
            store.credentials.create(Credential(id=identifier, kind="sandbox", token="sealed"))
        for key in (keys.DESTINATIONS, keys.CREDENTIALS):
            store.redis.delete(key)
            store.redis.sadd(key, "b", "a")

        first()
        store.destinations.create(a_destination("c"))
        store.credentials.delete("a")

        assert ["a", "b", "c"] == [each.settings.id for each in store.destinations.page().items]
        assert ["b"] == [each.id for each in store.credentials.page().items]

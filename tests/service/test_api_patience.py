"""A management call waits for Redis for so long in all, however many questions it asks."""

from __future__ import annotations

import pytest

from relay.api import patience
from relay.config import Settings
from relay.store import Store
from relay.store import patience as waiting
from tests.over_http import OverHttp, a_destination, keep_credential
from tests.problems import assert_problem


@pytest.fixture
def web(settings: Settings, store: Store) -> OverHttp:
    """A relay with a destination."""
    keep_credential(store)
    web = OverHttp(settings, store)
    web.api("POST", "/destinations", a_destination())
    return web


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/destinations", None),
        ("PATCH", "/destinations/booking-links", {"name": "never"}),
        ("POST", "/destinations/booking-links/activate", None),
        ("GET", "/credentials/acme", None),
    ],
)
def test_a_call_whose_time_is_over_is_refused_and_the_next_one_has_its_own(
    web: OverHttp, store: Store, method: str, path: str, body: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 and when to come again; nothing was done, and whoever has this thread next is not hurried."""
    with monkeypatch.context() as spent:
        spent.setattr(patience, "USUAL", 0.0)
        refused = web.api(method, path, body)
    store.ping()
    stands = web.api("GET", "/destinations/booking-links").get_json()

    assert_problem(refused, 503, "store_unavailable")
    assert "30" == refused.headers["Retry-After"]
    assert ("draft", "") == (stands["state"], stands["name"])


def test_what_was_done_is_written_into_the_audit_in_a_time_of_its_own(
    web: OverHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call itself may have taken all that it had."""
    view = web.app.view_functions["api.destinations.pause"]

    def pause_slowly(identifier: str) -> object:
        answer = view(identifier)
        counted = waiting._current.get()
        assert counted is not None
        counted._left = 0.0
        return answer

    monkeypatch.setitem(web.app.view_functions, "api.destinations.pause", pause_slowly)
    done = web.api("POST", "/destinations/booking-links/pause")

    assert 200 == done.status_code
    entries = web.api("GET", "/audit").get_json()["entries"]
    assert ["destination.paused", "destination.created"] == [each["what"] for each in entries]


def test_what_goes_through_much_is_named_as_flask_does(web: OverHttp) -> None:
    """A view that is renamed would lose its time."""
    assert patience.GOES_THROUGH_MUCH <= set(web.app.view_functions)

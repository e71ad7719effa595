"""Redis is away: everybody is told so at once, and nobody loses anything."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from relay.config import Settings
from tests.over_http import SCHEDULING_RECORD, OverHttp
from tests.problems import assert_problem

SOON = 2.0  # seconds
USUAL = {"secret_keys": ("k" * 32,), "admin_key": "an-admin-key-for-tests"}


@pytest.fixture(params=["closed", "silent"])
def web(request: pytest.FixtureRequest) -> Iterator[OverHttp]:
    """A relay whose Redis has closed its port, or takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "silent":
            listener.listen()
        port = listener.getsockname()[1]
        yield OverHttp(Settings(redis_url=f"redis://127.0.0.1:{port}/0", **USUAL))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/in/booking-links"),
        ("GET", "/api/v1/destinations"),
        ("GET", "/api/v1/credentials/acme"),
        ("GET", "/api/v1/deliveries"),
        ("POST", "/api/v1/deliveries/dlv_01M827FHJFFHKJZCADKFZBDNA/retry"),
    ],
)
def test_an_outage_is_answered_within_two_seconds(web: OverHttp, method: str, path: str) -> None:
    """503 with Retry-After, which senders understand as: keep it and come again."""
    began = time.monotonic()

    answer = web.client.open(
        path,
        method=method,
        json=SCHEDULING_RECORD,
        headers={"Authorization": "Bearer an-admin-key-for-tests"},
    )

    assert_problem(answer, 503, "store_unavailable")
    assert time.monotonic() - began < SOON


def test_the_process_lives_and_is_not_ready(web: OverHttp) -> None:
    """A platform should not restart it, and should send it nothing."""
    assert 200 == web.client.get("/healthz").status_code
    problem = assert_problem(web.client.get("/readyz"), 503, "not_ready")
    assert (False, 0) == (problem["redis"], problem["workers"])
    assert "Redis" in problem["detail"]


def test_what_needs_no_store_still_works(web: OverHttp) -> None:
    """The catalogue is part of the program."""
    assert 200 == web.api("GET", "/templates").status_code

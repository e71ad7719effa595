"""Redis is away: everybody is told so at once, and nobody loses anything."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from relay.config import Settings
from tests.over_http import SCHEDULING_RECORD, OverHttp
from tests.problems import assert_problem

SOON = 2.0  # seconds
USUAL = {"secret_keys": ("k" * 32,), "admin_key": "an-admin-key-for-tests"}


class Loading(socketserver.StreamRequestHandler):
    """A Redis that reads its data in, and answers every command with that."""

    def handle(self) -> None:
        """Answer until the client has gone."""
        while self.request.recv(4096):
            self.request.sendall(b"-LOADING Redis is loading the dataset in memory\r\n")


@pytest.fixture(params=["closed", "silent", "loading"])
def web(request: pytest.FixtureRequest) -> Iterator[OverHttp]:
    """A relay whose Redis has closed its port, takes connections and says nothing, or is not ready yet."""
    if request.param == "loading":
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Loading) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield OverHttp(Settings(redis_url=f"redis://127.0.0.1:{server.server_address[1]}/0", **USUAL))  # type: ignore[arg-type]
            server.shutdown()
        return
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
    """The catalogue is part of the program, and so is the settings' own key."""
    assert 200 == web.api("GET", "/templates").status_code


@pytest.mark.parametrize(
    ("key", "status"), [("a-wrong-key-of-somebody", 401), ("rly_0123456789abcdef_" + "0" * 64, 503)]
)
def test_a_wrong_key_stays_wrong_where_nobody_can_count(web: OverHttp, key: str, status: int) -> None:
    """And whether a named one is right, nobody can tell."""
    began = time.monotonic()

    assert status == web.api("GET", "/templates", key=key).status_code
    assert time.monotonic() - began < SOON

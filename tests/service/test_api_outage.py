"""Redis is away: everybody is told so at once, and nobody loses anything."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from relay.config import Settings
from tests.over_http import SCHEDULING_RECORD, OverHttp
from tests.problems import assert_problem

USUAL = {"secret_keys": ("k" * 32,), "admin_key": "an-admin-key-for-tests"}


class Loading(socketserver.StreamRequestHandler):
    """A Redis that reads its data in, and answers every command with that."""

    def handle(self) -> None:
        """Answer until the client has gone."""
        while self.request.recv(4096):
            self.request.sendall(b"-LOADING Redis is loading the dataset in memory\r\n")


class Away(OverHttp):
    """A client of a relay whose Redis is away."""

    waited: Callable[[], int] = staticmethod(lambda: 0)

    def times_waited(self) -> int:
        """Count the connections that were made to a Redis that is silent: over each somebody waited in vain."""
        return self.waited()


def waiting_at(listener: socket.socket) -> int:
    """Count the connections that nobody took yet, and take them."""
    listener.setblocking(False)
    taken = 0
    with suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
            taken += 1
    return taken


@pytest.fixture(params=["closed", "silent", "loading"])
def web(request: pytest.FixtureRequest) -> Iterator[Away]:
    """A relay whose Redis has closed its port, takes connections and says nothing, or is not ready yet."""
    if request.param == "loading":
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Loading) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield Away(Settings(redis_url=f"redis://127.0.0.1:{server.server_address[1]}/0", **USUAL))  # type: ignore[arg-type]
            server.shutdown()
        return
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "silent":
            listener.listen()
        port = listener.getsockname()[1]
        web = Away(Settings(redis_url=f"redis://127.0.0.1:{port}/0", **USUAL))  # type: ignore[arg-type]
        if request.param == "silent":
            web.waited = lambda: waiting_at(listener)
        yield web


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
def test_an_outage_is_answered_while_it_lasts(web: Away, method: str, path: str) -> None:
    """503 with Retry-After, which senders understand as: keep it and come again. Nobody waits twice for a Redis that is silent."""
    answer = web.client.open(
        path,
        method=method,
        json=SCHEDULING_RECORD,
        headers={"Authorization": "Bearer an-admin-key-for-tests"},
    )

    assert_problem(answer, 503, "store_unavailable")
    assert web.times_waited() <= 1


def test_the_process_lives_and_is_not_ready(web: Away) -> None:
    """A platform should not restart it, and should send it nothing."""
    assert 200 == web.client.get("/healthz").status_code
    problem = assert_problem(web.client.get("/readyz"), 503, "not_ready")
    assert (False, 0) == (problem["redis"], problem["workers"])
    assert "Redis" in problem["detail"]


def test_what_needs_no_store_still_works(web: Away) -> None:
    """The catalogue is part of the program, and so is the settings' own key."""
    assert 200 == web.api("GET", "/templates").status_code


@pytest.mark.parametrize(
    ("key", "status"), [("a-wrong-key-of-somebody", 401), ("rly_0123456789abcdef_" + "0" * 64, 503)]
)
def test_a_wrong_key_stays_wrong_where_nobody_can_count(web: Away, key: str, status: int) -> None:
    """And whether a named one is right, nobody can tell."""
    assert status == web.api("GET", "/templates", key=key).status_code
    assert web.times_waited() <= 1

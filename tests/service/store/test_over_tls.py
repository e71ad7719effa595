"""Sentinels and a Cluster over TLS. The servers that the tests bring have none, so each stands behind some."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from redis.exceptions import TimeoutError  # noqa: A004 - the client's own
from structlog.testing import capture_logs

from local.ports import LOOPBACK, free_port
from local.valkey import EmbeddedValkey
from relay.errors import StoreUnavailable
from relay.store.connection import connect, speaking_our_errors
from relay.store.excuses import why
from relay.store.patience import waiting_at_most
from tests.system.tls_front import TlsFront, make_certificate
from tests.topology import PASSWORD, SENTINEL_PASSWORD, SERVICE, Node, Topology
from tests.waiting import until

Front = Callable[[int], int]
LONG, TOO_LONG = 5, 40  # seconds: what nobody may wait for, and what would be waited for


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for loopback, which vouches for itself."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def front(certificate: Path) -> Iterator[Front]:
    """Put TLS in front of a port, and give the port to connect to."""
    with ExitStack() as stack:

        def make(port: int) -> int:
            made = TlsFront(certificate, port)
            stack.callback(made.close)
            return made.port

        yield make


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Callable[..., Node]]:
    """Start a server with these settings."""
    with Topology(tmp_path) as servers:

        def make(password: str, config: list[tuple[str, str]], *flags: str) -> Node:
            made = servers.node(f"node-{len(servers.nodes)}", password, *flags)
            made.config += [("bind", LOOPBACK), ("dir", "."), ("requirepass", password), *config]
            made.start()
            until(lambda: made.says("PING"))
            return made

        yield make


@pytest.fixture
def guarded(valkey: EmbeddedValkey, front: Front, node: Callable[..., Node]) -> str:
    """The address of a Sentinel that names a Redis; both speak TLS. It sees that Redis as down: it is not let in."""
    monitor = [("sentinel", f"monitor {SERVICE} {LOOPBACK} {front(valkey.port)} 1")]
    sentinel = node(SENTINEL_PASSWORD, monitor, "--sentinel")
    here = f"{LOOPBACK}:{front(sentinel.port)}"
    return f"rediss+sentinel://:{valkey.password}@{here}/{SERVICE}/0?sentinel_password={SENTINEL_PASSWORD}"


@pytest.fixture
def clustered(front: Front, node: Callable[..., Node]) -> str:
    """The address of a Cluster of one node, which tells the port that speaks TLS for its own."""
    bus = ("cluster-port", str(free_port()))  # it would be 10,000 above the other, and perhaps taken
    one = node(PASSWORD, [("cluster-enabled", "yes"), ("save", '""'), bus])
    port = front(one.port)
    one.says("CONFIG", "SET", "cluster-announce-port", port)
    one.says("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    until(lambda: (one.says("CLUSTER INFO") or {}).get("cluster_state") == "ok")
    return f"rediss+cluster://:{PASSWORD}@{LOOPBACK}:{port}/0?ssl_cert_reqs=required"


@pytest.mark.parametrize("kind", ["guarded", "clustered"])
def test_every_connection_is_over_tls(kind: str, certificate: Path, request: pytest.FixtureRequest) -> None:
    """To whom is asked for the master, and to the master: both by an authority that the address names, or not at all."""
    url = request.getfixturevalue(kind)
    with connect(f"{url}&ssl_ca_certs={certificate}") as redis:
        redis.set("name", "kept")

        assert b"kept" == redis.get("name")
    with (
        capture_logs() as told,
        connect(url) as redis,
        pytest.raises(StoreUnavailable) as caught,
        speaking_our_errors(),
    ):
        redis.get("name")

    assert "vouches for its certificate" in why(caught.value)
    assert [why(caught.value)] == [each["because"] for each in told]


def test_the_greeting_over_tls_takes_no_longer_than_there_is_time() -> None:
    """Whoever has waited for a Sentinel has less left for a master that is frozen, and takes the connection all the same."""
    with socket.create_server((LOOPBACK, 0)) as silent:
        url = f"rediss://{LOOPBACK}:{silent.getsockname()[1]}"
        began = time.monotonic()
        with (
            connect(url, patience=TOO_LONG) as redis,
            waiting_at_most(0.2),
            pytest.raises(TimeoutError),
        ):
            redis.get("name")

    assert time.monotonic() - began < LONG

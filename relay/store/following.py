"""Connections that follow the master: each asks where it is before it connects, and lets go of one that is no master now."""

from __future__ import annotations

import time
from typing import Any, Protocol

from redis import ConnectionPool, DriverInfo
from redis.backoff import NoBackoff
from redis.connection import Connection, SSLConnection
from redis.exceptions import (
    AskError,
    ClusterDownError,
    ConnectionError,  # noqa: A004 - the client's own
    NoPermissionError,
    ReadOnlyError,
    ResponseError,
)
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from relay.redis_url import Place
from relay.store.patience import patience_left, patient

PATIENCE = (
    1.5  # seconds that one command may take: whoever waits for the inbound route waits for two or three
)
LEAST = 0.2  # seconds to connect in, however long the search for the master took
HEALTHY_FOR = 10  # seconds for which a connection that did not speak is trusted
DRIVER = DriverInfo()  # made once: each connection of its own would look the client's version up on the disk
MOST_CONNECTIONS = 2000  # of one pool: more than a process has threads
# What a server says that is not, or no longer, the master of what it was asked. Scripts of Redis 6.2 say it inside.
NO_MASTER = (ReadOnlyError, AskError, ClusterDownError)
NO_MASTER_EITHER = ("-READONLY", "UNBLOCKED")


class Guide(Protocol):
    """Knows where the master is. It counts how often that changed, so that connections to an earlier one are not kept."""

    changes: int

    def find(self) -> Place | None:
        """Say where the master is now; None: where the settings say. Raises ConnectionError or TimeoutError."""

    def doubt(self) -> None:
        """Take note that what was found is not, or no longer, the master."""


class Fixed:
    """The guide to the one Redis of the settings, whose name may stand for another machine after a failover."""

    def __init__(self) -> None:
        self.changes = 0

    def find(self) -> None:
        """Leave it to the settings: the name is looked up anew."""

    def doubt(self) -> None:
        """Let every connection be made anew."""
        self.changes += 1


class _Following(Connection):
    """What both kinds of connection add to the client's own."""

    def __init__(self, *, guide: Guide, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]  # the client has no types here
        self._guide = guide
        self._seen = guide.changes

    def connect(self) -> None:
        """Connect unless connected to what is the master still; a pool calls this before it hands a connection out."""
        if self._seen != self._guide.changes:
            self.disconnect()  # type: ignore[no-untyped-call]  # the client has no types here
        super().connect()  # type: ignore[no-untyped-call]

    def _connect(self) -> Any:
        began = time.monotonic()
        place = self._guide.find()
        self._seen = self._guide.changes
        if place is not None:
            self.host, self.port = place
            left = PATIENCE - (time.monotonic() - began)
            self.socket_connect_timeout = max(LEAST, patience_left(left))
        return super()._connect()  # type: ignore[no-untyped-call]

    def on_connect_check_health(self, check_health: bool = True) -> None:
        """Greet the server, and make sure that it is a master: a demoted one would give old answers."""
        super().on_connect_check_health(check_health=check_health)
        if not isinstance(self._guide, Fixed):
            self.send_command("ROLE", check_health=False)  # type: ignore[no-untyped-call]
            try:
                role: Any = self.read_response()
            except NoPermissionError:
                return
            if role[0] not in {b"master", "master"}:
                self._guide.doubt()
                raise ConnectionError("not a master")

    def read_response(self, *args: Any, **options: Any) -> Any:
        """Read an answer. One that only a demoted master gives ends the connection: nothing was done, and none was sent again."""
        try:
            return super().read_response(*args, **options)
        except ResponseError as exc:
            if not is_no_master(exc):
                raise
            self._guide.doubt()
            self.disconnect()  # type: ignore[no-untyped-call]
            raise ConnectionError("no longer the master") from exc


class Following(_Following):
    """A connection in clear."""


class FollowingOverTls(_Following, SSLConnection):
    """A connection over TLS."""


def is_no_master(error: ResponseError) -> bool:
    """Tell whether an answer says that the server is not the master of what it was asked."""
    return isinstance(error, NO_MASTER) or any(word in str(error) for word in NO_MASTER_EITHER)


def usual(patience: float | None) -> dict[str, Any]:
    """Give what every connection to Redis has in common.

    Commands are never sent again behind our back: a script whose answer was lost may have run, so its caller decides.
    A stale pooled connection is no reason to fail, though: the health check finds it before it is used.
    """
    return {
        "socket_timeout": patience,
        "socket_connect_timeout": PATIENCE,
        "socket_keepalive": True,
        "health_check_interval": HEALTHY_FOR,
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": False,
        "driver_info": DRIVER,
        "max_connections": MOST_CONNECTIONS,
        # Only one vendor's servers send these, and they would lead a connection away from where its guide says.
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }


def following_pool(guide: Guide, **options: Any) -> ConnectionPool:
    """Give a pool of connections that follow a guide."""
    over_tls = issubclass(options.pop("connection_class", Connection), SSLConnection)
    kind = FollowingOverTls if over_tls else Following
    return ConnectionPool(connection_class=patient(kind), guide=guide, **options)


def plain_pool(**options: Any) -> ConnectionPool:
    """Give a pool of connections that stay with one server."""
    kind = options.pop("connection_class", Connection)
    if not issubclass(kind, Connection):
        options.pop("socket_keepalive", None)  # a socket file has none
    return ConnectionPool(connection_class=patient(kind), **options)

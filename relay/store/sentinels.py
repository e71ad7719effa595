"""The Sentinels: they are asked which Redis is the master, one after the other and for a bounded time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import ConnectionError, RedisError  # noqa: A004 - the client's own

from relay.redis_url import Place, RedisAddress
from relay.store.excuses import why
from relay.store.following import plain_pool, usual

ASK = 0.4  # seconds that one Sentinel has
SEARCH = 0.6  # seconds after which no further one is asked
log = structlog.get_logger()


class Sentinels:
    """The guide to the master that the Sentinels name. Who gave no answer is asked last the next time."""

    def __init__(self, address: RedisAddress) -> None:
        self.changes = 0
        self._service = address.service
        self._clients = [_client(place, address.for_sentinels) for place in address.places]
        self._known: Place | None = None
        self._because: Exception | None = None  # why the last one that was asked gave no answer
        self._found = True  # so that the first silence is told

    def find(self) -> Place:
        """Ask for the master. Raises ConnectionError if no Sentinel knows one, or none answers in time."""
        give_up_at = time.monotonic() + SEARCH
        for client in tuple(self._clients):
            if time.monotonic() > give_up_at:
                break
            place = self._ask(client)
            if place is not None:
                return self._note(place)
            self._clients = [*(each for each in self._clients if each is not client), client]
        self._tell(found=False)
        raise ConnectionError("no Sentinel names a master") from self._because

    def doubt(self) -> None:
        """Take note that the master is another one now."""
        self.changes += 1

    def _ask(self, client: Redis) -> Place | None:
        try:
            named: Any = client.execute_command("SENTINEL GET-MASTER-ADDR-BY-NAME", self._service)  # type: ignore[no-untyped-call]
        except (RedisError, OSError) as exc:
            self._because = exc
            return None
        self._because = None
        return (_text(named[0]), int(named[1])) if named else None

    def _note(self, place: Place) -> Place:
        if self._known not in {None, place}:
            self.changes += 1
        self._known = place
        self._tell(found=True)
        return place

    def _tell(self, *, found: bool) -> None:
        if found != self._found:
            because = why(self._because) if self._because else "no Sentinel knows this service"
            what = {} if found else {"because": because}
            log.warning(
                "redis.master_found" if found else "redis.master_not_found", service=self._service, **what
            )
        self._found = found


def _client(place: Place, options: Mapping[str, Any]) -> Redis:
    host, port = place
    bounds = {"socket_timeout": ASK, "socket_connect_timeout": ASK}
    pool = plain_pool(**{**usual(ASK), **options, **bounds, "host": host, "port": port})
    return Redis.from_pool(pool)


def _text(raw: bytes | str) -> str:
    return raw.decode() if isinstance(raw, bytes) else raw

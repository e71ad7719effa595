"""A look at the Redis that the house is to use: whether it can be used at all, and what it holds already."""

from __future__ import annotations

from dataclasses import dataclass

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry

from local.errors import CannotStart
from relay.redis_url import kind_of

PATIENCE = 2.0  # seconds for one connection and one command
# What only a relay writes. The names are the store's; a test compares them.
RELAY_KEYS = ("relay:destinations", "relay:credentials", "relay:deleted-destinations", "relay:workers")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a Redis holds."""

    keys: int
    holds_relay: bool


class RedisLook:
    """Looks at one Redis. `where` names it without user and password, `contents` is what the last look saw."""

    def __init__(self, url: str) -> None:
        if kind_of(url) not in {None, "single"}:
            raise CannotStart(
                "REDIS_URL names Sentinels or a Cluster, and this command works with one Redis: leave REDIS_URL out, "
                "or start the processes that Procfile names by yourself."
            )
        try:
            parts = parse_url(url)  # type: ignore[no-untyped-call]
        except ValueError as exc:
            raise CannotStart("REDIS_URL cannot be understood: is its port a number?") from exc
        self.database = parts.get("db", 0)
        self.where = parts.get("path") or f"{parts.get('host', 'localhost')}:{parts.get('port', 6379)}"
        self.contents = Contents(0, holds_relay=False)
        self._has_password = "password" in parts
        self.trouble = "does not answer"
        self.url = url

    def succeeds(self) -> bool:
        """Look once; False where another try may see more. Raises CannotStart where waiting would not help."""
        try:
            self.contents = self._contents()
        except (
            exceptions.AuthenticationError,
            exceptions.AuthorizationError,
            exceptions.ResponseError,
            exceptions.InvalidResponse,
        ) as exc:
            self.trouble = self._refusal(exc)
            raise CannotStart(self.sentence()) from exc
        except (exceptions.RedisError, OSError) as exc:
            self.trouble = _silence(exc)
            return False
        return True

    def sentence(self) -> str:
        """Say what is wrong, without any secret."""
        return f"The Redis that REDIS_URL names, {self.where}, {self.trouble}."

    def _contents(self) -> Contents:
        once = Retry(NoBackoff(), 0)
        with redis.Redis.from_url(
            self.url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=once
        ) as client:
            return Contents(int(client.dbsize()), holds_relay=bool(client.exists(*RELAY_KEYS)))

    def _refusal(self, error: Exception) -> str:
        said = str(error).lower()
        if isinstance(error, exceptions.InvalidResponse):
            return "answers, but not as a Redis does"
        if isinstance(error, exceptions.AuthenticationError):
            if self._has_password:
                return "does not accept the user and password of REDIS_URL"
            return "wants a password, and REDIS_URL has none"
        if isinstance(error, exceptions.AuthorizationError | exceptions.NoPermissionError):
            return "does not allow the user of REDIS_URL what the relay needs"
        if "db index" in said:
            return f"has no database {self.database}"
        return "refuses the relay's first command"


def _silence(error: BaseException) -> str:
    if isinstance(error, exceptions.BusyLoadingError):
        return "is still loading its data"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return f"cannot be reached: {cause.strerror[:1].lower()}{cause.strerror[1:]}"
        cause = cause.__cause__ or cause.__context__
    return "does not answer"

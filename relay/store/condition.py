"""In what condition Redis is: whether it keeps what it is given, as far as it tells.

A managed Redis may forbid CONFIG; what INFO does not tell either is unknown, and nobody is warned of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError

from relay.config import Durability
from relay.store.connection import each_server, speaking_our_errors
from relay.store.texts import text

OLDEST = (6, 2)
ASKED = ("maxmemory-policy", "appendonly", "appendfsync", "save")  # of CONFIG


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that lets Redis forget, or that the relay cannot work with: a name for it, and a sentence."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one server says of itself; None is unknown."""

    version: tuple[int, ...] | None = None
    is_replica: bool = False
    replicas: int | None = None
    policy: str | None = None
    appends: bool | None = None
    fsync: str | None = None
    save: str | None = None
    writes_fail: bool = False


class Condition:
    """Asks each server that takes writes."""

    def __init__(self, redis: Redis, durability: Durability) -> None:
        self._redis = redis
        self._durability: Durability = durability

    def look(self) -> list[Problem]:
        """Give the problems that there are now, each once."""
        with speaking_our_errors():
            found = [facts_of(server) for server in each_server(self._redis)]
        return list(dict.fromkeys(each for facts in found for each in problems(facts, self._durability)))


def process_of(server: Redis) -> str:
    """Name the process behind one server, which is another one after a failover or a restart. Empty where that is not told."""
    try:
        info: Mapping[str, Any] = server.info("server")
    except ResponseError:
        return ""
    return str(info.get("run_id", ""))


def facts_of(server: Redis) -> Facts:
    """Ask one server. Where it forbids INFO, too, nothing is known of it."""
    try:
        info: Mapping[str, Any] = server.info()
    except ResponseError:
        return Facts()
    config = _config(server)
    appends = info.get("aof_enabled")
    return Facts(
        version=_version(info.get("redis_version")),
        is_replica=info.get("role") == "slave",
        replicas=info.get("connected_slaves"),
        policy=config.get("maxmemory-policy") or info.get("maxmemory_policy"),
        appends=None if appends is None else bool(appends),
        fsync=config.get("appendfsync"),
        save=config.get("save"),
        writes_fail=info.get("aof_last_write_status") == "err" or info.get("rdb_last_bgsave_status") == "err",
    )


def problems(facts: Facts, durability: Durability) -> list[Problem]:
    """Say what is wrong with a server that tells these facts. Pure."""
    found = [_age(facts), _role(facts), _eviction(facts), _writes(facts), _promise(facts, durability)]
    # Whoever waits for the disk or a replica need not mind how often Redis writes by itself.
    found += [_persistence(facts)] if durability == "redis" else []
    return [each for each in found if each]


def _age(facts: Facts) -> Problem | None:
    if facts.version is None or facts.version >= OLDEST:
        return None
    version = ".".join(map(str, facts.version))
    return Problem("version", f"Redis is {version}; the relay needs 6.2 or newer.")


def _role(facts: Facts) -> Problem | None:
    if not facts.is_replica:
        return None
    return Problem("read_only", "REDIS_URL leads to a replica, which takes no writes.")


def _eviction(facts: Facts) -> Problem | None:
    if facts.policy in {None, "noeviction"}:
        return None
    loses = "records" if str(facts.policy).startswith("allkeys") else "what tells repeats from new requests"
    detail = f"maxmemory-policy is {facts.policy}: when its memory is full, Redis throws {loses} away. Set noeviction."
    return Problem("eviction", detail)


def _writes(facts: Facts) -> Problem | None:
    if not facts.writes_fail:
        return None
    return Problem("disk", "Redis could not write its data to disk the last time.")


def _promise(facts: Facts, durability: Durability) -> Problem | None:
    if durability == "replica" and facts.replicas == 0:
        return Problem("durability", "RELAY_DURABILITY is replica, and Redis has no replica.")
    if durability == "fsync" and facts.appends is False:
        return Problem("durability", "RELAY_DURABILITY is fsync, and appendonly is off.")
    if durability == "fsync" and facts.version is not None and facts.version < (7, 2):
        return Problem(
            "durability", "RELAY_DURABILITY is fsync, and this Redis has no WAITAOF: it needs 7.2."
        )
    return None


def _persistence(facts: Facts) -> Problem | None:
    match facts.appends, facts.save, facts.fsync:
        case False, "", _:
            said = "Redis keeps nothing on disk: a restart loses every record. Set appendonly yes."
        case False, str(), _:
            said = (
                "Redis writes snapshots only: a crash loses what came after the last one. Set appendonly yes."
            )
        case True, _, "everysec":
            said = "appendfsync is everysec: a crash of its machine loses the last second. Set always, or RELAY_DURABILITY."
        case True, _, "no":
            said = "appendfsync is no: a crash of its machine loses up to half a minute. Set always, or RELAY_DURABILITY."
        case _:
            return None
    return Problem("persistence", said)


def _config(server: Redis) -> dict[str, str]:
    """Give the settings that were asked for; none where CONFIG is forbidden."""
    found: dict[str, str] = {}
    try:
        for name in ASKED:
            found |= {text(key): text(value or "") for key, value in server.config_get(name).items() if key}
    except ResponseError:
        return {}
    return found


def _version(told: Any) -> tuple[int, ...] | None:
    try:
        return tuple(int(part) for part in str(told).split(".")[:3])
    except ValueError:
        return None

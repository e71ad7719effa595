"""What REDIS_URL says: one Redis, a Redis behind Sentinels, or a Redis Cluster."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from redis.connection import Connection, parse_url
from redis.exceptions import RedisError

Kind = Literal["single", "sentinel", "cluster"]
Place = tuple[str, int]  # host and port

SENTINEL_PORT = 26379
REDIS_PORT = 6379
PLAIN = ("redis://", "rediss://", "unix://")
SENTINEL = ("redis+sentinel://", "rediss+sentinel://")
CLUSTER = ("redis+cluster://", "rediss+cluster://")
EXAMPLES: Mapping[Kind, str] = {
    "single": "redis://:password@host:6379/0",
    "sentinel": "redis+sentinel://:password@host:26379,host2:26379/service-name/0",
    "cluster": "redis+cluster://:password@host:6379,host2:6379",
}
FOR_SENTINELS = ("sentinel_username", "sentinel_password")


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where Redis is, taken apart.

    `places` are those to ask first: Redis itself, the Sentinels, or some nodes of the Cluster. `options` are what the
    client takes for each connection to Redis (user, password, database, TLS), `for_sentinels` for one to a Sentinel.
    """

    url: str = field(repr=False)
    kind: Kind
    places: tuple[Place, ...] = ()
    service: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    for_sentinels: Mapping[str, Any] = field(default_factory=dict, repr=False)


def kind_of(url: str) -> Kind | None:
    """Tell by its beginning what an address names; None for an address that is none of ours."""
    kinds: list[tuple[tuple[str, ...], Kind]] = [
        (PLAIN, "single"),
        (SENTINEL, "sentinel"),
        (CLUSTER, "cluster"),
    ]
    return next((kind for beginnings, kind in kinds if url.startswith(beginnings)), None)


def read_redis_url(url: str) -> RedisAddress:
    """Take an address apart. Raises ValueError, whose text may hold a password: keep it inside."""
    kind = kind_of(url)
    if kind is None:
        raise ValueError("no such scheme")
    if kind == "single":
        return _single(url)
    parts = urlsplit(url)
    user, at, hosts = parts.netloc.rpartition("@")
    service, database = _path_of(parts.path, kind)
    query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    own = {name: query.pop(name) for name in FOR_SENTINELS if name in query and kind == "sentinel"}
    scheme = parts.scheme.partition("+")[0]

    def client_url(host: str, before: str) -> str:
        return f"{scheme}://{before}{host}/{database}?{urlencode(query)}"

    read = [_options(client_url(host, user + at)) for host in hosts.split(",")]
    port = SENTINEL_PORT if kind == "sentinel" else REDIS_PORT
    places = tuple((_host(options), int(options.pop("port", port))) for options in read)
    tls = {name: value for name, value in read[0].items() if name not in {"username", "password", "db"}}
    named = {name.removeprefix("sentinel_"): value for name, value in own.items()}
    return RedisAddress(url, kind, places, service, read[0], {**tls, **named})


def _single(url: str) -> RedisAddress:
    options = _options(url)
    place = urlsplit(url)
    # A slash in a password that is not escaped ends the host, and the client would call another one.
    if not (place.path if place.scheme == "unix" else re.fullmatch("/?[0-9]*", place.path)):
        raise ValueError("not a path")
    return RedisAddress(url, "single", (), "", options)


def _options(url: str) -> dict[str, Any]:
    options: dict[str, Any] = parse_url(url)  # type: ignore[no-untyped-call]  # the client has no types here
    kind = options.get("connection_class", Connection)
    try:
        kind(**{name: value for name, value in options.items() if name != "connection_class"})
    except (TypeError, RedisError) as exc:
        raise ValueError("an option that this kind of connection does not have") from exc
    return options


def _host(options: dict[str, Any]) -> str:
    host = options.pop("host", "")
    if not host:
        raise ValueError("no host")
    return str(host)


def _path_of(path: str, kind: Kind) -> tuple[str, str]:
    """Give the service's name and the database that a path names; a Cluster has neither."""
    pattern = (
        r"/(?P<service>[^/]+)(?:/(?P<db>[0-9]*))?" if kind == "sentinel" else "/?0?(?P<service>)(?P<db>)"
    )
    match = re.fullmatch(pattern, path)
    if match is None:
        raise ValueError("not a path")
    return unquote(match["service"]), match["db"] or "0"

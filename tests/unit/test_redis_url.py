"""Reading REDIS_URL in all of its forms."""

from __future__ import annotations

from typing import Any

import pytest
from redis.connection import SSLConnection, UnixDomainSocketConnection

from relay.redis_url import EXAMPLES, kind_of, read_redis_url


@pytest.mark.parametrize(
    ("url", "kind", "places", "service", "options"),
    [
        ("redis://redis.example/3", "single", (), "", {"host": "redis.example", "db": 3}),
        (
            "unix:///run/redis.sock",
            "single",
            (),
            "",
            {"path": "/run/redis.sock", "connection_class": UnixDomainSocketConnection},
        ),
        (
            "redis+sentinel://who:a%2Fb@one,two:26380/main/3",
            "sentinel",
            (("one", 26379), ("two", 26380)),
            "main",
            {"username": "who", "password": "a/b", "db": 3},
        ),
        (
            "redis+sentinel://[::1]:1,[::2]/my%20service",
            "sentinel",
            (("::1", 1), ("::2", 26379)),
            "my service",
            {"db": 0},
        ),
        (
            "rediss+cluster://:secret@one:7000,two/0?ssl_ca_certs=/run/ca.pem",
            "cluster",
            (("one", 7000), ("two", 6379)),
            "",
            {"password": "secret", "db": 0, "ssl_ca_certs": "/run/ca.pem", "connection_class": SSLConnection},
        ),
    ],
)
def test_an_address_is_taken_apart(
    url: str, kind: str, places: Any, service: str, options: dict[str, Any]
) -> None:
    """Whom to ask, for what, and how to connect."""
    address = read_redis_url(url)

    assert (kind, places, service, options) == (
        address.kind,
        address.places,
        address.service,
        dict(address.options),
    )


def test_sentinels_have_a_user_and_a_password_of_their_own() -> None:
    """Redis's are not told to them; TLS they share."""
    address = read_redis_url(
        "rediss+sentinel://:of-redis@one/main?sentinel_username=who&sentinel_password=of%26sentinel&ssl_cert_reqs=none"
    )

    assert {
        "username": "who",
        "password": "of&sentinel",
        "ssl_cert_reqs": "none",
        "connection_class": SSLConnection,
    } == dict(address.for_sentinels)
    assert "of-redis" == address.options["password"]


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_examples_are_good_ones(kind: str) -> None:
    """What an error message shows can be copied."""
    address = read_redis_url(EXAMPLES[kind])  # type: ignore[index]  # a text to pytest

    assert kind == address.kind == kind_of(address.url)


def test_an_address_is_never_shown_with_its_secrets() -> None:
    """They end up in tracebacks."""
    shown = repr(read_redis_url("redis+sentinel://:hidden@one/main?sentinel_password=hidden-too"))

    assert "hidden" not in shown


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis.example/0?bogus=1",
        "redis://redis.example/0?ssl_cert_reqs=none",
        "redis+cluster://one,two?bogus=1",
        "unix:///run/redis.sock?socket_keepalive=1",
    ],
)
def test_an_option_that_a_connection_does_not_have_is_refused(url: str) -> None:
    """Before anything is connected: it would fail for each request."""
    with pytest.raises(ValueError, match="an option"):
        read_redis_url(url)

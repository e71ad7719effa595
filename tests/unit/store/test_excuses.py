"""Why Redis cannot be used, without anything that it or its client said."""

from __future__ import annotations

import ssl

import pytest
from redis import exceptions

from relay.errors import StoreUnavailable
from relay.store.connection import speaking_our_errors
from relay.store.excuses import why

ADDRESS = "redis.example:6379"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (exceptions.ConnectionError(ADDRESS), "reached"),
        (OSError(ADDRESS), "reached"),
        (exceptions.TimeoutError(ADDRESS), "in time"),
        (exceptions.AuthenticationError(ADDRESS), "password"),
        (exceptions.BusyLoadingError(ADDRESS), "loading"),
        (exceptions.ReadOnlyError(ADDRESS), "replica"),
        (exceptions.OutOfMemoryError(ADDRESS), "memory"),
        (exceptions.ResponseError(f"Error running script: -OOM {ADDRESS}"), "memory"),
        (exceptions.ResponseError(f"MISCONF {ADDRESS}"), "disk"),
        (exceptions.NoPermissionError(ADDRESS), "may not"),
        (exceptions.ResponseError(ADDRESS), "refused a command"),
    ],
)
def test_the_reason_is_ours(error: Exception, words: str) -> None:
    """Each is told apart, and none quotes an address."""
    with pytest.raises(StoreUnavailable) as caught, speaking_our_errors():
        raise error

    assert words in why(caught.value)
    assert ADDRESS not in why(caught.value)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (ssl.SSLCertVerificationError(1, ADDRESS), "ssl_ca_certs"),
        (ssl.SSLError(1, f"wrong version number {ADDRESS}"), "TLS"),
        (ssl.SSLEOFError(8, ADDRESS), "reached"),
        (FileNotFoundError(2, ADDRESS), "is not there"),
        (ConnectionRefusedError(111, ADDRESS), "reached"),
    ],
)
def test_what_the_system_said_counts(said: OSError, words: str) -> None:
    """The client raises an error of its own over it, without naming it as its cause."""

    def connect() -> None:
        try:
            raise said
        except OSError:
            raise exceptions.ConnectionError(ADDRESS)  # noqa: B904 # as the client does

    with pytest.raises(StoreUnavailable) as caught, speaking_our_errors():
        connect()

    assert words in why(caught.value)
    assert ADDRESS not in why(caught.value)


@pytest.mark.parametrize(
    ("code", "words"),
    [(10, "expired"), (62, "the name"), (64, "the address"), (92, "RFC 5280"), (19, "vouches")],
)
def test_what_is_wrong_with_a_certificate_is_told(code: int, words: str) -> None:
    """By OpenSSL's numbers, from whoever found it: a Sentinel's is refused before there is an error of ours."""
    refused = ssl.SSLCertVerificationError(1, ADDRESS)
    refused.verify_code = code

    assert words in why(refused)


def test_the_first_cause_counts() -> None:
    """The connection was given up because of what the server had said before."""
    lost = exceptions.ConnectionError()
    lost.__cause__ = exceptions.ReadOnlyError()
    with pytest.raises(StoreUnavailable) as caught, speaking_our_errors():
        raise lost

    assert "replica" in why(caught.value)

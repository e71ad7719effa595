"""Why Redis cannot be used, without anything that it or its client said."""

from __future__ import annotations

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


def test_the_first_cause_counts() -> None:
    """The connection was given up because of what the server had said before."""
    lost = exceptions.ConnectionError()
    lost.__cause__ = exceptions.ReadOnlyError()
    with pytest.raises(StoreUnavailable) as caught, speaking_our_errors():
        raise lost

    assert "replica" in why(caught.value)

"""Why the store cannot be had, in words of our own: what the Redis client says may hold an address or a password."""

from __future__ import annotations

from collections.abc import Iterator

from redis import exceptions

from relay.errors import StoreUnavailable

UNREACHABLE = "it cannot be reached"
_BY_KIND: tuple[tuple[type[BaseException], str], ...] = (
    (exceptions.AuthenticationError, "it refuses the user or the password in REDIS_URL"),
    (exceptions.AuthenticationWrongNumberOfArgsError, "it refuses the user or the password in REDIS_URL"),
    (exceptions.BusyLoadingError, "it is still loading its data"),
    (exceptions.ReadOnlyError, "it is a replica, which takes no writes"),
    (exceptions.OutOfMemoryError, "its memory is full"),
    (exceptions.NoPermissionError, "its user may not run a command that the relay needs"),
    (exceptions.TimeoutError, "it did not answer in time"),
    (exceptions.MovedError, "it is a node of a Cluster, and REDIS_URL does not begin with redis+cluster://"),
    (exceptions.ClusterDownError, "its Cluster is down, or has no master for some keys"),
    (exceptions.TryAgainError, "its Cluster is moving these keys"),
)
# What has no class of its own, or is told inside of a script's error.
_BY_WORD = (
    ("OOM", "its memory is full"),
    ("READONLY", "it is a replica, which takes no writes"),
    ("MISCONF", "it cannot write to its disk"),
    ("NOREPLICAS", "it has fewer replicas than it needs to take writes"),
    ("NOAUTH", "it asks for a password, and REDIS_URL has none"),
)


def why(error: StoreUnavailable) -> str:
    """Give the reason as the end of a sentence about Redis."""
    causes = list(_causes(error))
    for cause in causes:
        for kind, words in _BY_KIND:
            if isinstance(cause, kind):
                return words
        for word, words in _BY_WORD:
            if isinstance(cause, exceptions.ResponseError) and word in str(cause):
                return words
    refused = any(isinstance(cause, exceptions.ResponseError) for cause in causes)
    return "it refused a command" if refused else UNREACHABLE


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give what an error came of, the first cause first."""
    if error.__cause__ is not None:
        yield from _causes(error.__cause__)
        yield error.__cause__

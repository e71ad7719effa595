"""Why the store cannot be had, in words of our own: what the Redis client says may hold an address or a password."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from redis import exceptions

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


NOT_STRICT = "its certificate, or that of who vouches for it, lacks what RFC 5280 wants in it"
# By OpenSSL's numbers, of what a certificate is refused for.
_CERTIFICATE = {
    **dict.fromkeys(range(80, 95), NOT_STRICT),  # what Python minds from 3.13 on
    10: "its certificate has expired",
    62: "its certificate is not for the name that it is reached by",
    64: "its certificate is not for the address that it is reached by",
}
UNTRUSTED = "nobody whom this machine trusts vouches for its certificate; ssl_ca_certs in REDIS_URL names the file of who does"
NO_TLS = "TLS with it fails: it speaks none, or it wants a certificate of the relay that it trusts (ssl_certfile in REDIS_URL)"
MISSING_FILE = "a file that REDIS_URL names is not there"
_CUT_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


def why(error: BaseException) -> str:
    """Give the reason as the end of a sentence about Redis; `error` is the client's, or ours that came of it."""
    causes = [*_causes(error), error]
    for cause in causes:
        if words := _of_certificates(cause):
            return words
        for kind, words in _BY_KIND:
            if isinstance(cause, kind):
                return words
        for word, words in _BY_WORD:
            if isinstance(cause, exceptions.ResponseError) and word in str(cause):
                return words
    refused = any(isinstance(cause, exceptions.ResponseError) for cause in causes)
    return "it refused a command" if refused else UNREACHABLE


def _of_certificates(cause: BaseException) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _CERTIFICATE.get(getattr(cause, "verify_code", 0), UNTRUSTED)
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, _CUT_OFF):
        return NO_TLS
    return MISSING_FILE if isinstance(cause, FileNotFoundError) else ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give what an error came of, the first cause first."""
    cause = error.__cause__
    if (
        cause is None
        and isinstance(error, exceptions.ConnectionError)
        and isinstance(error.__context__, OSError)
    ):
        cause = error.__context__  # what the system said; the client does not name it as its cause
    if cause is not None:
        yield from _causes(cause)
        yield cause

"""What went wrong on the wire, in words for people. Never a path, a query or a user name: those may be secrets."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator

import requests
import ssrfguard
import urllib3.exceptions as strange

LONGEST_REASON = 300  # characters

# The first line that fits any error of the chain is taken, so what tells most comes first.
WORDS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((ssrfguard.BlockedAddressError,), "{host} leads to an address that may not be reached from here"),
    (
        (ssrfguard.BlockedURLError,),
        "this address may not be called: its scheme, its port or its host is not allowed",
    ),
    ((socket.gaierror, socket.herror, strange.NameResolutionError), "the name {host} could not be looked up"),
    (
        (requests.exceptions.InvalidHeader, strange.InvalidHeader, strange.BodyNotHttplibCompatible),
        "a header of the request cannot be sent",
    ),
    (
        (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema,
            requests.exceptions.URLRequired,
            strange.LocationParseError,
            strange.LocationValueError,
            strange.URLSchemeUnknown,
            strange.HostChangedError,
            http.client.InvalidURL,
            http.client.UnknownProtocol,
        ),
        "the address is not one that can be called",
    ),
    ((UnicodeError,), "the request holds characters that cannot be sent"),
    ((ssl.SSLCertVerificationError,), "the certificate of {host} is not trusted ({detail})"),
    (
        (ssl.SSLError, strange.SSLError, requests.exceptions.SSLError),
        "no secure connection with {host} could be kept",
    ),
    ((ConnectionRefusedError,), "{host} refused the connection"),
    (
        (strange.ConnectTimeoutError, requests.exceptions.ConnectTimeout),
        "{host} could not be reached in time",
    ),
    ((strange.NewConnectionError,), "{host} could not be reached"),
    (
        (
            TimeoutError,
            strange.ReadTimeoutError,
            strange.TimeoutError,
            requests.exceptions.Timeout,
            requests.exceptions.ReadTimeout,
        ),
        "{host} did not answer within {seconds:g} seconds",
    ),
    (
        (http.client.RemoteDisconnected,),
        "{host} closed the connection without an answer",
    ),
    (
        (ConnectionError,),
        "{host} broke the connection off",
    ),
    (
        (
            http.client.IncompleteRead,
            strange.IncompleteRead,
            strange.InvalidChunkLength,
            strange.ResponseNotChunked,
            requests.exceptions.ChunkedEncodingError,
        ),
        "the answer of {host} broke off",
    ),
    (
        (
            http.client.BadStatusLine,
            http.client.LineTooLong,
            http.client.UnknownTransferEncoding,
            http.client.UnimplementedFileMode,
            http.client.ImproperConnectionState,
            strange.HeaderParsingError,
            strange.UnrewindableBodyError,
            strange.DecodeError,
            strange.ResponseError,
            requests.exceptions.ContentDecodingError,
            requests.exceptions.StreamConsumedError,
            requests.exceptions.UnrewindableBodyError,
            requests.exceptions.InvalidJSONError,
        ),
        "the answer of {host} could not be read as HTTP",
    ),
    (
        (
            ssrfguard.ProxyUnsupportedError,
            ssrfguard.TooManyRedirectsError,
            strange.ProxyError,
            strange.ProxySchemeUnknown,
            strange.ProxySchemeUnsupported,
            requests.exceptions.ProxyError,
            requests.exceptions.TooManyRedirects,
        ),
        "the way to {host} is not a direct one",
    ),
    (
        (strange.PoolError, strange.TimeoutStateError, requests.exceptions.RetryError),
        "the connection with {host} was lost on our side",
    ),
    # The roots of the libraries' own trees: an error that a new release brings is one of these.
    (
        (
            strange.ProtocolError,
            strange.HTTPError,
            requests.exceptions.RequestException,
            http.client.HTTPException,
            ssrfguard.SSRFGuardError,
            OSError,
            ValueError,
        ),
        "the connection with {host} failed",
    ),
)

# What a request can stumble over, from any of the libraries it passes through.
TROUBLE = (
    requests.exceptions.RequestException,
    strange.HTTPError,
    http.client.HTTPException,
    ssrfguard.SSRFGuardError,
    OSError,
    ValueError,
)

# Errors that come back on every try: the address or the request itself is at fault.
HOPELESS = (
    ssrfguard.SSRFGuardError,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.URLRequired,
    strange.LocationValueError,
    http.client.InvalidURL,
    UnicodeError,
)


def explain(error: BaseException, host: str, seconds: float) -> str:
    """Say what happened in one sentence without address details; `seconds` is the time that was allowed."""
    chain = list(chain_of(error))
    for kinds, words in WORDS:
        for met in chain:
            if isinstance(met, kinds):
                return words.format(host=host, seconds=seconds, detail=_detail(met))[:LONGEST_REASON]
    return f"the connection with {host} failed"


def is_hopeless(error: BaseException) -> bool:
    """Tell whether the same request would meet the same error for ever."""
    return any(isinstance(met, HOPELESS) for met in chain_of(error))


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Walk an error and all that it wraps: libraries put the cause into `args`, `reason` or Python's own chain."""
    waiting, seen = [error], set[int]()
    while waiting:
        met = waiting.pop(0)
        if id(met) in seen:
            continue
        seen.add(id(met))
        yield met
        inside = [*met.args, getattr(met, "reason", None), met.__cause__, met.__context__]
        waiting += [inner for inner in inside if isinstance(inner, BaseException)]


def _detail(error: BaseException) -> str:
    """Give the part of an error's own text that holds no address."""
    return error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else ""

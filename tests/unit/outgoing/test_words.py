"""Every error of the libraries on the way has words of its own, and becomes an outcome."""

from __future__ import annotations

import http.client
import inspect
import socket
import ssl
from types import ModuleType
from typing import Any

import pytest
import requests
import ssrfguard.errors
import urllib3.exceptions
from requests.adapters import BaseAdapter

from relay.model.call import NotSent, Silence
from relay.outgoing import Door
from relay.outgoing.exchange import CURRENT
from relay.outgoing.words import WORDS, explain, is_hopeless

# Trees have roots. A root says only that something failed, so no other error may be left to it.
ROOTS = {
    urllib3.exceptions.HTTPError,
    urllib3.exceptions.ProtocolError,
    requests.exceptions.RequestException,
    requests.exceptions.ConnectionError,
    http.client.HTTPException,
    ssrfguard.errors.SSRFGuardError,
    OSError,
    ValueError,
}
# Guards of the libraries against being called in the wrong order or in ways that nobody here does.
NEVER_MET = {
    http.client.NotConnected,
    http.client.CannotSendRequest,
    http.client.CannotSendHeader,
    http.client.ResponseNotReady,
    requests.exceptions.HTTPError,  # raised where an answer's status is asked to be an exception
    urllib3.exceptions.MaxRetryError,  # only ever the wrapping of another
    urllib3.exceptions.RequestError,  # the same
}


def _errors_of(module: ModuleType) -> set[type[Exception]]:
    """Give the public errors that a module defines."""
    return {
        error
        for name, error in inspect.getmembers(module, inspect.isclass)
        if issubclass(error, Exception)
        and not issubclass(error, Warning)
        and not name.startswith("_")
        and error.__module__.partition(".")[0] == module.__name__.partition(".")[0]
    }


STRANGERS = sorted(
    {
        error
        for module in (requests.exceptions, urllib3.exceptions, ssrfguard.errors, http.client, ssl, socket)
        for error in _errors_of(module)
    }
    | {TimeoutError, ConnectionError, *ConnectionError.__subclasses__(), *UnicodeError.__subclasses__()},
    key=repr,
)
NAMED = {kind for kinds, _ in WORDS for kind in kinds}


def _named(error: type[Exception]) -> bool:
    return any(base in NAMED - ROOTS for base in error.__mro__)


@pytest.mark.parametrize("error", STRANGERS, ids=lambda error: f"{error.__module__}.{error.__name__}")
def test_every_error_of_a_library_has_words(error: type[Exception]) -> None:
    """A new release that brings a new kind of error fails here, and somebody finds words for it."""
    assert error in ROOTS | NEVER_MET or _named(error)


def _instance(error: type[Exception]) -> Exception:
    """Make one without its constructor: each takes other things."""
    return error.__new__(error)


class Broken(BaseAdapter):
    """A wire on which one error happens, before or after the first byte left."""

    def __init__(self, error: Exception, *, sent: bool) -> None:
        super().__init__()
        self._error = error
        self._sent = sent

    def send(self, *_: Any, **__: Any) -> requests.Response:
        """Fail."""
        CURRENT.get().sent = self._sent
        raise self._error

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize("error", STRANGERS, ids=lambda error: f"{error.__module__}.{error.__name__}")
def test_every_error_of_a_library_becomes_an_outcome(error: type[Exception], sent: bool) -> None:
    """Only whether something left decides which; the kind of error never does."""
    if error in {ssrfguard.errors.BlockedURLError, ssl.SSLCertVerificationError}:
        failure = _instance(error)
        failure.reason = failure.verify_message = "a reason"  # type: ignore[attr-defined]
    else:
        failure = _instance(error)
    door = Door(Broken(failure, sent=sent), most=10)

    outcome = door.send("POST", "https://crm.example/s3cret", {}, b"{}", 5)

    assert (Silence if sent else NotSent) is type(outcome)
    assert "s3cret" not in outcome.reason


def test_an_error_of_our_own_is_not_hidden() -> None:
    """What is no trouble of the network goes up to whoever can mend it."""
    door = Door(Broken(RuntimeError("a fault in the code"), sent=False), most=10)

    with pytest.raises(RuntimeError, match="a fault in the code"):
        door.send("POST", "https://crm.example/", {}, None, 5)


def test_the_cause_that_tells_most_is_told() -> None:
    """Libraries wrap errors several times; the words are those of the one that says what happened."""
    wrapped = requests.exceptions.ConnectionError(
        urllib3.exceptions.ProtocolError("Connection aborted.", http.client.RemoteDisconnected("gone"))
    )

    assert "crm.example closed the connection without an answer" == explain(wrapped, "crm.example", 5)


def test_an_error_that_wraps_itself_is_no_trap() -> None:
    """A circle of causes ends."""
    error = OSError("a")
    error.__context__ = other = OSError("b")
    other.__context__ = error

    assert "the connection with crm.example failed" == explain(error, "crm.example", 5)
    assert not is_hopeless(error)

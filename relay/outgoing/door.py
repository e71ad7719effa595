"""A door: sends one request, and says truthfully what came of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol
from urllib.parse import urlsplit

from requests import Request
from requests.adapters import BaseAdapter

from relay.errors import RelayError
from relay.model.call import NotSent, Outcome, Silence
from relay.outgoing.answers import read_answer
from relay.outgoing.exchange import CURRENT, Exchange
from relay.outgoing.words import TROUBLE, explain, is_hopeless

USER_AGENT = "calendly-relay/0.1.0"
DEFAULT_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int]


class ForeignAddress(RelayError):
    """A request that carries a token was about to leave for another host. Nothing was sent."""

    code = "foreign_address"


class Sender(Protocol):
    """What a door does, so that a test may pass a function's worth of fake in its place."""

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Outcome:
        """Send one request and say what came of it."""


class Door:
    """Sends requests through pooled connections; many threads may share one.

    No redirects, cookies, proxies or .netrc: requests go to the adapter itself, past everything that knows of those.
    With `origins`, requests to any other scheme, host and port raise ForeignAddress before anything is sent.
    """

    def __init__(self, wire: BaseAdapter, *, most: int, origins: frozenset[Origin] | None = None) -> None:
        self._wire = wire
        self._most = most
        self._origins = origins
        quiet_the_library()

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Outcome:
        """Send one request, once, within `timeout` seconds in all, and say what came of it.

        Trouble on the network is an outcome, never an exception: NotSent when not one byte of the request left,
        Silence when some of it did and no whole answer came, Answer otherwise, whatever its status.
        """
        if self._origins is not None and origin_of(url) not in self._origins:
            raise ForeignAddress
        exchange = Exchange(timeout)
        token = CURRENT.set(exchange)
        try:
            request = Request(method, url, headers=as_sent(headers), data=body).prepare()
            response = self._wire.send(request, stream=True, timeout=timeout)
            return replace(read_answer(response, self._most), seconds=exchange.seconds)
        except TROUBLE as exc:
            reason = explain(exc, host_of(url), timeout)
            if exchange.sent:
                return Silence(reason, exchange.seconds)
            return NotSent(reason, exchange.seconds, forbidden=is_hopeless(exc))
        finally:
            CURRENT.reset(token)

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        self._wire.close()


def as_sent(headers: Mapping[str, str]) -> dict[str, str]:
    """Give the headers as they leave: with our name, and asking for a body that is not packed: a few packed bytes can grow to gigabytes."""
    return {**headers, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}


def origin_of(url: str) -> Origin | None:
    """Give the scheme, host and port of an address; None where it has none or names a user."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or port is None or "@" in parts.netloc or "\\" in url:
        return None
    return parts.scheme, parts.hostname, port


def host_of(url: str) -> str:
    """Give the host of an address for a sentence, and nothing else of it."""
    try:
        return (urlsplit(url).hostname or "the address")[:100]
    except ValueError:
        return "the address"


def quiet_the_library() -> None:
    """Keep urllib3's own lines out of the log: they hold whole addresses, and those may hold secrets."""
    logging.getLogger("urllib3").setLevel(logging.ERROR)

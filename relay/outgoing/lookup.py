"""Looking names up without waiting for ever: the system's own call takes no time-out."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from threading import Thread
from typing import Any

from relay.outgoing.exchange import CURRENT

LONGEST_LOOKUP = 10.0  # seconds

Resolver = Callable[..., Iterable[tuple[int, int, int, str, tuple[Any, ...]]]]


def in_time(resolver: Resolver) -> Resolver:
    """Give the resolver, bound to the time that the request on its way still has.

    A lookup that takes longer goes on in a thread of its own until the system gives up, and nobody waits for it.
    """

    def lookup(host: str, port: int, *hints: int) -> Iterable[Any]:
        if hints and hints[-1] & socket.AI_NUMERICHOST:
            return resolver(host, port, *hints)  # an address needs no lookup
        found: Future[list[Any]] = Future()
        Thread(
            target=_look_up, args=(resolver, found, host, port, *hints), daemon=True, name="lookup"
        ).start()
        try:
            return found.result(timeout=min(LONGEST_LOOKUP, CURRENT.get().left))
        except TimeoutError as exc:
            raise socket.gaierror(socket.EAI_AGAIN, "the lookup took too long") from exc

    return lookup


def _look_up(resolver: Resolver, found: Future[list[Any]], host: str, port: int, *hints: int) -> None:
    try:
        found.set_result(list(resolver(host, port, *hints)))
    except Exception as exc:  # noqa: BLE001 - whatever it is belongs to the thread that asked
        found.set_exception(exc)

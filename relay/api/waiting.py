"""Calls that wait for somebody else: for Calendly, a receiver, or a worker that makes a call. Each holds a thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from relay.errors import TooManyWaiting
from relay.web.services import Services


@contextmanager
def a_place(services: Services) -> Iterator[None]:
    """Wait for somebody else as long as this goes. Raises TooManyWaiting, before anything is done.

    Half of the threads may do so at once. The others stay with those who send records, however slow everybody else is.
    """
    if not services.waiting.acquire(blocking=False):
        raise TooManyWaiting("As many calls wait for Calendly or a receiver as may; nothing was done.")
    try:
        yield
    finally:
        services.waiting.release()

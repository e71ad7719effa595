"""The gate: whoever shows too many wrong keys is not looked at for a while, and nobody else waits for it.

A right key is let in at once from wherever right keys have come from before. So an attacker who shares an address
with a rightful sender (one proxy, one cloud, one provider of webhooks) cannot have that sender refused.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from cachetools import TTLCache
from flask import Request, Response, after_this_request, g

from relay.errors import NotAuthenticated, StoreUnavailable, TooManyWrongKeys
from relay.store.wrong_keys import WINDOW, Counted, WrongKeys
from relay.web.addresses import Origin, origin_of
from relay.web.keys import digest
from relay.web.scout import Scout

LIMIT = 10  # wrong keys of one address at one route in a window; the next one shuts the gate for it
MANY = 100  # wrong keys at one route in a window, from everywhere: worth a line in the log
REMEMBERED = 10_000  # addresses that a process keeps in mind, of each sort
KNOWN_AGAIN = 3600  # seconds after which a process notes once more that right keys come from an address

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Place:
    """A route that asks for keys, and where a request for it came from."""

    route: str
    origin: Origin


class Gate:
    """Stands before every check of a key. `salts` keep addresses out of Redis; `proxies` stand before the relay.

    The first salt is what addresses are noted with; those behind it are what they may have been noted with before.
    """

    def __init__(self, wrong_keys: WrongKeys, scout: Scout, salts: Sequence[str], proxies: int) -> None:
        self._wrong_keys = wrong_keys
        self._scout = scout
        self._salts = salts
        self._proxies = proxies
        self._lock = threading.Lock()  # the caches are not made for threads
        self._shut_until: TTLCache[Place, float] = TTLCache(REMEMBERED, WINDOW)
        self._known: TTLCache[Place, bool] = TTLCache(REMEMBERED, KNOWN_AGAIN)

    @contextmanager
    def watch(self, request: Request, route: str) -> Iterator[None]:
        """Watch a check that raises NotAuthenticated for a wrong key.

        Raises TooManyWrongKeys in its place, and before the check while the gate is shut for the request's address.
        """
        place = Place(route, origin_of(request, self._proxies))
        self._refuse_if_shut(place)
        try:
            yield
        except NotAuthenticated:
            self._count(place)
            raise
        self._note_right(place)

    def _refuse_if_shut(self, place: Place) -> None:
        with self._lock:
            left = self._shut_until.get(place, 0.0) - time.monotonic()
        if left > 0:
            raise _too_many(math.ceil(left))

    def _count(self, place: Place) -> None:
        try:
            with self._scout.sent():
                counted = self._wrong_keys.count(place.route, self._digests(place))
        except StoreUnavailable as exc:
            log.warning("keys.not_counted", route=place.route, exc_info=exc)
            return  # the key stays wrong; that we cannot count is nobody's fault
        _tell(place, counted)
        if counted.here <= LIMIT:
            return
        with self._lock:
            if place.origin.own and not counted.known and place not in self._known:
                self._shut_until[place] = time.monotonic() + counted.ends_in
        raise _too_many(counted.ends_in)

    def _note_right(self, place: Place) -> None:
        with self._lock:
            if place in self._known:
                return
            self._known[place] = True

        def know() -> None:
            try:
                self._wrong_keys.know(place.route, self._digests(place)[0])
            except StoreUnavailable as exc:
                log.warning("keys.address_not_noted", route=place.route, exc_info=exc)
                with self._lock:
                    self._known.pop(place, None)

        after_answer(know)

    def _digests(self, place: Place) -> list[str]:
        return [digest(salt, place.origin.network) for salt in self._salts]


def _tell(place: Place, counted: Counted) -> None:
    """Say in the log that somebody tries keys, once in a window."""
    request_id = g.get("request_id")
    if counted.here == LIMIT + 1:
        log.warning("keys.wrong", route=place.route, network=place.origin.shown, request_id=request_id)
    if counted.everywhere == MANY:
        log.warning("keys.wrong_from_everywhere", route=place.route, request_id=request_id)


def _too_many(seconds: int) -> TooManyWrongKeys:
    error = TooManyWrongKeys(f"Too many wrong keys came from this address; come again in {seconds} seconds.")
    error.retry_after = seconds
    return error


def after_answer(work: Callable[[], object]) -> None:
    """Do something once this request's answer has left, so that nobody waits for it."""

    def then(answer: Response) -> Response:
        answer.call_on_close(work)
        return answer

    after_this_request(then)

"""Wrong keys, counted for a minute by route and by the address that they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis

from relay.store import keys
from relay.store.connection import speaking_our_errors

WINDOW = 60  # seconds for which wrong keys are counted, from the first one on
KNOWN_FOR = 30 * 24 * 3600  # seconds for which an address is known that a right key came from


@dataclass(frozen=True, slots=True)
class Counted:
    """The wrong keys at one route: from one address and from everywhere, and the seconds until counting begins anew.

    `known`: a right key came from the same address in the last thirty days.
    """

    here: int
    everywhere: int
    ends_in: int
    known: bool


class WrongKeys:
    """Counts what was wrong, and remembers where right ones came from. Addresses are digests by the time they come here."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def count(self, route: str, addresses: Sequence[str]) -> Counted:
        """Count one wrong key, in one round trip. All are digests of the same address; it is counted under the first."""
        here, everywhere = keys.wrong_keys_from(route, addresses[0]), keys.wrong_keys(route)
        with speaking_our_errors(), self._redis.pipeline(transaction=True) as pipe:
            for name in (here, everywhere):
                pipe.set(name, 0, ex=WINDOW, nx=True)
                pipe.incr(name)
            pipe.ttl(here)
            pipe.exists(*(keys.known_address(route, address) for address in addresses))
            told: Any = pipe.execute()
        return Counted(here=told[1], everywhere=told[3], ends_in=max(1, told[4]), known=bool(told[5]))

    def know(self, route: str, address: str) -> None:
        """Remember that a right key came from an address."""
        with speaking_our_errors():
            self._redis.set(keys.known_address(route, address), 1, ex=KNOWN_FOR)

"""The others: a few destinations that get a record now and then, and how long each of these took."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

from tests.load.house import House
from tests.waiting import until

OTHERS = 4  # destinations, each with a credential and a callback
SENDERS = 8
A_SECOND = 20.0  # records, of all senders together
API = "https://api.calendly.com/event_types/"
PATIENCE = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Pace:
    """The 99th percentiles, in milliseconds from the first byte of the request: to the answer, to Calendly, to the callback."""

    answered: float
    called: float
    told: float


def worse(one: Pace, other: Pace) -> Pace:
    """Give the longer of each two times."""
    return Pace(max(one.answered, other.answered), max(one.called, other.called), max(one.told, other.told))


class Probe:
    """Measures how the others fare. Each request has a connection of its own."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._number = count()
        self._names = [
            house.destination(f"other-{n}", house.credential(f"other-{n}"), f"other-{n}")
            for n in range(OTHERS)
        ]

    def pace(self, seconds: float) -> Pace:
        """Send records for so long, wait for the last callback, and give the paces."""
        far, began = self._house.far, time.monotonic()
        with ThreadPoolExecutor(SENDERS) as senders:
            times = dict(
                senders.map(lambda n: self._send(began + n / A_SECOND), range(round(seconds * A_SECOND)))
            )
        until(lambda: all(owner in far.told for owner in times), PATIENCE)
        return Pace(
            _p99([answered - sent for sent, answered in times.values()]),
            _p99([far.called[owner] - sent for owner, (sent, _) in times.items()]),
            _p99([far.told[owner] - sent for owner, (sent, _) in times.items()]),
        )

    def _send(self, at: float) -> tuple[str, tuple[float, float]]:
        time.sleep(max(0.0, at - time.monotonic()))
        number = next(self._number)
        owner, sent = f"{API}probe-{number:08}", time.monotonic()
        self._house.accept(self._names[number % OTHERS], [{"owner": owner}])
        return owner, (sent, time.monotonic())


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)] * 1000

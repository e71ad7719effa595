"""Upstream systems as they should be: each posts a steady stream, with keys, and repeats what was not taken."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from typing import Any

import requests

from tests.chaos.history import Posted
from tests.chaos.lanes import ChaosLane
from tests.system.upstream import Upstream

MOST_RECORDS = 5  # in one request
AGAIN_AFTER = (0.2, 0.8)  # seconds
CARELESS = 0.03  # of its requests, that many a sender forgets after one try: it may be dead itself
OUTAGE = {
    500,
    502,
    503,
    504,
}  # statuses after which a request comes again; only 503 is one that the relay should answer


class Sender(threading.Thread):
    """Posts to one destination until it is told to finish; what is under way then is repeated until it is taken."""

    def __init__(self, upstream: Upstream, lane: ChaosLane, seed: int, pause: float) -> None:
        super().__init__(name=f"sender of {lane.name}", daemon=True)
        self.posted: list[Posted] = []
        self.seen: Counter[str] = Counter()
        self.troubles: list[str] = []
        self.answered: list[tuple[float, float]] = []  # when each request that was answered began, and ended
        self.lane = lane
        self._upstream = upstream
        self._chance = random.Random(f"{seed} {lane.name}")
        self._pause = pause
        self._finished = threading.Event()
        self._given_up = threading.Event()

    def run(self) -> None:
        """Post one request after the other."""
        number = 0
        while not self._finished.wait(self._chance.uniform(0.5, 1.5) * self._pause):
            count = self._chance.randint(1, MOST_RECORDS)
            numbers = range(number, number + count)
            batch = [
                Posted(self.lane.subject(n), self.lane.name, refused=self.lane.is_refused(n)) for n in numbers
            ]
            self.posted += batch
            self._send(f"{self.lane.name}-{number}", batch)
            number += count

    def finish(self) -> None:
        """Begin nothing more."""
        self._finished.set()

    def give_up(self) -> None:
        """Repeat nothing more either."""
        self._given_up.set()

    def _send(self, key: str, batch: list[Posted]) -> None:
        records = [self.lane.record(posted.subject) for posted in batch]
        careless = self._chance.random() < CARELESS
        while not self._given_up.is_set():
            answer = self._post(records, key)
            if answer is not None and answer.status_code == 202:
                self._note(batch, answer.json(), replayed="Idempotent-Replayed" in answer.headers)
                return
            gone = answer is not None and answer.status_code == 404 and self.lane.rules.anew
            if answer is not None and answer.status_code not in OUTAGE and not gone:
                self.troubles.append(
                    f"{self.lane.name} was answered {answer.status_code}: {answer.text[:300]}"
                )
                return
            if careless:
                self.seen["forgotten"] += 1
                return
            time.sleep(self._chance.uniform(*AGAIN_AFTER))
            self.seen["sent again"] += 1

    def _post(self, records: list[dict[str, Any]], key: str) -> requests.Response | None:
        began = time.monotonic()
        try:
            answer = self._upstream.post(self.lane.name, records, **{"Idempotency-Key": key})
        except requests.RequestException:
            self.seen["unanswered"] += 1
            return None
        self.answered.append((began, time.monotonic()))
        self.seen[str(answer.status_code)] += 1
        if answer.status_code == 503 and "Retry-After" not in answer.headers:
            self.troubles.append(f"{self.lane.name} was answered 503 without Retry-After")
        if answer.status_code in OUTAGE - {503}:
            self.troubles.append(f"{self.lane.name} was answered {answer.status_code}: {answer.text[:300]}")
        return answer

    def _note(self, batch: list[Posted], told: dict[str, Any], *, replayed: bool) -> None:
        self.seen["replayed"] += replayed
        if len(told["accepted"]) != len(batch):
            self.troubles.append(f"{self.lane.name} was answered 202 for other records than it sent: {told}")
            return
        for posted, accepted in zip(batch, told["accepted"], strict=True):
            posted.delivery = accepted["delivery"]

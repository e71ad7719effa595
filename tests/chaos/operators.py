"""Operators: people who pause, change, retry, cancel, resolve and replay by hand while everything else goes wrong."""

from __future__ import annotations

import base64
import random
import threading
import time
from collections.abc import Callable, Sequence

from tests.chaos.desk import Desk, patiently
from tests.chaos.handling import Handling, Truth
from tests.chaos.lanes import SECOND_CREDENTIAL, ChaosLane
from tests.chaos.receiver import ChaosReceiver
from tests.chaos.replacing import Replacing

PEOPLE = 3
CLOSED_FOR = (0.5, 7.0)  # seconds that a destination, or a credential, stays paused
CLOSING = 90.0  # seconds for opening everything again in the end
UNANSWERED = 3  # times longer than usual is the pause after a deed that was not answered
# What is done how often, in proportion.
WEIGHTS = {
    "pause": 4,
    "pause credential": 2,
    "change": 2,
    "rotate secret": 1,
    "replace": 3,
    "retry": 6,
    "cancel": 3,
    "resolve": 4,
    "retry callback": 2,
    "replay": 3,
}


class Operator(threading.Thread):
    """Does one thing after the other until told to finish, then opens again what is paused.

    Destinations are the business of one operator each, so that their states have one history; deliveries are everybody's.
    """

    def __init__(
        self,
        desk: Desk,
        lanes: Sequence[ChaosLane],
        truth: Truth,
        receiver: ChaosReceiver,
        seed: int,
        pause: float,
    ) -> None:
        super().__init__(name=f"operator {desk.number}", daemon=True)
        own = lanes[desk.number :: PEOPLE]
        self.desk = desk
        self._own = [lane.name for lane in own]
        self._signed = [lane.name for lane in own if lane.rules.tells and not lane.rules.anew]
        self._receiver = receiver
        self._chance = random.Random(f"{seed} {self.name}")
        self._pause = pause
        self._finished = threading.Event()
        self._closed: dict[str, float] = {}  # destination, or credential -> when it is opened again
        self._replacing = [Replacing(desk, lane, receiver) for lane in own if lane.rules.anew]
        self._acts: dict[str, Callable[[], None]] = {
            "pause": self._close,
            "pause credential": self._close_credential,
            "change": self._change,
            "rotate secret": self._rotate,
            "replace": self._replace,
            **Handling(desk, lanes, own, truth, self._chance).acts,
        }

    def run(self) -> None:
        """Do what comes to mind, and open what was closed for long enough."""
        while not self._finished.wait(self._chance.uniform(0.5, 1.5) * self._pause * self._patience()):
            for name in [name for name, until in self._closed.items() if time.monotonic() > until]:
                self._open(name)
            (kind,) = self._chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
            self._acts[kind]()
        if not patiently(self._all_open, CLOSING):
            self.desk.troubles.append(f"{self.name} could not open everything in the end")

    def finish(self) -> None:
        """Begin nothing more, and open everything."""
        self._finished.set()

    def _patience(self) -> int:
        """Give how many times longer than usual to wait: whoever got no answer gives the relay some time."""
        return UNANSWERED if self.desk.deeds and not self.desk.deeds[-1].answered else 1

    def _all_open(self) -> bool:
        for name in list(self._closed):
            self._open(name)
        for each in self._replacing:
            each.complete()
        for name in self._own:
            if self.desk.look(name).answer.get("state") != "active":
                self._closed[name] = 0.0
        return not self._closed

    def _close(self) -> None:
        name = self._chance.choice(self._own)
        self._closed[name] = time.monotonic() + self._chance.uniform(*CLOSED_FOR)
        self.desk.do("pause", name, "POST", f"/destinations/{name}/pause")

    def _close_credential(self) -> None:
        if SECOND_CREDENTIAL.intersection(self._own):
            self._closed["second"] = time.monotonic() + self._chance.uniform(*CLOSED_FOR)
            self._all_together("pause")

    def _all_together(self, verb: str) -> bool:
        deed = self.desk.do(f"{verb} credential", "second", "POST", f"/credentials/second/{verb}")
        for name in sorted(SECOND_CREDENTIAL):
            self.desk.look(name)
        return deed.done

    def _open(self, name: str) -> None:
        if name == "second":
            opened = self._all_together("resume")
        else:
            body = {"acknowledge": "irreversible"}
            opened = self.desk.do("activate", name, "POST", f"/destinations/{name}/activate", body).done
        if opened:
            self._closed.pop(name)

    def _change(self) -> None:
        name = self._chance.choice(self._own)
        body = {"delivery": {"concurrency": self._chance.randint(1, 8)}}
        self.desk.do("change", name, "PATCH", f"/destinations/{name}", body)

    def _rotate(self) -> None:
        name = self._chance.choice(self._signed)
        secret = f"whsec_{base64.b64encode(self._chance.randbytes(32)).decode()}"
        self._receiver.secrets[name].append(secret)
        body = {"secret": secret, "replace": True}
        self.desk.do("rotate secret", name, "POST", f"/destinations/{name}/callback/rotate", body)

    def _replace(self) -> None:
        for each in self._replacing:
            each.begin()

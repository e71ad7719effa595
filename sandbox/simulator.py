"""Everything one running sandbox consists of."""

from __future__ import annotations

from threading import Event

from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.journal import KEPT_CALLS, Journal
from sandbox.oauth.desk import Desk
from sandbox.rates import Rates
from sandbox.receiver import KEPT_CALLBACKS, Receiver
from sandbox.seed import sow
from sandbox.state import State


class Simulator:
    """A simulated Calendly with its switches, its journal and its callback receiver."""

    def __init__(self, kept_calls: int = KEPT_CALLS, kept_callbacks: int = KEPT_CALLBACKS) -> None:
        self.clock = Clock()
        self.state = State(self.clock)
        self.rates = Rates(self.clock)
        self.desk = Desk(self.state)
        self.faults = Faults()
        self.journal = Journal(kept_calls)
        self.receiver = Receiver(self.clock, kept_callbacks)
        self.stopping = Event()
        sow(self.state)

    def reset(self) -> None:
        """Go back to the seeded beginning: real time, no faults, no calls, no callbacks, full allowance."""
        with self.state.lock:
            self.clock.reset()
            self.state.clear()
            self.rates.clear()
            self.desk.clear()
            sow(self.state)
        self.faults.clear()
        self.journal.clear()
        self.receiver.reset()

"""A sandbox inside the current process, for tests: `with Sandbox() as sandbox: ... sandbox.url ...`."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from sandbox.app import create_app
from sandbox.entities import Plan, Token
from sandbox.journal import KEPT_CALLS, Entry, Wanted
from sandbox.receiver import KEPT_CALLBACKS, Callback
from sandbox.seed import OWNER
from sandbox.simulator import Simulator
from sandbox.threaded import ThreadedServer


class Sandbox:
    """Serves a fresh simulator on a free port from the moment it is made until it is closed.

    `state`, `faults`, `journal`, `receiver` and `clock` are the live parts; hold `state.lock` while reading or
    changing entities.
    """

    def __init__(
        self, port: int = 0, *, kept_calls: int = KEPT_CALLS, kept_callbacks: int = KEPT_CALLBACKS
    ) -> None:
        self.simulator = Simulator(kept_calls, kept_callbacks)
        self.clock = self.simulator.clock
        self.state = self.simulator.state
        self.faults = self.simulator.faults
        self.journal = self.simulator.journal
        self.receiver = self.simulator.receiver
        self.app = create_app(self.simulator)
        self._server = ThreadedServer(self.app, port=port)
        self.url = self._server.url

    def reset(self) -> None:
        """Go back to the seeded beginning."""
        self.simulator.reset()

    def calls(
        self,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        effect: bool | None = None,
    ) -> list[Entry]:
        """Give the API calls so far that fit, oldest first; a `path` may end with *."""
        return self.journal.entries(Wanted(method, path, status, effect))

    def callbacks(self, name: str | None = None) -> list[Callback]:
        """Give the callbacks so far, newest first."""
        return self.receiver.callbacks(name)

    def add_token(
        self,
        value: str,
        user: str = OWNER,
        scopes: frozenset[str] | None = None,
        plan: Plan | None = None,
        limit: int | None = None,
    ) -> Token:
        """Issue a token; a value that exists already is replaced."""
        with self.state.lock:
            token = Token(value, self.state.users[user], scopes, plan, limit)
            self.state.tokens[value] = token
        return token

    def callback_url(self, name: str = "test") -> str:
        """Where callbacks of that name are received."""
        return f"{self.url}/callbacks/{name}"

    def close(self) -> None:
        """Stop serving, cut every connection, and let go of calls that hang."""
        self.simulator.stopping.set()
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

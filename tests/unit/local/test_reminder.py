"""Telling a sandbox that was started again what it has forgotten."""

from __future__ import annotations

from typing import Any

from local.child import Child
from local.client import Client
from local.errors import CallFailed
from local.reminder import Reminder

SECRET = "whsec_c2VjcmV0"
TOLD = ("PUT", "/_sandbox/callbacks/demo/secret", {"secret": SECRET})


class Process(Child):
    """A process that runs under whatever id a test gives it."""

    def __init__(self) -> None:
        super().__init__("sandbox", [])
        self.now = 1

    @property
    def pid(self) -> int:
        """The id that the test gave."""
        return self.now

    @property
    def alive(self) -> bool:
        """Running, always."""
        return True


class Sandbox(Client):
    """A sandbox that remembers what it was told, unless it is down."""

    def __init__(self) -> None:
        self.down = False
        self.told: list[tuple[str, str, object]] = []

    def call(
        self, method: str, path: str, body: object = None, *, expected: frozenset[int] = frozenset()
    ) -> Any:
        """Remember the call, or fail as one to a server that is down does."""
        if self.down:
            raise CallFailed("no answer")
        self.told.append((method, path, body))


def test_a_sandbox_that_keeps_running_is_left_in_peace() -> None:
    """It was told when the house was set up."""
    sandbox, said = Sandbox(), list[str]()
    reminder = Reminder(sandbox, Process(), SECRET, said.append)

    for _ in range(3):
        reminder.look()

    assert [] == sandbox.told


def test_a_sandbox_that_was_started_again_is_told_once_it_answers() -> None:
    """Once for each start."""
    sandbox, process, said = Sandbox(), Process(), list[str]()
    reminder = Reminder(sandbox, process, SECRET, said.append)
    process.now, sandbox.down = 2, True
    reminder.look()
    sandbox.down = False

    for _ in range(3):
        reminder.look()

    assert [TOLD] == sandbox.told
    assert 1 == len(said)


def test_a_sandbox_on_another_machine_is_not_watched() -> None:
    """Its process is none of ours."""
    sandbox = Sandbox()

    Reminder(sandbox, None, SECRET, print).look()

    assert [] == sandbox.told

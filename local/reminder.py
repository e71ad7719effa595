"""Keeps the sandbox's receiver able to check signatures, although the sandbox forgets everything when it ends."""

from __future__ import annotations

from collections.abc import Callable

from local.child import Child
from local.client import Client
from local.errors import CallFailed
from local.furnish import tell_receiver


class Reminder:
    """Tells the receiver the demo's signing secret again whenever the sandbox has become a new process."""

    def __init__(
        self, sandbox: Client, process: Child | None, secret: str, say: Callable[[str], None]
    ) -> None:
        self._sandbox = sandbox
        self._process = process
        self._secret = secret
        self._say = say
        self._told = None if process is None else process.pid

    def look(self) -> None:
        """Look once; a sandbox that does not answer yet is told at a later look."""
        if self._process is None or self._process.pid == self._told or not self._process.alive:
            return
        pid = self._process.pid
        try:
            tell_receiver(self._sandbox, self._secret)
        except CallFailed:
            return
        self._told = pid
        self._say("the sandbox began anew, as seeded; it has been told the signing secret again")

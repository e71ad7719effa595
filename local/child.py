"""One process of the house: its own session, a leash, and its last lines at hand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

LEASH = Path(__file__).with_name("leash.py")
LINES_KEPT = 40
OUTPUT_GRACE = 2.0  # seconds that the last lines may take to arrive once the process is gone


class Child:
    """A process that can be started, stopped and started again; every line it says goes to `listener`, after `edit`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        listener: Callable[[str], None] | None = None,
        edit: Callable[[str], str] = str,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.env = None if env is None else dict(env)
        self.cwd = cwd
        self.listener = listener
        self.edit = edit
        self.last_lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._process: subprocess.Popen[str] | None = None
        self._cleared = False
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        """Start the process in a session of its own, so that a Ctrl-C at the terminal does not reach it."""
        self._process = subprocess.Popen(
            self._leashed(),
            env=self.env,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._cleared = False
        self._reader = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int | None:
        """The process id, or None before the first start."""
        return None if self._process is None else self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs now."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How the process ended, or None while it runs; below zero, it is the signal that ended it."""
        return None if self._process is None else self._process.poll()

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process alone: it knows best how to end its own children."""
        if self.alive and self._process is not None:
            self._process.terminate()

    def wait(self, seconds: float) -> bool:
        """Wait for the process to end, and tell whether it did."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(seconds, 0))
        except subprocess.TimeoutExpired:
            return False
        return True

    def clear_away(self) -> None:
        """Kill whatever is left of the process and of what it started; its last lines are read before this returns."""
        if self._process is None or self._cleared:
            return
        with suppress(ProcessLookupError):  # the whole session has ended by itself
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._cleared = True  # from now on the id may belong to a stranger
        if self._reader is not None:
            self._reader.join(OUTPUT_GRACE)

    def _leashed(self) -> list[str]:
        # The kernel ties the leash to the *thread* that starts the process, so only the main thread may:
        # with any other, the process would die as soon as that thread has done its work.
        if sys.platform == "linux" and threading.current_thread() is threading.main_thread():
            return [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *self.command]
        return self.command

    def _listen(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is None:
            return
        with process.stdout as lines:
            for said in lines:
                line = self.edit(said.rstrip("\n"))
                self.last_lines.append(line)
                if self.listener is not None:
                    self.listener(line)

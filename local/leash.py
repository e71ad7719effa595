"""Ties a process to the one that started it: `python leash.py PARENT COMMAND…` becomes COMMAND.

When the parent dies in whatever way, SIGKILL included, the kernel kills the command with it. This is a program
of its own, because running our code between fork and exec is unsafe in a parent that has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # from <sys/prctl.h>; it outlives exec


def main(parent: int, command: list[str]) -> None:
    """Ask the kernel for the leash, then become the command."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the leash was tied
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

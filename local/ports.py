"""TCP ports on this machine: finding a free one, and saying that one is taken."""

from __future__ import annotations

import secrets
import socket

from local.errors import CannotStart

LOOPBACK = "127.0.0.1"
# Below the range that kernels take for outgoing connections (32768 and up on Linux). A client that keeps
# calling a port of that range while its server restarts can end up connected to itself.
FIRST_PORT = 20_000
LAST_PORT = 32_000
TRIES = 200


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether a server could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do it: a port whose last connections are still winding down is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port() -> int:
    """Give a port that nobody listens on at this moment; somebody may take it before its user does."""
    for _ in range(TRIES):
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
        if is_free(port):
            return port
    raise CannotStart(f"No free port was found between {FIRST_PORT} and {LAST_PORT}.")

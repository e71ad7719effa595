"""Breaking connections on purpose: what a client sees when the network or the far side dies."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from collections.abc import Mapping
from threading import Event
from typing import Any, NoReturn

# Where each server that runs the sandbox puts the client's socket.
SOCKET_KEYS = ("sandbox.socket", "gunicorn.socket", "werkzeug.socket")
RESET_AT_ONCE = struct.pack("ii", 1, 0)
GLANCE_SECONDS = 0.05


def cut(environ: Mapping[str, Any]) -> NoReturn:
    """End the connection with a TCP reset; no byte of an answer leaves. Works under every server named above."""
    connection = _connection(environ)
    if connection is not None:
        _reset(connection)
    raise ConnectionResetError(errno.ECONNRESET, "the connection was cut on purpose")


def cut_midway(environ: Mapping[str, Any], head: bytes) -> NoReturn:
    """Send the beginning of an answer, then reset the connection."""
    connection = _connection(environ)
    if connection is not None:
        connection.sendall(head)
        # Bytes still unread by the client are dropped by a reset; let them arrive first.
        time.sleep(GLANCE_SECONDS)
    cut(environ)


def keep_silent(environ: Mapping[str, Any], seconds: float, stopping: Event) -> None:
    """Wait, but no longer than the client stays on the line or the sandbox runs."""
    connection = _connection(environ)
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0 and not _hung_up(connection):
        if stopping.wait(min(left, GLANCE_SECONDS)):
            return


def _connection(environ: Mapping[str, Any]) -> socket.socket | None:
    found = (environ[key] for key in SOCKET_KEYS if key in environ)
    return next(found, None)


def _reset(connection: socket.socket) -> None:
    """Swap the descriptor for a dead one.

    The kernel resets the real connection at that moment, while the server keeps a valid socket object that it can
    close in its own way.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
    dead, far_end = socket.socketpair()
    far_end.close()
    os.dup2(dead.fileno(), connection.fileno())
    dead.close()


def _hung_up(connection: socket.socket | None) -> bool:
    if connection is None:
        return False
    watch = select.poll()
    watch.register(connection, select.POLLIN | select.POLLHUP | select.POLLERR)
    if not watch.poll(0):
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True

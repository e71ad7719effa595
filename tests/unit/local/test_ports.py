"""Finding ports."""

from __future__ import annotations

import socket

from local.ports import FIRST_PORT, LAST_PORT, LOOPBACK, free_port, is_free


def test_a_port_somebody_listens_on_is_not_free() -> None:
    """A server on the port is noticed."""
    with socket.create_server((LOOPBACK, free_port())) as server:
        port = server.getsockname()[1]

        assert not is_free(port)


def test_a_free_port_can_be_listened_on() -> None:
    """What is called free is free, and outside the range of outgoing connections."""
    port = free_port()

    assert is_free(port)
    assert FIRST_PORT <= port < LAST_PORT

"""Which hosts are on this machine or a private network, told from how they are written, without asking anybody."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

PRIVATE_NAMES = (".local", ".internal", ".localhost")


def is_nearby(host: str) -> bool:
    """Tell whether a host is one that only this machine or a private network can mean."""
    address = _address(host)
    if address is not None:
        return not (getattr(address, "ipv4_mapped", None) or address).is_global
    name = host.rstrip(".").lower()
    return "." not in name or name.endswith(PRIVATE_NAMES)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """Read an address in any spelling that the system would take as one: 134744072 is 8.8.8.8 to it."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return ip_address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None

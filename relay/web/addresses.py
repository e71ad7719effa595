"""Where a request came from: the sender's own network, behind as many proxies as the settings name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import Request

IPV6_SENDER = 64  # bits: whoever has one address of such a network has all of them
SHOWN_BITS = {
    4: 24,
    6: 48,
}  # of an address in the log: enough to find the network, too little to find a person
_WITH_PORT = re.compile(r"\[([^]]*)\](?::\d*)?|([0-9.]+):\d+")

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Origin:
    """An IPv4 address, or the /64 of an IPv6 one; empty where nobody can tell.

    `own`: it is the sender's, as far as one can know, and not that of a proxy that everybody comes through.
    """

    network: str
    own: bool

    @property
    def shown(self) -> str:
        """Give the wider network that a log may name."""
        address = _address(self.network.partition("/")[0])
        return "" if address is None else _network(address, SHOWN_BITS[address.version])


def origin_of(request: Request, proxies: int) -> Origin:
    """Give where a request came from.

    Each proxy puts the address that it saw at the end of X-Forwarded-For. What stands before those of our own proxies
    is the sender's word, and nobody's address. A connection from a private address, where no proxy is named, comes
    from a proxy all the same: that is how platforms are built.
    """
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    told = _address(hops[-proxies]) if 0 < proxies <= len(hops) else None
    found = told or _address(request.remote_addr or "")
    if found is None:
        return Origin("", own=False)
    own = told is not None or found.is_global
    return Origin(str(found) if found.version == 4 else _network(found, IPV6_SENDER), own)


def _network(address: Address, bits: int) -> str:
    return str(ip_network((address.packed, bits), strict=False))


def _address(text: str) -> Address | None:
    text = text.strip()
    bare = _WITH_PORT.fullmatch(text)
    try:
        found = ip_address((bare[1] or bare[2] if bare else text).partition("%")[0])
    except ValueError:
        return None
    return (found.version == 6 and found.ipv4_mapped) or found

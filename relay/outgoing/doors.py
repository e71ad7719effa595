"""The two doors: one to Calendly, which carries tokens, and one to the addresses that customers name."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from ipaddress import ip_network

from ssrfguard import DEFAULT_DENIED, AddressTable, Block, Policy, Reach

from relay.config import Settings
from relay.outgoing.door import Door, origin_of
from relay.outgoing.lookup import Resolver
from relay.outgoing.wire import Wire

CALENDLY_ANSWER = 512 * 1024  # bytes kept of one answer; a page of a hundred rows fits
CALLBACK_ANSWER = 4 * 1024  # bytes kept; the receiver's words matter to nobody but its owner
CALLS_A_THREAD = 4  # a turn in one thread has about this many calls on their way at once
MOST_ATTEMPTS = 2  # addresses tried for one name
EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
OPEN_PORTS = frozenset(
    {80, 443, *range(1024, 65536)}
)  # below 1024 live mail, ssh and other services that obey text

# The networks that RELAY_ALLOW_PRIVATE_CALLBACKS opens.
PRIVATE_NETWORKS = frozenset(
    map(
        ip_network,
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "::1/128",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)

# Addresses where clouds hand out their keys, beyond those that the guard knows by itself. Nothing opens these.
CLOUD_KEYS = tuple(
    Block(network=ip_network(network), name=name, rfc="cloud metadata", reach=Reach.DENIED)
    for network, name in (
        ("168.63.129.16/32", "Azure's wire server"),
        ("169.254.170.23/32", "AWS EKS pod identity"),
        ("fd00:ec2::23/128", "AWS EKS pod identity over IPv6"),
        ("fd00:c1::a9fe:a9fe/128", "Oracle Cloud metadata over IPv6"),
        ("fd20:ce::254/128", "Google Cloud metadata over IPv6"),
    )
)


def calendly_door(settings: Settings, *, resolver: Resolver | None = None, authorities: str = "") -> Door:
    """Open the door to Calendly and the sandbox, where the settings say they are, and to nowhere else.

    `authorities` names a file of certificate authorities to trust instead of the usual ones.
    """
    bases = (settings.calendly_api_url, settings.sandbox_url)
    return _door_to(bases, settings, resolver, authorities)


def auth_door(settings: Settings, *, resolver: Resolver | None = None, authorities: str = "") -> Door:
    """Open the door to Calendly's authorization server and to nowhere else: the client secret goes through this one."""
    return _door_to((settings.calendly_auth_url,), settings, resolver, authorities)


def _door_to(bases: tuple[str, ...], settings: Settings, resolver: Resolver | None, authorities: str) -> Door:
    origins = frozenset(origin for origin in map(origin_of, filter(None, bases)) if origin)
    # The operator wrote these addresses, so they may be private. The guard holds the host at the socket as well.
    policy = Policy(
        allowed_networks=EVERYWHERE,
        allowed_ports=frozenset(port for _, _, port in origins),
        allowed_hosts=frozenset(host for _, host, _ in origins),
        max_connection_attempts=MOST_ATTEMPTS,
    )
    wire = Wire(policy, settings.worker_threads * CALLS_A_THREAD, resolver, authorities)
    return Door(wire, most=CALENDLY_ANSWER, origins=origins)


def callback_door(settings: Settings, *, resolver: Resolver | None = None, authorities: str = "") -> Door:
    """Open the door to callbacks: public addresses over https, checked as the connection is made.

    RELAY_ALLOW_PRIVATE_CALLBACKS opens http and private networks as well, though never a cloud's metadata.
    """
    policy = callback_policy(allow_private=settings.allow_private_callbacks)
    wire = Wire(policy, settings.worker_threads * CALLS_A_THREAD, resolver, authorities)
    return Door(wire, most=CALLBACK_ANSWER)


@cache
def callback_policy(*, allow_private: bool) -> Policy:
    """Give the rules for where a callback may go."""
    known = [_opened(block) if allow_private else block for block in DEFAULT_DENIED.blocks]
    return Policy(
        allowed_schemes=frozenset({"https", "http"} if allow_private else {"https"}),
        denied_networks=AddressTable((*known, *CLOUD_KEYS)),
        allowed_ports=OPEN_PORTS,
        max_connection_attempts=MOST_ATTEMPTS,
    )


def _opened(block: Block) -> Block:
    """Permit a private network. Its row stays, since what it holds must not fall to a wider row."""
    return replace(block, reach=Reach.PERMITTED) if block.network in PRIVATE_NETWORKS else block

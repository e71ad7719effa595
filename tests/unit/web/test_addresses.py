"""Whom a request comes from."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st

from relay.web.addresses import Origin, origin_of

PEER, INSIDE, SENDER = "8.8.8.9", "10.1.2.3", "8.8.4.1"
V6 = "2001:4860:1:2:3::4"
APP = Flask("test")


def seen(forwarded: str | None, proxies: int, peer: str | None = PEER) -> Origin:
    """Give where a request with this header is taken to come from."""
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    with APP.test_request_context("/", headers=headers, environ_base={"REMOTE_ADDR": peer}):
        return origin_of(request, proxies)


@pytest.mark.parametrize(
    ("forwarded", "proxies", "peer", "network", "own"),
    [
        (None, 0, PEER, PEER, True),
        (SENDER, 0, PEER, PEER, True),
        (SENDER, 1, PEER, SENDER, True),
        (f"192.0.2.66, {SENDER}", 1, PEER, SENDER, True),
        (f"192.0.2.66, {SENDER}, 10.0.0.1", 2, PEER, SENDER, True),
        (INSIDE, 1, PEER, INSIDE, True),
        (SENDER, 2, PEER, PEER, True),
        (None, 1, PEER, PEER, True),
        (None, 0, INSIDE, INSIDE, False),
        (SENDER, 0, INSIDE, INSIDE, False),
        (SENDER, 2, INSIDE, INSIDE, False),
        (f"{SENDER}:4711", 1, PEER, SENDER, True),
        (f"[{V6}]:4711", 1, PEER, "2001:4860:1:2::/64", True),
        ("2001:4860:1:2:ffff::4", 1, PEER, "2001:4860:1:2::/64", True),
        (f"::ffff:{SENDER}", 1, PEER, SENDER, True),
        ("unknown", 1, PEER, PEER, True),
        (f"{SENDER},", 1, PEER, PEER, True),
        (None, 0, V6, "2001:4860:1:2::/64", True),
        (None, 0, "fe80::1%eth0", "fe80::/64", False),
        (None, 0, "", "", False),
        (None, 0, None, "", False),
    ],
)
def test_a_sender_is_found_behind_the_proxies(
    forwarded: str | None, proxies: int, peer: str | None, network: str, own: bool
) -> None:
    """What a sender writes into the header itself counts for nothing; a private peer is a proxy that nobody named."""
    assert Origin(network, own) == seen(forwarded, proxies, peer)


@given(
    forwarded=st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])), proxies=st.integers(0, 10)
)
def test_any_header_gives_a_network(forwarded: str, proxies: int) -> None:
    """And if it is nonsense, the peer's own."""
    assert ip_network(seen(forwarded, proxies).network).num_addresses > 0


@pytest.mark.parametrize(
    ("network", "told"),
    [(PEER, "8.8.8.0/24"), ("2001:4860:1:2::/64", "2001:4860:1::/48"), ("", "")],
)
def test_a_log_names_a_wider_network(network: str, told: str) -> None:
    """It leads to a provider, not to a person."""
    assert told == Origin(network, own=True).shown

"""Where requests may go: the guard of the callback door, address by address, and the walls of Calendly's."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from relay.config import Settings
from relay.model.call import Answer, NotSent
from relay.outgoing import Door, ForeignAddress, calendly_door

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def leads_to(*addresses: str) -> Callable[..., list[Any]]:
    """Make a look-up that answers every name with these addresses."""

    def resolve(host: str, port: int, *_: Any) -> list[Any]:
        return [
            (
                (socket.AF_INET6, 1, 6, "", (address, port, 0, 0))
                if ":" in address
                else (socket.AF_INET, 1, 6, "", (address, port))
            )
            for address in addresses
        ]

    return resolve


def no_look_up(*_: Any) -> list[Any]:
    """Fail the test: this name should never have been looked up."""
    raise AssertionError("looked up")


INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 - to be refused, not bound
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:168.63.129.16",
    "::7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_refused_as_the_connection_is_made(
    open_door: Callable[..., Door], address: str
) -> None:
    """A public name may point anywhere; what counts is the address that would be connected to."""
    door = open_door(allow_private_callbacks=False, resolver=leads_to(address))

    outcome = door.send("POST", "https://hooks.example/x", {}, b"{}", 30)

    assert isinstance(outcome, NotSent)
    assert ("hooks.example leads to an address that may not be reached from here", True) == (
        outcome.reason,
        outcome.forbidden,
    )


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused_as_it_stands(open_door: Callable[..., Door], address: str) -> None:
    """No look-up is needed to see that."""
    door = open_door(allow_private_callbacks=False, resolver=no_look_up)
    host = f"[{address}]" if ":" in address else address

    outcome = door.send("POST", f"https://{host}/", {}, b"{}", 30)

    assert isinstance(outcome, NotSent)
    assert outcome.forbidden


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "0x7f.1",
        "127.0.0.1.",
        "①②⑦.⓪.⓪.①",
        "localhost",
        "LOCALHOST.",
        "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
        "hooks.example@127.0.0.1",
        "hooks.example:x@127.0.0.1",
        "127.0.0.1#@hooks.example",
        "127.0.0.1%23@hooks.example",
        "127.0.0.1\\@hooks.example",
        "hooks.example\\@127.0.0.1",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::1%25lo]",
        "127.0.0.1%00.hooks.example",
        "127.0.0.1\t.hooks.example",
    ],
)
def test_no_spelling_of_loopback_gets_through(
    open_door: Callable[..., Door], listen: Callable[..., Any], host: str
) -> None:
    """Decimal, octal, hexadecimal, short, circled, with a user before it or an end after it: nothing connects."""
    server = listen(lambda connection, listener: listener.read_request(connection))
    # The machine's own look-up, which knows what the old spellings mean.
    door = open_door(allow_private_callbacks=False)

    outcome = door.send("POST", f"https://{host}:{server.port}/", {}, b"{}", 30)

    assert isinstance(outcome, NotSent)
    assert 0 == server.connections


def test_a_name_with_one_address_inside_is_refused_whole(open_door: Callable[..., Door]) -> None:
    """A name that points both ways is how rebinding looks, so its public address is not tried either."""
    door = open_door(allow_private_callbacks=False, resolver=leads_to("93.184.215.14", "127.0.0.1"))

    outcome = door.send("POST", "https://hooks.example/", {}, b"{}", 30)

    assert isinstance(outcome, NotSent)
    assert outcome.forbidden


def test_a_name_that_changes_its_mind_is_looked_up_once(
    open_door: Callable[..., Door], answer_with: Callable[..., Any]
) -> None:
    """The address that was checked is the one that is connected to: there is no second look-up to lie in."""
    server = answer_with(OK)
    answers: Iterator[str] = iter(["127.0.0.1", "169.254.169.254", "169.254.169.254"])

    def changing(host: str, port: int, *hints: int) -> list[Any]:
        return leads_to(next(answers))(host, port, *hints)

    door = open_door(resolver=changing)

    first = door.send("POST", f"http://hooks.example:{server.port}/", {}, b"{}", 30)
    door.close()
    second = door.send("POST", f"http://hooks.example:{server.port}/", {}, b"{}", 30)

    assert isinstance(first, Answer)
    assert isinstance(second, NotSent)
    assert second.forbidden


@pytest.mark.parametrize("scheme", ["http", "file", "ftp", "gopher", "unix", "data", "javascript", ""])
def test_only_https_leaves(open_door: Callable[..., Door], scheme: str) -> None:
    """A callback in clear would show a person's data to everybody on the way."""
    door = open_door(allow_private_callbacks=False, resolver=no_look_up)

    outcome = door.send("POST", f"{scheme}://hooks.example/", {}, b"{}", 30)

    assert isinstance(outcome, NotSent)
    assert outcome.forbidden


@pytest.mark.parametrize("port", [22, 25, 53, 110, 143, 465, 587, 993, 65536, -1])
@pytest.mark.parametrize("allow_private", [True, False])
def test_ports_of_other_services_are_refused(
    open_door: Callable[..., Door], port: int, allow_private: bool
) -> None:
    """Some services obey text that they are sent; a refusal names the port and stays short."""
    door = open_door(allow_private_callbacks=allow_private, resolver=no_look_up)

    outcome = door.send("POST", f"https://hooks.example:{port}/", {}, b"{}", 30)

    assert isinstance(outcome, NotSent)
    assert outcome.forbidden
    assert len(outcome.reason) <= 300


def test_private_callbacks_may_be_allowed(door: Door, answer_with: Callable[..., Any]) -> None:
    """Then http and loopback work."""
    server = answer_with(OK)

    outcome = door.send("POST", server.url, {}, b"{}", 30)

    assert isinstance(outcome, Answer)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "169.254.170.2",
        "169.254.170.23",
        "168.63.129.16",
        "100.100.100.200",
        "fd00:ec2::254",
        "fd20:ce::254",
        "0.0.0.0",  # noqa: S104 - to be refused, not bound
        "224.0.0.1",
        "255.255.255.255",
    ],
)
def test_nothing_allows_a_clouds_metadata(open_door: Callable[..., Door], address: str) -> None:
    """Where private callbacks are allowed, the addresses that hand out a machine's keys still are not."""
    door = open_door(resolver=leads_to(address))

    outcome = door.send("POST", "http://hooks.example/", {}, b"{}", 30)

    assert isinstance(outcome, NotSent)
    assert outcome.forbidden


@pytest.fixture
def to_calendly(settings_with: Callable[..., Settings], answer_with: Callable[..., Any]) -> Iterator[Any]:
    """Give the door to Calendly, which stands on loopback here, and the server."""
    server = answer_with(OK)
    opened = calendly_door(settings_with(calendly_api_url=server.url, allow_private_callbacks=False))
    yield opened, server
    opened.close()


def test_calendly_may_stand_wherever_the_operator_says(to_calendly: Any) -> None:
    """Also on a private address and without TLS: the operator wrote it."""
    door, server = to_calendly

    outcome = door.send("GET", f"{server.url}/users/me", {}, None, 30)

    assert isinstance(outcome, Answer)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/users/me",
        "https://127.0.0.1:{port}/users/me",
        "http://127.0.0.1:{other}/users/me",
        "http://127.0.0.1/users/me",
        "http://localhost:{port}/users/me",
        "http://127.0.0.1:{port}@evil.example/",
        "http://evil.example@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}\\@evil.example/",
        "http://evil.example\\@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}.evil.example/",
        "//127.0.0.1:{port}/",
        "",
        "http://[::1",
    ],
)
def test_a_token_never_goes_anywhere_else(to_calendly: Any, url: str) -> None:
    """Another scheme, host or port is an error of ours, and nothing is sent."""
    door, server = to_calendly

    with pytest.raises(ForeignAddress):
        door.send(
            "GET", url.format(port=server.port, other=server.port ^ 1), {"Authorization": "x"}, None, 30
        )

    assert 0 == server.connections


def test_the_door_to_calendly_follows_no_redirect(
    settings_with: Callable[..., Settings], listen: Callable[..., Any], answer_with: Callable[..., Any]
) -> None:
    """Not even to itself: the token goes where the call was meant to go."""
    elsewhere = answer_with(OK)
    server = answer_with(
        b"HTTP/1.1 302 Found\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n" % elsewhere.url.encode()
    )
    door = calendly_door(settings_with(calendly_api_url=server.url, sandbox_url=elsewhere.url))

    outcome = door.send("GET", f"{server.url}/users/me", {"Authorization": "x"}, None, 30)

    door.close()
    assert isinstance(outcome, Answer)
    assert (302, 0) == (outcome.status, elsewhere.connections)


def test_the_guard_holds_calendlys_host_where_the_first_wall_has_a_hole(
    settings_with: Callable[..., Settings], answer_with: Callable[..., Any]
) -> None:
    """The same port on another host is refused as the connection is made, whatever let the request get there."""
    server = answer_with(OK)
    resolver = leads_to("127.0.0.1")
    door = calendly_door(
        settings_with(calendly_api_url=f"http://calendly.example:{server.port}"), resolver=resolver
    )
    door._origins = None
    urls = [f"http://{host}:{server.port}/" for host in ("calendly.example", "evil.example", "127.0.0.1")]

    allowed, *others = [door.send("GET", url, {}, None, 5.0) for url in urls]

    door.close()
    assert isinstance(allowed, Answer)
    assert [True, True] == [isinstance(other, NotSent) and other.forbidden for other in others]
    assert 1 == len(server.requests)

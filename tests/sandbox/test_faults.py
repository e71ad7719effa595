"""Misbehaviour on order."""

from __future__ import annotations

import socket
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from sandbox import seed
from sandbox.server import Sandbox
from tests.sandbox.addresses import INVITATIONS, link
from tests.sandbox.calling import Client, wait_until

SOMEBODY = {"email": "somebody@new.example"}
LONG = 40  # seconds that a fault takes which nobody is to wait for


def _order(client: Client, fault: str, **how: Any) -> None:
    answer = client.control("POST", "/faults", {"fault": fault, **how})
    assert 201 == answer.status_code, answer.text


def _is_invited(sandbox: Sandbox) -> bool:
    with sandbox.state.lock:
        return (
            sandbox.state.invited_at(sandbox.state.organizations[seed.ORGANIZATION], SOMEBODY["email"])
            is not None
        )


@pytest.mark.parametrize(
    ("fault", "happened"), [("cut_before", False), ("cut_after", True), ("cut_midway", True), ("hang", False)]
)
def test_a_broken_connection_leaves_the_effect_as_ordered(
    client: Client, sandbox: Sandbox, fault: str, happened: bool
) -> None:
    """The client sees a reset; only some of the calls were carried out, and the journal knows which."""
    _order(client, fault, seconds=0.1)

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.post(INVITATIONS, SOMEBODY)

    assert happened == _is_invited(sandbox)
    assert [(None, happened, fault)] == [
        (call.status, call.effect, call.fault) for call in sandbox.calls("POST")
    ]
    assert (400 if happened else 201) == client.post(INVITATIONS, SOMEBODY).status_code


@pytest.mark.parametrize("fault", ["cut_before", "cut_after"])
def test_a_cut_connection_carries_not_one_byte(client: Client, sandbox: Sandbox, fault: str) -> None:
    """On the wire it is a reset, without an answer or a polite end."""
    _order(client, fault)
    place = urlsplit(sandbox.url)
    request = "GET /users/me HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer sandbox\r\n\r\n"

    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(request.encode())
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_an_answer_without_a_body_is_cut_in_its_head(client: Client, sandbox: Sandbox) -> None:
    """So that nobody takes half an answer for a whole one."""
    _order(client, "cut_midway")

    with pytest.raises(requests.ConnectionError):
        client.delete(f"/invitee_no_shows/{seed.NO_SHOW}")

    assert {} == sandbox.state.no_shows


def test_the_sandbox_serves_on_after_a_cut(client: Client) -> None:
    """Neither other connections nor later calls suffer."""
    _order(client, "cut_before", times=20)
    for _ in range(20):
        with pytest.raises(requests.ConnectionError):
            client.get("/users/me")

    assert 200 == client.get("/users/me").status_code


@pytest.mark.parametrize("status", [500, 503])
def test_trouble_at_calendly_has_no_effect_unless_ordered(
    client: Client, sandbox: Sandbox, status: int
) -> None:
    """An error answer usually means that nothing happened, but `effect` makes it happen all the same."""
    _order(client, str(status))
    first = client.session.post(client.url + INVITATIONS, json=SOMEBODY, headers=_bearer(), timeout=30)
    happened = [_is_invited(sandbox)]
    _order(client, str(status), effect=True, headers={"Retry-After": "7"})
    second = client.session.post(client.url + INVITATIONS, json=SOMEBODY, headers=_bearer(), timeout=30)
    happened.append(_is_invited(sandbox))

    assert [status, status] == [first.status_code, second.status_code]
    assert "Internal Server Error" == first.json()["title"]
    assert "7" == second.headers["Retry-After"]
    assert [False, True] == happened


def _bearer() -> dict[str, str]:
    return {"Authorization": "Bearer sandbox"}


def test_an_ordered_429_has_the_three_headers(client: Client) -> None:
    """Its seconds are those until the window opens."""
    _order(client, "429", seconds=17)

    answer = client.get("/users/me")

    assert 429 == answer.status_code
    expected = {"X-RateLimit-Limit": "500", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "17"}
    assert expected == {name: answer.headers[name] for name in expected}


def test_a_slow_answer_is_a_right_one(client: Client) -> None:
    """It only takes its time."""
    _order(client, "slow", seconds=0.3)
    start = time.monotonic()

    answer = client.post("/scheduling_links", link())

    assert 201 == answer.status_code
    assert time.monotonic() - start >= 0.3


def test_a_client_that_gives_up_on_a_slow_answer_has_changed_something(
    client: Client, sandbox: Sandbox
) -> None:
    """The effect comes first, the waiting afterwards."""
    _order(client, "slow", seconds=LONG)
    client.timeout = 0.2

    with pytest.raises(requests.ReadTimeout):
        client.post(INVITATIONS, SOMEBODY)

    wait_until(lambda: _is_invited(sandbox), LONG / 2)


def test_garbage_is_no_json(client: Client) -> None:
    """A page with status 200 where JSON was expected."""
    _order(client, "garbage")

    answer = client.session.get(client.url + "/users/me", headers=_bearer(), timeout=30)

    assert (200, "text/html") == (answer.status_code, answer.headers["Content-Type"].split(";")[0])
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_faults_are_used_up_in_order(client: Client) -> None:
    """Each call takes the oldest fault that fits; `times` counts down."""
    _order(client, "503", times=2)
    _order(client, "429")
    answers = [client.session.get(client.url + "/users/me", headers=_bearer(), timeout=30) for _ in range(4)]

    assert [503, 503, 429, 200] == [answer.status_code for answer in answers]


def test_faults_meet_only_the_calls_they_are_meant_for(client: Client) -> None:
    """Method, path with wildcards, or a regular expression."""
    _order(client, "500", match={"method": "POST", "path": "/organizations/*/invitations"}, times=None)
    _order(client, "500", match={"regex": "^/event_types$"})
    others = [client.get("/users/me"), client.get(INVITATIONS), client.post("/scheduling_links", link())]
    met = [client.post(INVITATIONS, SOMEBODY), client.post(INVITATIONS, SOMEBODY)]
    met.append(client.get("/event_types", user="https://api.calendly.com/users/" + seed.OWNER))
    waiting = client.control("GET", "/faults").json()["faults"]
    client.control("DELETE", "/faults")

    assert [200, 200, 201] == [answer.status_code for answer in others]
    assert [500, 500, 500] == [answer.status_code for answer in met]
    assert [("status", 2, None)] == [(fault["kind"], fault["used"], fault["times"]) for fault in waiting]
    assert 201 == client.post(INVITATIONS, SOMEBODY).status_code


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"fault": "explosion"},
        {"fault": "600"},
        {"fault": "status", "status": "503"},
        {"fault": "slow", "seconds": -1},
        {"fault": "slow", "times": 0},
        {"fault": "slow", "match": "everything"},
        {"fault": "slow", "match": {"regex": "("}},
        {"fault": "slow", "headers": []},
    ],
)
def test_a_senseless_fault_is_refused(client: Client, order: dict[str, object]) -> None:
    """The control API says in a sentence what is wrong."""
    answer = client.control("POST", "/faults", order)

    assert 400 == answer.status_code
    assert answer.json()["error"]


def test_closing_the_sandbox_lets_go_of_calls_that_hang() -> None:
    """Nobody waits for a fault to end."""
    sandbox = Sandbox()
    sandbox.faults.add("hang", seconds=LONG)
    place = urlsplit(sandbox.url)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(b"GET /users/me HTTP/1.1\r\nHost: sandbox\r\n\r\n")
        wait_until(lambda: len(sandbox.calls()) == 1)
        start = time.monotonic()
        sandbox.close()
        left_on_the_line = _is_open(connection)

    assert not left_on_the_line
    assert time.monotonic() - start < LONG / 2


def _is_open(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) != b""
    except ConnectionResetError:
        return False

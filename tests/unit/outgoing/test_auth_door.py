"""The door to Calendly's authorization server: the client secret goes through it, so it opens to one place only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from relay.config import Settings
from relay.model.call import Answer
from relay.outgoing import ForeignAddress, auth_door, calendly_door

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SECRET = {"Authorization": "Basic x"}


def test_each_door_opens_to_its_own_server(
    settings_with: Callable[..., Settings], answer_with: Callable[..., Any]
) -> None:
    """The client secret cannot reach the API, and no access token the authorization server by the API's door."""
    api, auth = answer_with(OK), answer_with(OK)
    settings = settings_with(calendly_api_url=api.url, calendly_auth_url=auth.url)
    doors = {"api": calendly_door(settings), "auth": auth_door(settings)}

    with pytest.raises(ForeignAddress):
        doors["auth"].send("POST", f"{api.url}/oauth/token", SECRET, b"", 30)
    with pytest.raises(ForeignAddress):
        doors["api"].send("POST", f"{auth.url}/oauth/token", SECRET, b"", 30)
    outcome = doors["auth"].send("POST", f"{auth.url}/oauth/token", SECRET, b"", 30)

    for door in doors.values():
        door.close()
    assert isinstance(outcome, Answer)
    assert (0, 1) == (api.connections, auth.connections)


def test_no_redirect_is_followed(
    settings_with: Callable[..., Settings], answer_with: Callable[..., Any]
) -> None:
    """The secret goes where it was meant to go."""
    elsewhere = answer_with(OK)
    moved = f"HTTP/1.1 307 Moved\r\nLocation: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n"
    server = answer_with(moved.encode())
    door = auth_door(settings_with(calendly_auth_url=server.url))

    outcome = door.send("POST", f"{server.url}/oauth/token", SECRET, b"a=b", 30)

    door.close()
    assert isinstance(outcome, Answer)
    assert (307, 0) == (outcome.status, elsewhere.connections)

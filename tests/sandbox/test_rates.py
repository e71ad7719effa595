"""Calls per user and minute."""

from __future__ import annotations

import pytest

from sandbox import seed
from sandbox.server import Sandbox
from tests.sandbox.calling import Client

RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@pytest.fixture(autouse=True)
def still(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the sandbox's time stand but where a test moves it: a machine's pauses are no part of a window."""
    began = sandbox.clock.now()
    monkeypatch.setattr(sandbox.clock, "now", lambda: began + sandbox.clock._ahead)


def _rates(answer: object) -> list[str]:
    headers = getattr(answer, "headers", {})
    return [headers[name] for name in RATE_HEADERS]


def test_plans_differ_in_their_limit(client: Client) -> None:
    """500 calls a minute are paid for, 50 are free."""
    assert ["500", "499", "60"] == _rates(client.get("/users/me"))
    assert ["50", "49", "60"] == _rates(client.get("/users/me", token=seed.FREE_TOKEN))


def test_all_tokens_of_a_user_share_a_window(client: Client) -> None:
    """Refused calls count, too; another user has a window of his own."""
    client.get("/users/me")
    client.get("/users/me", token=seed.NARROW_TOKEN)
    refused = client.get("/event_types", token=seed.NARROW_TOKEN, bad=True)

    assert ["500", "497", "60"] == _rates(refused)
    assert ["500", "499", "60"] == _rates(client.get("/users/me", token=seed.ADMIN_TOKEN))


def test_a_used_up_window_refuses_until_it_opens_again(client: Client, sandbox: Sandbox) -> None:
    """The answer says in how many seconds that is; nothing happens meanwhile, and refused calls cost nothing."""
    sandbox.add_token("three", limit=3)
    for _ in range(3):
        client.get("/users/me", token="three")
    sandbox.clock.advance(20)
    refused = client.post(
        f"/organizations/{seed.ORGANIZATION}/invitations", {"email": "a@new.example"}, token="three"
    )
    sandbox.clock.advance(40)
    granted = client.get("/users/me", token="three")

    assert 429 == refused.status_code
    assert ["3", "0", "40"] == _rates(refused)
    assert 200 == granted.status_code
    assert ["3", "2", "60"] == _rates(granted)
    assert [False] == [entry.effect for entry in sandbox.calls(status=429)]


def test_the_limit_is_settable_per_token(client: Client) -> None:
    """The control API issues tokens with any limit."""
    client.plant("tokens", token="fast", limit=1_000_000)

    assert ["1000000", "999999", "60"] == _rates(client.get("/users/me", token="fast"))

"""The pages for people."""

from __future__ import annotations

import pytest
import requests

from sandbox import seed
from sandbox.server import Sandbox
from tests.sandbox.addresses import INVITATIONS
from tests.sandbox.calling import Client

EVIL = "<script>alert(1)</script>"


@pytest.mark.parametrize("path", ["/", "/calls", "/try"])
def test_an_empty_page_says_what_to_do(sandbox: Sandbox, path: str) -> None:
    """Each page has a command that can be pasted, and needs nothing from elsewhere."""
    page = requests.get(sandbox.url + path, timeout=10)

    assert 200 == page.status_code
    assert "curl" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert 'src="' not in page.text


def test_a_delivery_shows_at_a_glance(sandbox: Sandbox) -> None:
    """Its id, type and template, what Calendly answered, and the signature's state."""
    response = {"status": 201, "body": {"resource": {"booking_url": "https://calendly.com/d/x/y"}}}
    data = {"delivery": "dlv_42", "template": "create_scheduling_link", "response": response}
    requests.post(sandbox.callback_url(), json={"type": "delivery.delivered", "data": data}, timeout=10)

    page = requests.get(sandbox.url + "/", timeout=10).text

    for text in ("dlv_42", "delivery.delivered", "create_scheduling_link", "Calendly said 201", "not signed"):
        assert text in page
    assert "https://calendly.com/d/x/y" in page


@pytest.mark.parametrize("body", ["[]", "7", '{"data": [1]}', '{"data": {"response": 3}}', "\x00\xff", ""])
def test_a_callback_of_any_shape_can_be_shown(sandbox: Sandbox, body: str) -> None:
    """The page takes nothing for granted."""
    requests.post(sandbox.callback_url(), data=body.encode("latin-1"), timeout=10)

    assert 200 == requests.get(sandbox.url + "/", timeout=10).status_code


def test_nothing_that_came_from_outside_is_taken_for_markup(sandbox: Sandbox, client: Client) -> None:
    """Neither callbacks nor calls can put a script into the page."""
    data = {"delivery": EVIL, "template": EVIL, "destination": EVIL, "response": {"status": EVIL}}
    headers = {"webhook-id": EVIL}
    requests.post(sandbox.callback_url("<b>"), json={"type": EVIL, "data": data}, headers=headers, timeout=10)
    client.session.get(f"{client.url}/{EVIL}?q={EVIL}", headers={"User-Agent": EVIL}, timeout=10)
    client.post(INVITATIONS, {"email": EVIL}, bad=True)
    client.plant("invitations", email=EVIL)

    pages = [requests.get(sandbox.url + path, timeout=10).text for path in ("/", "/calls", "/try")]

    assert [False, False, False] == [EVIL in page for page in pages]
    assert all("&lt;script&gt;alert(1)" in page for page in pages)


def test_calls_show_what_became_of_them(sandbox: Sandbox, client: Client) -> None:
    """Status, fault and effect."""
    client.post(INVITATIONS, {"email": "a@new.example"})
    sandbox.faults.add("429")
    client.get("/users/me")

    page = requests.get(sandbox.url + "/calls", timeout=10).text

    for text in (INVITATIONS, "changed something", "fault: 429", "POST 201"):
        assert text in page


def test_the_ids_to_try_are_listed(sandbox: Sandbox) -> None:
    """Tokens, events, people: everything that the seed documents."""
    page = requests.get(sandbox.url + "/try", timeout=10).text

    for uuid in (
        seed.TOKEN,
        seed.DEMO,
        seed.FUTURE_EVENT,
        seed.ABSENT_INVITEE,
        seed.NO_SHOW,
        seed.SUBSCRIPTION,
    ):
        assert uuid in page

"""The pages for people."""

from __future__ import annotations

import re

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
    page = requests.get(sandbox.url + path, timeout=30)

    assert 200 == page.status_code
    assert "curl" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert 'src="' not in page.text


def test_a_delivery_shows_at_a_glance(sandbox: Sandbox) -> None:
    """Its id, type and template, what Calendly answered, and the signature's state."""
    response = {"status": 201, "body": {"resource": {"booking_url": "https://calendly.com/d/x/y"}}}
    data = {"delivery": "dlv_42", "template": "create_scheduling_link", "response": response}
    requests.post(sandbox.callback_url(), json={"type": "delivery.delivered", "data": data}, timeout=30)

    page = requests.get(sandbox.url + "/", timeout=30).text

    for text in ("dlv_42", "delivery.delivered", "create_scheduling_link", "Calendly said 201", "not signed"):
        assert text in page
    assert "https://calendly.com/d/x/y" in page


@pytest.mark.parametrize("body", ["[]", "7", '{"data": [1]}', '{"data": {"response": 3}}', "\x00\xff", ""])
def test_a_callback_of_any_shape_can_be_shown(sandbox: Sandbox, body: str) -> None:
    """The page takes nothing for granted."""
    requests.post(sandbox.callback_url(), data=body.encode("latin-1"), timeout=30)

    assert 200 == requests.get(sandbox.url + "/", timeout=30).status_code


def test_nothing_that_came_from_outside_is_taken_for_markup(sandbox: Sandbox, client: Client) -> None:
    """Neither callbacks nor calls can put a script into the page."""
    data = {"delivery": EVIL, "template": EVIL, "destination": EVIL, "response": {"status": EVIL}}
    headers = {"webhook-id": EVIL}
    requests.post(sandbox.callback_url("<b>"), json={"type": EVIL, "data": data}, headers=headers, timeout=30)
    client.session.get(f"{client.url}/{EVIL}?q={EVIL}", headers={"User-Agent": EVIL}, timeout=30)
    client.post(INVITATIONS, {"email": EVIL}, bad=True)
    client.plant("invitations", email=EVIL)

    pages = [requests.get(sandbox.url + path, timeout=30).text for path in ("/", "/calls", "/try")]

    assert [False, False, False] == [EVIL in page for page in pages]
    assert all("&lt;script&gt;alert(1)" in page for page in pages)


def test_calls_show_what_became_of_them(sandbox: Sandbox, client: Client) -> None:
    """Status, fault and effect."""
    client.post(INVITATIONS, {"email": "a@new.example"})
    sandbox.faults.add("429")
    client.get("/users/me")

    page = requests.get(sandbox.url + "/calls", timeout=30).text

    for text in (INVITATIONS, "changed something", "fault: 429", "POST 201"):
        assert text in page


def test_the_ids_to_try_are_listed(sandbox: Sandbox) -> None:
    """Tokens, events, people: everything that the seed documents."""
    page = requests.get(sandbox.url + "/try", timeout=30).text

    for uuid in (
        seed.TOKEN,
        seed.DEMO,
        seed.FUTURE_EVENT,
        seed.ABSENT_INVITEE,
        seed.NO_SHOW,
        seed.SUBSCRIPTION,
    ):
        assert uuid in page


def test_each_token_shows_whose_it_is_and_what_that_person_may(sandbox: Sandbox) -> None:
    """As the README has it: an owner may do everything, others what role and plan allow."""
    page = requests.get(sandbox.url + "/try", timeout=30).text

    rows = dict(re.findall(r"<tr><td class=\"id\"><code>(sandbox[a-z-]*)</code></td>(.*?)</tr>", page))
    shown = {token: [*re.findall(r">([^<>]+)</td>", row)] for token, row in rows.items()}
    assert {
        "sandbox": ["Olivia Owner", "owner", "Enterprise", "everything"],
        "sandbox-admin": [
            "Adam Admin",
            "admin",
            "Enterprise",
            "what the role admin and the Enterprise plan allow",
        ],
        "sandbox-member": [
            "Mia Member",
            "user",
            "Enterprise",
            "what the role user and the Enterprise plan allow",
        ],
        "sandbox-free": ["Fred Free", "owner", "Free", "what the role owner and the Free plan allow"],
    } == {token: row for token, row in shown.items() if token not in {seed.READ_TOKEN, seed.NARROW_TOKEN}}
    assert "scheduled_events:write, users:read" == shown[seed.NARROW_TOKEN][-1]


def test_a_callback_that_was_not_checked_says_how_to_have_it_checked(sandbox: Sandbox) -> None:
    """The command works as it stands, but for the secret, and also for a name that somebody chose."""
    headers = {"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1,AA=="}
    requests.post(sandbox.callback_url("my crm"), data="{}", headers=headers, timeout=30)

    before = requests.get(sandbox.url + "/", timeout=30).text
    command = re.search(
        r"curl -X PUT (\S+/secret) -d &#39;(.*?)&#39;|curl -X PUT (\S+/secret) -d '(.*?)'", before
    )
    assert command is not None
    address, body = [part for part in command.groups() if part]
    told = requests.put(address, data=body.replace("…", "c2VjcmV0"), timeout=30)
    requests.post(sandbox.callback_url("my crm"), data="{}", headers=headers, timeout=30)
    after = requests.get(sandbox.url + "/", timeout=30).text

    assert 204 == told.status_code
    assert "Any name works" in before
    assert "signature wrong" not in before
    assert "signature wrong" in after

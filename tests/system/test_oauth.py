"""Grants in real processes: renewed while records go out, and told truthfully when a worker dies in between."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.oauth.desk import CLIENT_ID, CLIENT_SECRET
from sandbox.server import Sandbox
from tests.consent import answer_consent, token_calls
from tests.processes import ADMIN_KEY, INBOUND_KEY, Processes
from tests.waiting import until

ADMIN = {"Authorization": f"Bearer {ADMIN_KEY}"}
RECORD = {"owner": "https://api.calendly.com/event_types/EVENTTYPEINTRO01"}
LIFE = 9.0  # seconds that access tokens last here; workers look at them every five
RENEWAL = "relay:{credential acme}:renewal"


@pytest.fixture
def calendly() -> Iterator[Sandbox]:
    """A sandbox whose access tokens last for seconds."""
    with Sandbox() as running:
        running.simulator.desk.app.access_seconds = LIFE
        yield running


@pytest.fixture
def relay(tmp_path: Path, calendly: Sandbox) -> Iterator[Processes]:
    """A web process and two workers, with a connected credential and an active destination."""
    settings = {
        "CALENDLY_AUTH_URL": calendly.url,
        "CALENDLY_CLIENT_ID": CLIENT_ID,
        "CALENDLY_CLIENT_SECRET": CLIENT_SECRET,
    }
    with Processes(tmp_path, calendly.url, **settings) as running:
        running.start(workers=2)
        api(running, "POST", "/credentials", {"id": "acme", "kind": "oauth"})
        page = requests.get(
            answer_consent(api(running, "POST", "/credentials/acme/connect")["url"]), timeout=30
        )
        assert page.status_code == 200, page.text
        auth = {"kind": "bearer", "key": INBOUND_KEY}
        template = {"id": "links", "template": "create_scheduling_link", "credential": "acme"}
        api(running, "POST", "/destinations", {**template, "inbound": {"auth": auth}})
        api(running, "POST", "/destinations/links/activate")
        yield running

        secrets = [CLIENT_SECRET, *(each.refresh_token for each in calendly.simulator.desk.grants)]
        assert [] == [secret for secret in secrets for each in running.programs if secret in each.said()]


def api(relay: Processes, method: str, path: str, body: Any = None) -> Any:
    """Make a management call and give its JSON."""
    answer = requests.request(method, f"{relay.url}/api/v1{path}", json=body, headers=ADMIN, timeout=30)
    assert answer.ok, answer.text
    return answer.json()


def send(relay: Processes) -> None:
    """Hand over one record."""
    key = {"Authorization": f"Bearer {INBOUND_KEY}"}
    answer = requests.post(f"{relay.url}/in/links", json=RECORD, headers=key, timeout=30)
    assert answer.status_code == 202, answer.text


def count(relay: Processes, state: str) -> int:
    """Count the deliveries in a state."""
    found: int = api(relay, "GET", "/destinations/links")["counts"].get(state, 0)
    return found


def delivered(relay: Processes, number: int) -> bool:
    """Tell whether so many records have gone out."""
    return count(relay, "delivered") == number


def test_records_go_out_over_several_renewals(relay: Processes, calendly: Sandbox) -> None:
    """Each pair is asked for once, whoever asks, and nobody is paused."""
    (grant,) = calendly.simulator.desk.grants
    sent = 0
    while grant.renewals < 2:
        send(relay)
        sent += 1
        until(partial(delivered, relay, sent))

    until(lambda: grant.renewals == token_calls(calendly))  # one more may just be on its way
    assert "active" == api(relay, "GET", "/destinations/links")["state"]
    assert None is api(relay, "GET", "/credentials/acme")["trouble"]


def test_a_worker_that_is_killed_in_a_renewal_leaves_the_truth_behind(
    relay: Processes, calendly: Sandbox
) -> None:
    """Calendly had renewed, nobody stored it: the credential says that the new tokens were lost, and records wait."""
    calendly.faults.add("slow", match={"path": "/oauth/token"}, seconds=40)
    (grant,) = calendly.simulator.desk.grants
    until(lambda: grant.renewals)
    for worker in relay.programs[1:]:
        worker.kill()
    with relay.client() as client:
        client.hset(RENEWAL, "until", 0)  # as a minute and a half would have it
    relay.worker()
    send(relay)

    trouble = until(lambda: api(relay, "GET", "/credentials/acme")["trouble"])

    assert "is lost: a renewal begun at" in trouble
    # The destinations pause a moment after the credential says why.
    assert trouble == until(lambda: api(relay, "GET", "/destinations/links")["paused_because"])
    assert (1, 0) == (sum(count(relay, state) for state in ("queued", "retrying")), count(relay, "delivered"))

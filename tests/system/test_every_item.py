"""Everything that can be set, seen and tried of a destination, driven through HTTP and the command line alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import requests
from standardwebhooks import Webhook

from sandbox.oauth.desk import CLIENT_ID, CLIENT_SECRET
from sandbox.server import Sandbox
from tests.consent import answer_consent
from tests.processes import ADMIN_KEY, CALLBACK_SECRET, INBOUND_KEY, ROOT, TOKEN
from tests.system.callback_receiver import CallbackReceiver
from tests.system.conftest import MakeProcesses
from tests.system.upstream import Upstream
from tests.waiting import until

EVENTS = [f"e0000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 6)]
OWNER = "https://api.calendly.com/event_types/EVENTTYPEINTRO01"
SOMEBODY = "mia@acme.example"
Came = tuple[str, str, Any]  # method, path with query, JSON


class Calendly:
    """The sandbox in Calendly's place."""

    def __init__(self) -> None:
        self.sandbox = Sandbox()
        self.sandbox.add_token(TOKEN, limit=1_000_000)
        self.url = self.sandbox.url

    def came(self) -> list[Came]:
        """Give the calls that were to change something."""
        return [
            (each.method, _with_query(each.path, each.query), json.loads(each.body) if each.body else None)
            for each in self.sandbox.calls()
            if each.method != "GET" and not each.path.startswith("/oauth")
        ]

    def refuse(self, *statuses: int) -> None:
        """Answer the next calls that change something so."""
        for status in statuses:
            self.sandbox.faults.add(str(status), match={"method": "POST"}, times=1)

    def consent(self, url: str) -> str:
        """Allow access as a person with a browser would."""
        return answer_consent(url)

    def close(self) -> None:
        """Stop."""
        self.sandbox.close()


def _with_query(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


@dataclass
class Journey:
    """One relay with real processes, seen from outside."""

    calendly: Calendly
    upstream: Upstream
    receiver: CallbackReceiver
    folder: Path
    rotated: str = ""  # the callback secret that the relay made

    def secret(self, name: str) -> str:
        """Give the secret that an export names."""
        if name.endswith("PREVIOUS_SECRET"):
            return CALLBACK_SECRET
        if name.endswith("CALLBACK_SECRET"):
            return self.rotated
        return TOKEN if name.endswith("TOKEN") else INBOUND_KEY

    def calls_of(self, act: Callable[[], Any]) -> list[Came]:
        """Do something, and give the calls that came of it."""
        before = len(self.calendly.came())
        act()
        return self.calendly.came()[before:]

    def destination(self, identifier: str, template: str, **settings: Any) -> str:
        """Make an active destination, and give its id."""
        inbound = {"auth": {"kind": "bearer", "key": INBOUND_KEY}, **settings.pop("inbound", {})}
        usual = {"id": identifier, "template": template, "credential": "acme", "inbound": inbound}
        self.upstream.manage("POST", "/destinations", {**usual, **settings})
        activation = {"acknowledge": "irreversible"}
        self.upstream.manage("POST", f"/destinations/{identifier}/activate", activation)
        return identifier

    def deliver(self, identifier: str, body: Any) -> list[str]:
        """Send records, wait until all is at rest, and give the ids of the deliveries."""
        before = self.upstream.at_rest(identifier)
        ids = self.upstream.accept(identifier, body)
        until(lambda: self.upstream.at_rest(identifier) >= before + len(set(ids)))
        return ids

    def post(self, path: str, body: Any = None, **headers: str) -> requests.Response:
        """Send a request with the inbound key."""
        usual = {"Authorization": f"Bearer {INBOUND_KEY}", **headers}
        return requests.post(self.upstream.url + path, json=body, headers=usual, timeout=60)

    def relay(self, *arguments: str, **environ: str) -> str:
        """Run a command of the command line that works, and give what it printed."""
        around = {**os.environ, "RELAY_URL": self.upstream.url, "RELAY_ADMIN_KEY": ADMIN_KEY, **environ}
        ended = subprocess.run(
            [sys.executable, "-m", "relay", *arguments],
            cwd=ROOT,
            env=around,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert 0 == ended.returncode, (arguments, ended.stdout, ended.stderr)
        return ended.stdout


@pytest.fixture
def journey(make_processes: MakeProcesses, receiver: CallbackReceiver, tmp_path: Path) -> Iterator[Journey]:
    """Give a relay whose Calendly is played by the sandbox."""
    calendly = Calendly()
    processes = make_processes(
        CALENDLY_API_URL=calendly.url,
        CALENDLY_AUTH_URL=calendly.url,
        CALENDLY_CLIENT_ID=CLIENT_ID,
        CALENDLY_CLIENT_SECRET=CLIENT_SECRET,
    ).start()
    upstream = Upstream(processes.url)
    upstream.credential()
    yield Journey(calendly, upstream, receiver, tmp_path)
    calendly.close()


def test_every_item_works_from_outside(journey: Journey) -> None:
    """Each step says what it shows; all of them stand on one relay, one after the other."""
    for step in STEPS:
        step(journey)


def mapping_shapes_records_and_bad_settings_are_pointed_at(journey: Journey) -> None:
    """What arrives at Calendly is what the preview had shown."""
    wrong = {"mapping": {"reason": "join(", "nobody": "x"}}
    usual = {"id": "bad", "template": "cancel_scheduled_event", "credential": "acme"}
    auth = {"inbound": {"auth": {"kind": "bearer", "key": INBOUND_KEY}}}
    problem = journey.upstream.ask("POST", "/api/v1/destinations", {**usual, **auth, **wrong}).json()
    name = journey.destination(
        "shaped",
        "cancel_scheduled_event",
        inbound={"records": "deals[*]", "when": "stage == 'lost'"},
        mapping={"event_uuid": "event", "reason": "join(': ', ['Lost', why])"},
        headers="X-Team:rev-ops",
    )
    body = {"deals": [{"stage": "lost", "event": EVENTS[0], "why": "price"}, {"stage": "won"}]}

    [shown] = journey.upstream.manage("POST", f"/destinations/{name}/preview", {"body": body})["calls"]
    calls = journey.calls_of(lambda: journey.deliver(name, body))

    assert {"#/mapping/reason", "#/mapping/nobody"} == {each["pointer"] for each in problem["errors"]}
    path = f"/scheduled_events/{EVENTS[0]}/cancellation"
    assert [("POST", path, {"reason": "Lost: price"})] == calls
    assert (journey.calendly.url + path, {"reason": "Lost: price"}) == (shown["url"], shown["body"])
    assert "rev-ops" == shown["headers"]["X-Team"]


def a_manual_destination_calls_any_address_of_calendly(journey: Journey) -> None:
    """Its URL is filled from the record; a record that lacks a placeholder is refused, and so is another host."""
    name = journey.destination(
        "manual",
        "manual",
        manual={"method": "POST", "url": "/scheduling_links?for={deal.id}"},
        exclude=["deal"],
    )
    foreign = {"manual": {"method": "POST", "url": "https://evil.example/x"}}
    link = {"owner": OWNER, "owner_type": "EventType", "max_event_count": 1}

    calls = journey.calls_of(lambda: journey.deliver(name, {**link, "deal": {"id": "a b"}}))

    assert [("POST", "/scheduling_links?for=a%20b", link)] == calls
    assert 422 == journey.post(f"/in/{name}", link).status_code
    assert 422 == journey.upstream.ask("PATCH", f"/api/v1/destinations/{name}", foreign).status_code


def batches_are_merged_and_a_refused_one_is_halved(journey: Journey) -> None:
    """Four records leave in one call; refused as a whole and by halves, the bad one stands alone in the end."""
    batch, one_at_a_time = {"size": 4, "window": 1}, {"concurrency": 1}
    name = journey.destination("erase", "delete_invitee_data", batch=batch, delivery=one_at_a_time)
    people = [{"emails": [f"p{number}@example.com"]} for number in range(4)]
    journey.calendly.refuse(400, 400, 400)

    calls = journey.calls_of(
        lambda: (
            journey.upstream.accept(name, people),
            until(lambda: journey.upstream.at_rest(name) == 3),
        )
    )

    assert [4, 2, 1, 1, 2] == [len(body["emails"]) for _, _, body in calls]
    counts = journey.upstream.counts(name)
    assert (2, 1, 2) == (counts["split"], counts["dead"], counts["delivered"])


def a_test_is_sent_from_a_draft_and_marked(journey: Journey) -> None:
    """The answer shows what Calendly said."""
    journey.destination("tried", "create_scheduling_link")
    journey.upstream.manage("POST", "/destinations/tried/pause")

    tried = journey.upstream.manage("POST", "/destinations/tried/test", {"record": {"owner": OWNER}})
    edited = journey.upstream.manage("POST", "/destinations/tried/test", {"body": {"owner": OWNER}})

    assert (True, "delivered", 201) == (tried["test"], tried["state"], tried["response"]["status"])
    assert "delivered" == edited["state"]
    assert tried["seconds"] is not None


def held_records_go_out_in_order_and_a_deletion_counts(journey: Journey) -> None:
    """Nothing is sent before activation; what waits is only discarded with the right number."""
    name = journey.destination("held", "cancel_scheduled_event", delivery={"strict_order": True})
    journey.upstream.manage("POST", f"/destinations/{name}/pause")
    journey.upstream.accept(name, [{"event_uuid": each} for each in EVENTS])

    wrong = journey.upstream.ask("DELETE", f"/api/v1/destinations/{name}", {"discard": 1})
    needs = journey.upstream.ask("POST", f"/api/v1/destinations/{name}/activate", {})
    calls = journey.calls_of(
        lambda: (
            journey.upstream.manage(
                "POST", f"/destinations/{name}/activate", {"acknowledge": "irreversible"}
            ),
            until(lambda: journey.upstream.at_rest(name) == 3),
        )
    )
    journey.upstream.manage("POST", f"/destinations/{name}/pause")
    journey.upstream.accept(name, {"event_uuid": EVENTS[0]})
    right = journey.upstream.ask("DELETE", f"/api/v1/destinations/{name}", {"discard": 1})

    assert (409, 422, 204) == (wrong.status_code, needs.status_code, right.status_code)
    assert EVENTS == [path.split("/")[2] for _, path, _ in calls]


def what_people_know_is_looked_up(journey: Journey) -> None:
    """An email is enough to remove a member."""
    name = journey.destination("leavers", "remove_user_from_organization")

    calls = journey.calls_of(lambda: journey.deliver(name, {"email": SOMEBODY}))

    assert [("DELETE", "/organization_memberships/MEMBERMEMBER0001", None)] == calls


def fifty_repeats_at_once_are_one_delivery(journey: Journey) -> None:
    """All of them get the same answer; the same key with another body is refused."""
    name = journey.destination("once", "create_scheduling_link", dedupe="deal")
    record = {"owner": OWNER, "deal": "D-1"}

    with ThreadPoolExecutor(50) as people:
        answers = list(
            people.map(lambda _: journey.post(f"/in/{name}", record, **{"Idempotency-Key": '"k"'}), range(50))
        )
    other = journey.post(f"/in/{name}", {**record, "deal": "D-2"}, **{"Idempotency-Key": "k"})
    until(lambda: journey.upstream.at_rest(name) == 1)

    assert {202} == {each.status_code for each in answers}
    assert 1 == len({each.json()["accepted"][0]["delivery"] for each in answers})
    assert 49 == sum(each.headers.get("Idempotent-Replayed") == "true" for each in answers)
    assert 422 == other.status_code
    assert 1 == journey.upstream.counts(name)["delivered"]


def a_credential_is_connected_by_consent(journey: Journey) -> None:
    """Nobody ever types its token, and calls go out with it."""
    journey.upstream.manage("POST", "/credentials", {"id": "granted", "kind": "oauth"})
    url = journey.upstream.manage("POST", "/credentials/granted/connect")["url"]

    page = requests.get(journey.calendly.consent(url), timeout=60)
    name = journey.destination("by-grant", "create_scheduling_link", credential="granted")
    calls = journey.calls_of(lambda: journey.deliver(name, {"owner": OWNER}))

    assert 200 == page.status_code, page.text
    assert journey.upstream.manage("GET", "/credentials/granted")["connected"]
    assert 1 == len(calls)


def callbacks_are_reshaped_and_signed_with_two_secrets(journey: Journey) -> None:
    """A CRM's own API can be the receiver; either secret verifies while one replaces the other."""
    hook = {
        "url": journey.receiver.url("crm"),
        "secret": CALLBACK_SECRET,
        "body": "{id: data.records[0].deal, link: data.response.status}",
    }
    name = journey.destination("told", "create_scheduling_link", callback=hook)

    rotated = journey.upstream.manage("POST", f"/destinations/{name}/callback/rotate")["callback"]["secret"]
    journey.rotated = rotated
    tried = journey.upstream.manage("POST", f"/destinations/{name}/callback/test")
    journey.deliver(name, {"owner": OWNER, "deal": "D-9"})
    until(lambda: len(journey.receiver.named("crm")) == 2)

    told = journey.receiver.named("crm")[-1]
    assert (
        {"id": "D-9", "link": 201}
        == told.verify(CALLBACK_SECRET)
        == Webhook(rotated).verify(told.raw, told.headers)
    )
    assert 200 == tried["response"]["status"]


def operators_act_and_each_action_is_on_record(journey: Journey) -> None:
    """Dead deliveries are replayed after a look at how many there are; who did what can be read."""
    name = journey.destination("operated", "create_scheduling_link")
    journey.calendly.refuse(404)
    journey.deliver(name, {"owner": OWNER})
    replay = f"/destinations/{name}/replay"

    looked = journey.upstream.manage("POST", replay, {"state": "dead", "dry_run": True})
    done = journey.upstream.manage("POST", replay, {"state": "dead"})
    until(lambda: journey.upstream.counts(name)["delivered"] == 1)
    paused = journey.upstream.manage("POST", "/credentials/acme/pause")
    resumed = journey.upstream.manage("POST", "/credentials/acme/resume")
    audit = journey.upstream.manage("GET", "/audit?limit=5")

    assert (1, 0) == (looked["matching"], looked["replayed"])
    assert 1 == done["replayed"]
    assert name in str(paused)
    assert name in str(resumed)
    assert "RELAY_ADMIN_KEY" in str(audit)


def the_command_line_does_it_all_again(journey: Journey) -> None:
    """What is exported and applied changes nothing; a file is sent once however often it is sent."""
    journey.destination("from-file", "create_scheduling_link")
    exported = journey.relay("export")
    file = journey.folder / "relay.yaml"
    file.write_text(exported, encoding="utf-8")
    secrets = {name: journey.secret(name) for name in _placeholders(exported)}
    records = journey.folder / "records.ndjson"
    records.write_text("".join(json.dumps({"owner": OWNER, "n": n}) + "\n" for n in range(7)), "utf-8")

    applied = journey.relay("apply", str(file), "--yes", **secrets)
    for _ in range(2):
        journey.relay("send", "from-file", str(records), "--chunk", "2", "--key-env", "KEY", KEY=INBOUND_KEY)
    until(lambda: journey.upstream.at_rest("from-file") == 7)
    listed = journey.relay("deliveries", "--destination", "from-file", "--json")

    assert "othing to change" in applied
    assert exported == journey.relay("export")
    assert 7 == journey.upstream.counts("from-file")["delivered"]
    assert "delivered" in listed
    journey.relay("check")


def _placeholders(text: str) -> set[str]:
    return {piece.partition("}")[0] for piece in text.split("${")[1:]}


def the_api_describes_itself(journey: Journey) -> None:
    """Programs read one form, people the other; neither needs the internet."""
    document = requests.get(f"{journey.upstream.url}/openapi.json", timeout=60).json()
    page = requests.get(f"{journey.upstream.url}/docs", timeout=60).text

    assert document["openapi"].startswith("3.1")
    assert "/in/{destination}" in document["paths"]
    assert "/in/{destination}" in page
    assert "https://cdn" not in page


STEPS = (
    mapping_shapes_records_and_bad_settings_are_pointed_at,
    a_manual_destination_calls_any_address_of_calendly,
    batches_are_merged_and_a_refused_one_is_halved,
    a_test_is_sent_from_a_draft_and_marked,
    held_records_go_out_in_order_and_a_deletion_counts,
    what_people_know_is_looked_up,
    fifty_repeats_at_once_are_one_delivery,
    a_credential_is_connected_by_consent,
    callbacks_are_reshaped_and_signed_with_two_secrets,
    operators_act_and_each_action_is_on_record,
    the_command_line_does_it_all_again,
    the_api_describes_itself,
)

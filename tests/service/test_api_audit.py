"""The audit over HTTP: what people did is written down, what was refused or only looked at is not."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from structlog.testing import capture_logs

from relay.api.deeds import CHANGE_NOTHING, NAMES, READS, changed_names
from relay.api.destination_documents import DestinationDocument
from relay.config import Settings
from relay.errors import StoreUnavailable
from relay.store import Store, keys
from tests.good_records import GOOD_RECORDS
from tests.over_http import SCHEDULING_RECORD, OverHttp, a_destination, keep_credential
from tests.problems import assert_problem
from tests.rig import INBOUND_KEY, Rig

ID = "booking-links"


@pytest.fixture
def web(settings: Settings, store: Store) -> OverHttp:
    """A relay with one draft, whose making is not in the audit any more."""
    keep_credential(store)
    web = OverHttp(settings, store)
    web.api("POST", "/destinations", a_destination())
    store.redis.delete(keys.AUDIT)
    return web


def entries(web: OverHttp, **query: Any) -> list[dict[str, Any]]:
    """Give the entries of the audit's first page."""
    answer = web.api("GET", f"/audit?{urlencode(query)}")
    assert 200 == answer.status_code, answer.get_data(as_text=True)
    found: list[dict[str, Any]] = answer.get_json()["entries"]
    return found


def newest(web: OverHttp) -> tuple[Any, ...]:
    """Give what was done last: what, on which, and the details."""
    entry = entries(web)[0]
    return entry["what"], entry["on"], entry["details"]


def test_an_entry_says_who_did_what_on_which_and_when(web: OverHttp) -> None:
    """And under which request it stands in the log."""
    answer = web.api("POST", f"/destinations/{ID}/activate")

    (entry,) = entries(web)
    assert ["id", "at", "who", "key", "what", "on", "details", "request_id"] == list(entry)
    assert ("RELAY_ADMIN_KEY", "destination.activated", {"destination": ID}, {}) == (
        entry["who"],
        entry["what"],
        entry["on"],
        entry["details"],
    )
    assert answer.headers["X-Request-Id"] == entry["request_id"]
    assert entry["at"].endswith("Z")


def test_a_change_names_the_settings_that_differ(web: OverHttp) -> None:
    """Not those that were sent and are the same, not those that only answers have, and no value."""
    whole = web.api("GET", f"/destinations/{ID}").get_json()

    web.api("PATCH", f"/destinations/{ID}", {**whole, "name": "Links"})
    assert ("destination.changed", {"destination": ID}, {"changed": ["name"]}) == newest(web)

    web.api(
        "PATCH", f"/destinations/{ID}", {"name": "Links", "delivery": {"concurrency": 2, "max_age": 86400}}
    )
    assert {"changed": ["delivery.concurrency"]} == newest(web)[2]

    web.api("PATCH", f"/destinations/{ID}", {"inbound": {"auth": {"key": None}}})
    assert {"changed": ["inbound.auth.key"]} == newest(web)[2]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ({"name": "a"}, {"name": "a"}, []),
        ({"name": "a"}, {}, ["name"]),
        ({"counts": 1, "created_at": "x"}, {"counts": 2}, []),
        ({"callback": None}, {"callback": {"url": "u"}}, ["callback"]),
        (
            {"callback": {"url": "u", "secret": 1}},
            {"callback": {"url": "v", "secret": 2}},
            ["callback.url", "callback.secret"],
        ),
        (
            {"mapping": {"a": "x", "b": "y"}},
            {"mapping": {"b": "z", "c": "y"}},
            ["mapping.a", "mapping.b", "mapping.c"],
        ),
        ({"inbound": {"url": "x", "when": None}}, {"inbound": {"url": "y", "when": "a"}}, ["inbound.when"]),
    ],
)
def test_names_of_changes(before: Any, after: Any, changed: list[str]) -> None:
    """Inside of a setting as well, but read-only names never."""
    assert sorted(changed) == sorted(changed_names(DestinationDocument(), before, after))


def test_what_was_refused_or_read_is_no_deed(web: OverHttp) -> None:
    """The log has what was refused."""
    web.api("GET", "/destinations")
    web.api("GET", "/audit")
    web.api("PATCH", f"/destinations/{ID}", {"name": 7})
    web.api("DELETE", "/destinations/nothing")
    web.api("POST", f"/destinations/{ID}/pause", key="wrong")
    web.api("POST", f"/destinations/{ID}/replay", {"state": "dead", "dry_run": True})
    web.api("POST", f"/destinations/{ID}/preview", {"records": [SCHEDULING_RECORD]})

    assert [] == entries(web)


def test_every_write_has_a_name(web: OverHttp) -> None:
    """A new route needs one, or a reason why it changes nothing."""
    writes = {
        rule.endpoint.removeprefix("api.")
        for rule in web.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1") and set(rule.methods or ()) - READS - {"OPTIONS"}
    }

    assert writes == set(NAMES) | CHANGE_NOTHING


def test_work_on_deliveries_is_found_by_the_delivery_and_by_its_destination(web: OverHttp) -> None:
    """Both are named."""
    web.api("POST", f"/destinations/{ID}/activate")
    (accepted,) = web.post(ID, SCHEDULING_RECORD).get_json()["accepted"]
    delivery = accepted["delivery"]

    web.api("POST", f"/deliveries/{delivery}/cancel")
    web.api("POST", f"/deliveries/{delivery}/retry")

    on = {"delivery": delivery, "destination": ID}
    assert [("delivery.retried", on), ("delivery.canceled", on)] == [
        (each["what"], each["on"]) for each in entries(web, about=delivery)
    ]
    assert 3 == len(entries(web, about=ID))
    assert [] == entries(web, about="somebody-else")


def test_a_deletion_says_how_much_went_with_it(web: OverHttp) -> None:
    """A number, and no record."""
    web.post(ID, [SCHEDULING_RECORD] * 2)

    web.api("DELETE", f"/destinations/{ID}", {"discard": 2})

    assert ("destination.deleted", {"destination": ID}, {"discarded": 2, "discarded_callbacks": 0}) == newest(
        web
    )


def test_pages_lead_on(web: OverHttp) -> None:
    """Newest first, until there is no cursor."""
    for what in ("activate", "pause", "activate"):
        web.api("POST", f"/destinations/{ID}/{what}")

    first = web.api("GET", "/audit?limit=2").get_json()
    second = web.api("GET", f"/audit?limit=2&cursor={first['next_cursor']}").get_json()

    assert ["destination.activated", "destination.paused"] == [each["what"] for each in first["entries"]]
    assert (["destination.activated"], None) == (
        [each["what"] for each in second["entries"]],
        second["next_cursor"],
    )


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "#/limit"),
        ("since=now", "#/since"),
        ("until=2026-01-01", "#/until"),
        ("who=admin", "#/who"),
    ],
)
def test_a_wrong_filter_is_refused(web: OverHttp, query: str, pointer: str) -> None:
    """As for deliveries."""
    assert_problem(web.api("GET", f"/audit?{query}"), 422, "invalid", pointer)


@pytest.mark.parametrize("cursor", ["x", "0-0", "1-", "%00", "ü", "9" * 40])
def test_a_cursor_comes_from_a_page(web: OverHttp, cursor: str) -> None:
    """Anything else is refused."""
    assert web.api("GET", f"/audit?cursor={cursor}").status_code in {400, 422}


def test_an_audit_that_cannot_be_written_undoes_nothing(
    web: OverHttp, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The action stands and is answered, and the log says that its entry was lost."""

    def away(*_: Any, **__: Any) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(store.redis, "xadd", away)

    with capture_logs() as lines:
        answer = web.api("POST", f"/destinations/{ID}/activate")

    assert (200, "active") == (answer.status_code, store.destinations.get(ID).state)
    assert ["audit.lost"] == [each["event"] for each in lines if each["log_level"] == "error"]
    assert [] == entries(web)


def test_a_note_is_read_as_it_was_written(web: OverHttp, store: Store) -> None:
    """Whatever a person writes into a note."""
    delivery = web.post(ID, SCHEDULING_RECORD).get_json()["accepted"][0]["delivery"]
    store.redis.hset(keys.delivery(delivery), "state", "uncertain")
    note = "Ana said: “done” 😀 {}[]\\"

    web.api("POST", f"/deliveries/{delivery}/resolve", {"as": "delivered", "note": note})

    assert ("delivery.resolved", {"as": "delivered", "note": note}) == (newest(web)[0], newest(web)[2])


def test_no_secret_and_no_record_is_in_the_audit(rig: Rig) -> None:
    """Names of settings, ids, counts and notes; whatever is changed to what."""
    secrets = ["a-new-inbound-key-1234", "whsec_" + "QUJD" * 10, "sandbox-token-of-somebody"]
    rig.destination("create_scheduling_link")
    rig.manage(
        "PATCH",
        "/destinations/here",
        {
            "inbound": {"auth": {"key": secrets[0]}},
            "callback": {"secret": secrets[1]},
            "headers": {"X-T": "value-of-header"},
        },
    )
    rig.client.patch("/api/v1/credentials/acme", json={"token": secrets[2]}, headers=rig.admin)
    rig.manage("POST", "/destinations/here/pause")
    inbound = {"Authorization": f"Bearer {secrets[0]}"}
    answer = rig.client.post("/in/here", json=GOOD_RECORDS["create_scheduling_link"], headers=inbound)
    identifier = answer.get_json()["accepted"][0]["delivery"]
    rig.manage("POST", f"/deliveries/{identifier}/cancel")

    written = str(rig.store.redis.xrange(keys.AUDIT))
    assert "delivery.canceled" in written
    for secret in (*secrets, INBOUND_KEY, rig.settings.admin_key, "EVENTTYPE", "value-of-header"):
        assert secret not in written


def test_what_the_relay_does_by_itself_is_its_own_deed(rig: Rig) -> None:
    """A refused credential pauses its destinations, and the audit says who did that and why."""
    rig.destination("create_scheduling_link")
    rig.sandbox.faults.add("401", times=5)
    rig.accept(GOOD_RECORDS["create_scheduling_link"])
    rig.turn_until(lambda: rig.store.destinations.get("here").state == "paused")

    (entry,) = [each for each in rig.manage("GET", "/audit")["entries"] if each["who"] == "relay"]
    assert ("destination.paused", {"destination": "here"}, None) == (
        entry["what"],
        entry["on"],
        entry["request_id"],
    )
    assert entry["details"]["because"].startswith("Calendly refuses the credential 'acme'")


def test_a_change_of_a_credential_names_what_differs(rig: Rig) -> None:
    """The token is named, and not shown."""
    rig.manage("PATCH", "/credentials/acme", {"rate": {"limit": 50}})
    rig.manage("PATCH", "/credentials/acme", {"token": rig.sandbox.add_token("another-sandbox-token").value})

    told = rig.manage("GET", "/audit?about=acme&limit=2")["entries"]
    assert [{"changed": ["token"]}, {"changed": ["rate"]}] == [each["details"] for each in told]


def test_pausing_a_credential_is_found_by_each_destination(rig: Rig) -> None:
    """It is one deed, of a person."""
    rig.destination("create_scheduling_link")

    rig.manage("POST", "/credentials/acme/pause")
    rig.manage("POST", "/credentials/acme/resume")

    found = rig.manage("GET", "/audit?about=here&limit=2")["entries"]
    assert [("credential.resumed", "RELAY_ADMIN_KEY"), ("credential.paused", "RELAY_ADMIN_KEY")] == [
        (each["what"], each["who"]) for each in found
    ]
    assert [{"destinations": ["here"]}] * 2 == [each["details"] for each in found]

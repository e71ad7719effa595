"""Previews show the calls that are made later, byte for byte; and what a request is answered about each of its records."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as runs
from hypothesis import strategies as st

from relay.catalogue import TEMPLATES
from relay.model.delivery import NewRecord
from relay.store import Wanted
from tests.good_records import GOOD_RECORDS
from tests.problems import assert_problem
from tests.recorder import Recorded, Recorder
from tests.rig import INBOUND_KEY, Rig, everything_in

HTTPS_OWN = {"Host", "Content-Length", "Connection"}
EVENT, OTHER = "EVENT00000000001", "EVENT00000000002"
PEOPLE = [f"person{number}@example.com" for number in range(6)]
FIELDS = ("method", "url", "headers", "content")

MANUALS: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    ({"method": "POST", "url": "/shares"}, [{"a": 1.0, "ü": "ß\u2028", "n": None, "big": 2**70}]),
    ({"method": "POST", "url": "/shares"}, [{}]),
    ({"method": "PUT", "url": "/shares/{id}"}, [{"id": "a/b ?#ü"}, {"id": 7}]),
    ({"method": "PATCH", "url": "/shares/{a.b}?x={y}&z=1"}, [{"a": {"b": True}, "y": "1&2"}]),
    ({"method": "GET", "url": "/shares?user={user}"}, [{"user": "https://api.calendly.com/users/A"}]),
    ({"method": "DELETE", "url": "https://api.calendly.com/shares/{id}"}, [{"id": "x"}]),
]


def arrived(recorder: Recorder, each: Recorded) -> dict[str, Any]:
    """Give a call that arrived in the form of a preview."""
    headers = {name: value for name, value in each.headers.items() if name not in HTTPS_OWN}
    headers["Authorization"] = "Bearer ••••" if headers["Authorization"].startswith("Bearer ") else "none"
    return {
        "method": each.method,
        "url": recorder.url + each.target,
        "headers": headers,
        "content": each.body.decode() or None,
    }


def preview(rig: Rig, **body: Any) -> Any:
    """Give a preview."""
    return rig.manage("POST", "/destinations/here/preview", body)


def compare(rig: Rig, recorder: Recorder, body: Any) -> list[dict[str, Any]]:
    """Preview a body, send it, and compare; gives the calls."""
    calls: list[dict[str, Any]] = preview(rig, body=body)["calls"]
    assert [] == recorder.requests
    answer = rig.post(body)
    rig.drain()

    assert 202 == answer.status_code
    assert [{name: call[name] for name in FIELDS} for call in calls] == [
        arrived(recorder, each) for each in recorder.requests
    ]
    assert [call["body"] for call in calls] == [
        json.loads(each.body or b"null") for each in recorder.requests
    ]
    return calls


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_a_preview_is_the_call_of_each_template(
    rig_and_recorder: tuple[Rig, Recorder], template: str
) -> None:
    """Method, address, headers but for the token, and body."""
    rig, recorder = rig_and_recorder
    rig.destination(template, headers={"X-Team": "rev-ops", "accept": "application/vnd.x"}, callback=None)

    calls = compare(rig, recorder, GOOD_RECORDS[template])

    assert ["rev-ops"] == [call["headers"]["X-Team"] for call in calls]


@pytest.mark.parametrize(("manual", "records"), MANUALS)
def test_a_preview_is_the_call_of_each_manual_destination(
    rig_and_recorder: tuple[Rig, Recorder], manual: dict[str, Any], records: list[dict[str, Any]]
) -> None:
    """With its placeholders filled."""
    rig, recorder = rig_and_recorder
    rig.destination(
        "manual", manual=manual, headers="X-A:1,X-B:2", callback=None, delivery={"concurrency": 1}
    )

    calls = compare(rig, recorder, records)

    assert {manual["method"]} == {call["method"] for call in calls}


@pytest.mark.parametrize(
    "settings",
    [
        {"template": "delete_invitee_data", "batch": {"size": 2}},
        {"batch": {"size": 2}},
        {"batch": {"size": 3, "wrap": "records"}},
        {"batch": {"size": 3, "grouping": "attribute", "attribute": "team"}},
        {"batch": {"size": 2}, "manual": {"method": "PUT", "url": "/teams/{team}"}},
    ],
)
def test_a_preview_is_the_calls_of_batches(
    rig_and_recorder: tuple[Rig, Recorder], settings: dict[str, Any]
) -> None:
    """Which records share a call, and how the body holds them."""
    rig, recorder = rig_and_recorder
    manual = settings.get("manual", {"method": "POST", "url": "/shares"})
    usual = {"template": "manual", "manual": manual} if "template" not in settings else {}
    rig.destination(**{**usual, **settings}, callback=None, delivery={"concurrency": 1})
    teams = "aaabbb" if "grouping" in settings["batch"] else "aabbaa"
    records = [{"emails": [who], "team": team} for who, team in zip(PEOPLE, teams, strict=True)]

    calls = compare(rig, recorder, records)

    assert list(range(6)) == sorted(index for call in calls for index in call["records"])


def test_a_preview_knows_mappings_constants_and_what_does_not_count(
    rig_and_recorder: tuple[Rig, Recorder],
) -> None:
    """The whole body as upstream sends it; indexes are those of the records in it."""
    rig, recorder = rig_and_recorder
    rig.destination(
        "cancel_scheduled_event",
        inbound={
            "auth": {"kind": "bearer", "key": INBOUND_KEY},
            "records": "deals",
            "when": "stage == 'lost'",
        },
        mapping={"event_uuid": "calendly.event"},
        constants={"reason": "Closed lost"},
        partial=True,
        callback=None,
    )
    deals = [
        *({"stage": "won"}, {"stage": "lost", "calendly": {"event": EVENT}}, {"stage": "lost"}, 7),
        {"stage": "lost", "calendly": {"event": OTHER}, "reason": "ignored"},
    ]

    shown = preview(rig, body={"deals": deals})
    answer = rig.post({"deals": deals}).get_json()
    rig.drain()

    assert [[1], [4]] == [call["records"] for call in shown["calls"]]
    assert [1, 4] == [each["index"] for each in answer["accepted"]]
    assert [2, 3] == [each["index"] for each in answer["rejected"]]
    assert (shown["rejected"], shown["skipped"]) == (answer["rejected"], answer["skipped"])
    assert "#/event_uuid" == answer["rejected"][0]["errors"][0]["pointer"]
    assert "(mapped from: calendly.event)" in answer["rejected"][0]["errors"][0]["detail"]
    assert [{"index": 0}] == answer["skipped"]
    assert [call["content"] for call in shown["calls"]] == [each.body.decode() for each in recorder.requests]


def test_a_preview_stores_and_sends_nothing(rig_and_recorder: tuple[Rig, Recorder]) -> None:
    """Not a key of Redis changes."""
    rig, recorder = rig_and_recorder
    rig.destination("delete_invitee_data", dedupe="emails", batch={"size": 2})
    before = everything_in(rig.store.redis)

    preview(rig, records=[{"emails": PEOPLE}] * 3)
    preview(rig)

    assert before == everything_in(rig.store.redis)
    assert [] == recorder.requests


def test_settings_can_be_previewed_before_they_are_saved(rig: Rig) -> None:
    """The whole destination, or what should change of one that stands; nothing of it is kept."""
    unsaved = {
        "template": "manual",
        "credential": "acme",
        "inbound": {"auth": {"kind": "bearer"}},
        "manual": {"method": "POST", "url": "/shares"},
    }
    new = preview(rig, destination=unsaved, records=[{"a": 1}])
    rig.destination("cancel_scheduled_event", mapping={"event_uuid": "old"})
    changed = preview(
        rig, destination={"mapping": {"event_uuid": "new"}}, records=[{"new": EVENT, "old": OTHER}]
    )
    stands = preview(rig, records=[{"new": EVENT, "old": OTHER}])

    assert ('{"a":1}', "POST") == (new["calls"][0]["content"], new["calls"][0]["method"])
    assert EVENT in changed["calls"][0]["url"]
    assert OTHER in stands["calls"][0]["url"]


def test_another_rule_for_upstream_can_be_previewed(rig: Rig) -> None:
    """Nothing of the old rule is left to quarrel with."""
    rig.destination("cancel_scheduled_event")
    auth = {"kind": "basic", "username": "crm", "password": "a-password-of-upstream"}

    shown = preview(rig, destination={"inbound": {"auth": auth}}, records=[{"event_uuid": EVENT}])

    assert 1 == len(shown["calls"])


@pytest.mark.parametrize(
    ("destination", "pointer"),
    [
        ({"mapping": {"event_uuid": "a["}}, "#/destination/mapping/event_uuid"),
        ({"mapping": {"nothing": "a"}}, "#/destination/mapping/nothing"),
        ({"delivery": {"concurrency": 0}}, "#/destination/delivery/concurrency"),
        ({"credential": "nobody"}, "#/destination/credential"),
        ({"id": "there"}, "#/destination/id"),
        ({"tmplate": 1}, "#/destination/tmplate"),
    ],
)
def test_wrong_unsaved_settings_are_refused_where_they_stand(
    rig: Rig, destination: dict[str, Any], pointer: str
) -> None:
    """The pointer leads into the body that was sent."""
    rig.destination("cancel_scheduled_event")

    answer = rig.client.post(
        "/api/v1/destinations/here/preview", json={"destination": destination}, headers=rig.admin
    )

    assert_problem(answer, 422, "invalid", pointer)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"records": []}, "#/records"),
        ({"records": {}}, "#/records"),
        ({"records": [3]}, "#/records/0"),
        ({"records": [{}] * 1001}, "#/records"),
        ({"source": "first"}, "#/source"),
        ({"destination": 3}, "#/destination"),
        ({"record": {}}, "#/record"),
    ],
)
def test_a_wrong_question_is_refused(rig: Rig, body: dict[str, Any], pointer: str) -> None:
    """With a pointer, as everywhere."""
    rig.destination("cancel_scheduled_event")

    assert_problem(
        rig.client.post("/api/v1/destinations/here/preview", json=body, headers=rig.admin),
        422,
        "invalid",
        pointer,
    )


def test_without_records_the_last_ones_are_previewed_or_the_example(rig: Rig) -> None:
    """Tests are no records that came, and the halves of a batch are not its records once more."""
    rig.destination("cancel_scheduled_event", activate=False)
    example = preview(rig)
    for number in range(7):
        rig.accept({"event_uuid": EVENT, "n": number})
    settings = rig.store.destinations.get("here").settings
    for _ in range(8):
        identifier = rig.store.new_delivery_id("here")
        rig.store.acceptance.begin_test(settings, identifier, [{"n": "test"}], {"event_uuid": EVENT})
    last, chosen = preview(rig), preview(rig, source="example")

    assert ("example", [dict(TEMPLATES["cancel_scheduled_event"].example)]) == (
        example["source"],
        example["records"],
    )
    assert ("last", [6, 5, 4, 3, 2]) == (last["source"], [each["n"] for each in last["records"]])
    assert "example" == chosen["source"]
    assert ([], "last") == (preview(rig, destination={}, records=None, source="last")["rejected"], "last")


@pytest.mark.parametrize("mapping", [{}, {"signing_key": "hook.key"}])
def test_secrets_are_masked_in_a_preview(rig: Rig, mapping: dict[str, str]) -> None:
    """In the call; and what the log has is masked already."""
    rig.destination("create_webhook_subscription", mapping=mapping)
    secret = "a-signing-key-that-nobody-should-see"
    record = {**GOOD_RECORDS["create_webhook_subscription"], "signing_key": secret, "hook": {"key": secret}}
    rig.accept(record)

    given, last = preview(rig, records=[record]), preview(rig)

    assert secret not in json.dumps(given["calls"])
    assert "••••" == given["calls"][0]["body"]["signing_key"]
    assert secret not in json.dumps(last)
    assert ("last", []) == (last["source"], last["rejected"])


def test_what_is_found_first_is_a_placeholder_in_a_preview(rig: Rig) -> None:
    """Nothing is looked up: nothing may leave."""
    rig.destination("remove_user_from_organization")
    before = len(rig.sandbox.calls())

    (call,) = preview(rig, records=[{"email": "ada@example.com"}])["calls"]

    assert call["url"].endswith("/organization_memberships/{membership_uuid}")
    assert call["look_up"].startswith("membership_uuid is found by")
    assert before == len(rig.sandbox.calls())


def test_an_organization_that_nobody_knows_yet_is_a_placeholder(rig: Rig) -> None:
    """Not an address with a hole in it."""
    rig.store.credentials.change(
        "acme", lambda one: type(one).from_dict({**one.to_dict(), "organization": ""})
    )
    rig.destination("invite_user_to_organization")

    (call,) = preview(rig, records=[{"email": "ada@example.com"}])["calls"]

    assert call["url"].endswith("/organizations/{organization_uuid}/invitations")
    assert "asked for the organization" in call["look_up"]


# What a request is answered.

EXPRESSIONS = [
    "a",
    "b.c",
    "a || b",
    "length(a)",
    "join('-', [a])",
    "a == b",
    "@",
    "keys(@)",
    "[a, b]",
    "to_number(a)",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", EVENT]),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.sampled_from("abc"), below, max_size=2),
    max_leaves=4,
)
RECORDS = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "event_uuid", "reason"]), VALUES) | VALUES,
    min_size=1,
    max_size=4,
)
EXPRESSION = st.none() | st.sampled_from(EXPRESSIONS)
SETTINGS = st.fixed_dictionaries(
    {
        "inbound": st.fixed_dictionaries(
            {"when": EXPRESSION, "records": st.sampled_from([None, None, "@", "[]", "[0]"])}
        ),
        "dedupe": EXPRESSION,
        "partial": st.booleans(),
        "mapping": st.dictionaries(
            st.sampled_from(["event_uuid", "reason"]), st.sampled_from(EXPRESSIONS), max_size=2
        ),
        "exclude": st.lists(st.sampled_from(["a", "b.c", "reason"]), max_size=2),
    }
)


@runs(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(settings=SETTINGS, records=RECORDS, manual=st.booleans(), batch=st.booleans())
def test_whatever_is_said_each_record_has_one_fate(
    rig: Rig, settings: dict[str, Any], records: list[Any], manual: bool, batch: bool
) -> None:
    """Nothing is answered with a fault of ours; a preview and the inbound route agree about every record."""
    identifier = f"d{next(NUMBERS)}"
    changes = {**settings, "inbound": {**settings["inbound"], "auth": {"kind": "bearer", "key": INBOUND_KEY}}}
    if manual:
        changes |= {
            "manual": {"method": "PUT", "url": "/x/{event_uuid}"},
            "batch": {"size": 2} if batch else None,
        }
    rig.destination("manual" if manual else "cancel_scheduled_event", identifier, activate=False, **changes)

    shown = rig.client.post(
        f"/api/v1/destinations/{identifier}/preview", json={"body": records}, headers=rig.admin
    )
    answer = rig.post(records, identifier)

    assert shown.status_code in {200, 422}, shown.get_data(as_text=True)
    assert answer.status_code in {200, 202, 422}, answer.get_data(as_text=True)
    if answer.status_code < 300:
        told, seen = answer.get_json(), shown.get_json()
        fates = [each["index"] for name in ("accepted", "rejected", "skipped") for each in told[name]]
        assert list(range(len(fates))) == sorted(fates)
        assert told["skipped"] == seen["skipped"]
        called = sorted(index for call in seen["calls"] for index in call["records"])
        accepted, rejected = ([each["index"] for each in told[name]] for name in ("accepted", "rejected"))
        # A preview knows nothing of repeats: those that contradict each other are calls there, and rejected here.
        assert set(accepted) <= set(called)
        assert set(called) <= {*accepted, *rejected}


NUMBERS = count()


def shaped(rig: Rig, **changes: Any) -> None:
    """Make a destination that cancels events."""
    inbound = {"auth": {"kind": "bearer", "key": INBOUND_KEY}, **changes.pop("inbound", {})}
    rig.destination("cancel_scheduled_event", inbound=inbound, activate=False, **changes)


@pytest.mark.parametrize(
    ("records", "body", "status", "accepted"),
    [
        (None, {"event_uuid": EVENT}, 202, 1),
        ("a", {"a": {"event_uuid": EVENT}}, 202, 1),
        ("a", {"a": [{"event_uuid": EVENT}] * 3}, 202, 3),
        ("a", {"a": None}, 200, 0),
        ("a", {}, 200, 0),
        ("a", {"a": []}, 200, 0),
        ("a", {"a": 3}, 422, 0),
        ("a", {"a": ["x", {"event_uuid": EVENT}]}, 422, 0),
        ("a", {"a": [{"event_uuid": EVENT}] * 1001}, 413, 0),
    ],
)
def test_records_are_found_in_a_body(
    rig: Rig, records: str | None, body: Any, status: int, accepted: int
) -> None:
    """Nothing found is nothing to do."""
    shaped(rig, inbound={"records": records})

    answer = rig.post(body)

    assert status == answer.status_code
    if status < 300:
        assert accepted == len(answer.get_json()["accepted"])
        assert {"accepted", "rejected", "skipped"} == set(answer.get_json())
    assert accepted == len(rig.store.deliveries.page(Wanted(), limit=10).items)


@pytest.mark.parametrize(
    ("partial", "body", "status", "answer"),
    [
        (False, [{"go": False}, {"go": None}], 200, ([], [], [0, 1])),
        (True, [{"go": False}], 200, ([], [], [0])),
        (False, [{"go": False}, {"go": 1, "event_uuid": EVENT}], 202, ([1], [], [0])),
        (True, [{"go": 1}, {"go": 1, "event_uuid": EVENT}, {"go": False}], 202, ([1], [0], [2])),
        (True, [3, {"go": 1, "event_uuid": EVENT}], 202, ([1], [0], [])),
        (False, [{"go": 1}, {"go": 1, "event_uuid": EVENT}], 422, None),
        (False, [3, {"go": 1, "event_uuid": EVENT}], 422, None),
        (True, [{"go": 1}, 3], 422, None),
    ],
)
def test_each_record_is_accepted_rejected_or_skipped_by_its_index(
    rig: Rig, partial: bool, body: Any, status: int, answer: tuple[list[int], list[int], list[int]] | None
) -> None:
    """All or nothing, or with `partial` what is good."""
    shaped(rig, inbound={"when": "go"}, partial=partial)

    told = rig.post(body)

    assert status == told.status_code, told.get_data(as_text=True)
    if answer is None:
        assert_problem(told, 422, "invalid")
        assert [] == rig.store.deliveries.page(Wanted()).items
    else:
        lists = (told.get_json()[name] for name in ("accepted", "rejected", "skipped"))
        assert answer == tuple([each["index"] for each in one] for one in lists)


def test_what_is_held_goes_out_in_order_on_activation(rig_and_recorder: tuple[Rig, Recorder]) -> None:
    """Whatever came while the destination was a draft, or paused."""
    rig, recorder = rig_and_recorder
    rig.destination(
        "manual",
        manual={"method": "POST", "url": "/x"},
        callback=None,
        activate=False,
        delivery={"concurrency": 1},
    )
    rig.post([{"n": 0}, {"n": 1}])
    rig.activate("here")
    rig.drain()
    rig.manage("POST", "/destinations/here/pause")
    for number in range(2, 6):
        rig.post({"n": number})
    before = len(recorder.requests)
    rig.activate("here")
    rig.drain()

    assert 2 == before
    assert list(range(6)) == [json.loads(each.body)["n"] for each in recorder.requests]


def test_a_token_goes_nowhere_else(rig_and_recorder: tuple[Rig, Recorder]) -> None:
    """Whatever stands in a record: it stays inside its segment of the path on Calendly's host."""
    rig, recorder = rig_and_recorder
    rig.destination("manual", manual={"method": "GET", "url": "/shares/{id}"}, callback=None, partial=True)
    hostile = [
        "//evil.example/",
        "\\\\evil",
        "@evil.example",
        "?x#y",
        "%2e%2e",
        "a\r\nHost: evil",
        "http://evil/",
    ]

    rig.post([{"id": each} for each in [*hostile, "..", "../x"]])
    rig.drain()

    assert all(
        each.target.startswith("/shares/") and each.target.count("/") == 2 for each in recorder.requests
    )
    assert {recorder.url.removeprefix("http://")} == {each.headers["Host"] for each in recorder.requests}
    assert len(recorder.requests) >= 5


@pytest.mark.parametrize("by_hand", [True, False])
def test_what_was_read_for_another_method_is_never_sent(
    rig_and_recorder: tuple[Rig, Recorder], by_hand: bool
) -> None:
    """A destination is made anew under its old id: neither a retry by hand nor what was stored at the last moment goes out."""
    rig, recorder = rig_and_recorder
    rig.destination("manual", manual={"method": "POST", "url": "/x"}, callback=None)
    former = rig.store.destinations.get("here").settings
    recorder.statuses += [422]
    (identifier,) = rig.accept({"n": 0})
    rig.drain()
    rig.store.destinations.delete("here")
    rig.destination("manual", manual={"method": "DELETE", "url": "/x"}, callback=None)

    if by_hand:
        rig.client.post(f"/api/v1/deliveries/{identifier}/retry", headers=rig.admin)
    else:
        fields = {"method": "POST", "path": "/x", "body": {"n": 1}}
        new = NewRecord(id=rig.store.new_delivery_id("here"), record={"n": 1}, fields=fields)
        (identifier,) = rig.store.acceptance.accept(former, [new]).deliveries
    rig.drain()

    assert "dead" == rig.delivery(identifier).state
    assert ["POST"] == [each.method for each in recorder.requests]

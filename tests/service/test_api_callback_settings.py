"""The settings of a callback over HTTP: its headers, its shape, and what it tells of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.good_records import GOOD_RECORDS
from tests.problems import assert_problem
from tests.rig import Rig

TOKEN = "Bearer planted-crm-token-71ac"
LINK = GOOD_RECORDS["create_scheduling_link"]


def make(rig: Rig, **callback: Any) -> Any:
    """Make a destination and give its callback as it is shown."""
    settings = {"url": rig.sandbox.callback_url("here"), **callback}
    return rig.destination("create_scheduling_link", callback=settings)["callback"]


def arrived(rig: Rig) -> dict[str, str]:
    """Have a callback sent, and give the headers that it came with."""
    rig.accept(LINK)
    rig.drain()
    headers: dict[str, str] = rig.sandbox.callbacks("here")[0].headers
    return headers


def test_a_callback_says_what_it_has_besides_its_url(rig: Rig) -> None:
    """Nothing, as long as nobody asks for more."""
    shown = make(rig)

    assert ([], None, "settled", None, None) == (
        list(shown["headers"]),
        shown["body"],
        shown["on"],
        shown["previous_secret"],
        shown["previous_until"],
    )


def test_headers_go_with_every_callback_and_are_never_shown(rig: Rig) -> None:
    """Not when they are made, nor later."""
    shown = make(rig, headers={"Authorization": TOKEN, "X-Team": "rev-ops"})
    headers = arrived(rig)

    assert {"Authorization": "••••71ac", "X-Team": "••••"} == shown["headers"]
    assert (TOKEN, "rev-ops") == (headers["authorization"], headers["x-team"])
    assert "planted" not in str(rig.manage("GET", "/destinations/here"))


def test_letters_of_latin_1_go_as_they_are(rig: Rig) -> None:
    """As far as a header carries them."""
    make(rig, headers={"X-Team": "Zoë"})

    assert "Zoë" == arrived(rig)["x-team"]


def test_one_header_is_changed_without_saying_the_others(rig: Rig) -> None:
    """The mask of one that stays may come back; null takes one away."""
    make(rig, headers={"Authorization": TOKEN, "X-Team": "rev-ops", "X-Old": "old"})

    change = {"headers": {"Authorization": "••••71ac", "X-Team": "people-ops", "X-Old": None}}
    rig.manage("PATCH", "/destinations/here", {"callback": change})
    headers = arrived(rig)

    assert (TOKEN, "people-ops") == (headers["authorization"], headers["x-team"])
    assert "x-old" not in headers


@pytest.mark.parametrize(
    ("callback", "pointer"),
    [
        ({"headers": {"webhook-signature": "v1,forged"}}, "#/callback/headers/webhook-signature"),
        ({"headers": {"Content-Type": "text/xml"}}, "#/callback/headers/Content-Type"),
        ({"headers": {"Host": "elsewhere.example"}}, "#/callback/headers/Host"),
        ({"headers": {"X-A": "••••abcd"}}, "#/callback/headers/X-A"),
        ({"headers": {"X-A": "two\nlines"}}, "#/callback/headers/X-A"),
        ({"headers": ["X-A"]}, "#/callback/headers"),
        ({"body": "data.records[", "on": "attempt"}, "#/callback/body"),
        ({"body": "no_such_function(@)"}, "#/callback/body"),
        ({"on": "sometimes"}, "#/callback/on"),
        ({"previous_secret": "whsec_short"}, "#/callback/previous_secret"),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(rig: Rig, callback: dict[str, Any], pointer: str) -> None:
    """When the destination is saved, not when the callback is due."""
    body = {
        "id": "here",
        "template": "create_scheduling_link",
        "credential": "acme",
        "inbound": {"auth": {"kind": "bearer"}},
        "callback": {"url": rig.sandbox.callback_url("here"), **callback},
    }

    answer = rig.client.post("/api/v1/destinations", json=body, headers=rig.admin)

    problem = assert_problem(answer, 422, "invalid")
    assert [pointer] == [each["pointer"] for each in problem["errors"]]


def test_people_see_what_a_callback_says(rig: Rig) -> None:
    """As it is sent: shaped, and without the secrets that go with it."""
    make(rig, body="{id: data.records[0].crm_id, how: type}", headers={"Authorization": TOKEN})
    (identifier,) = rig.accept({**LINK, "crm_id": 7})
    rig.drain()

    (callback,) = rig.manage("GET", f"/deliveries/{identifier}")["callbacks"]

    assert {"id": 7, "how": "delivery.delivered"} == callback["body"]
    assert (None, "delivered") == (callback["unshaped"], callback["state"])
    assert "planted" not in str(callback)


def test_people_see_why_a_callback_could_not_be_shaped(rig: Rig) -> None:
    """And the payload that waits for a better expression."""
    make(rig, body="sum(data.records)")
    (identifier,) = rig.accept({**LINK, "crm_id": 7})
    rig.drain()

    (callback,) = rig.manage("GET", f"/deliveries/{identifier}")["callbacks"]

    assert "callback.body" in callback["unshaped"]
    assert callback["unshaped"] == callback["reason"]
    assert 7 == callback["body"]["data"]["records"][0]["crm_id"]
    assert callback["attempts"][0]["decision"].startswith("settled as dead until callback.body is mended")


def test_lists_of_deliveries_stay_short(rig: Rig) -> None:
    """What callbacks say is for one delivery at a time."""
    make(rig)
    rig.accept(LINK)
    rig.drain()

    (delivery,) = rig.manage("GET", "/deliveries")["deliveries"]

    assert {"id", "state"} == set(delivery["callback"])

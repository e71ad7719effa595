"""The settings of a destination over HTTP: kept as they were said, and refused where they are wrong."""

from __future__ import annotations

from typing import Any

import pytest

from relay.catalogue import TEMPLATES
from relay.config import Settings
from relay.store import Lane, Store, keys
from tests.over_http import KEY, OverHttp, keep_credential
from tests.problems import assert_problem

ID = "here"
MANUAL = {"method": "POST", "url": "/shares/{id}"}
BATCHING = sorted(name for name, template in TEMPLATES.items() if template.takes_batches)


@pytest.fixture
def web(settings: Settings, store: Store) -> OverHttp:
    """A relay with one credential."""
    keep_credential(store)
    return OverHttp(settings, store)


def document(**changes: Any) -> dict[str, Any]:
    """Give the document of a destination that cancels events, or of a manual one if a call is given."""
    usual: dict[str, Any] = {
        "id": ID,
        "template": "manual" if changes.get("manual") else "cancel_scheduled_event",
        "credential": "acme",
        "inbound": {"auth": {"kind": "bearer", "key": KEY}},
    }
    inbound = {**usual["inbound"], **changes.pop("inbound", {})}
    return {**usual, **changes, "inbound": inbound}


def make(web: OverHttp, **changes: Any) -> dict[str, Any]:
    """Make a destination and give its document."""
    answer = web.api("POST", "/destinations", document(**changes))
    assert 201 == answer.status_code, answer.get_data(as_text=True)
    made: dict[str, Any] = answer.get_json()
    return made


KEPT: list[dict[str, Any]] = [
    {"mapping": {"event_uuid": "deal.event", "reason": "join(' ', ['a', b])"}},
    {"constants": {"reason": "Closed lost"}},
    {"exclude": ["crm_id", "contact.phone", '"a.b".c']},
    {"headers": {"X-Team": "rev-ops"}},
    {"dedupe": "[deal, `1`]"},
    {"partial": True},
    {"manual": {**MANUAL, "format": "json"}},
    {"manual": {"method": "GET", "url": "https://api.calendly.com/users/{id}?a=b", "format": "json"}},
    {"manual": {**MANUAL, "format": "json"}, "constants": {"n": {"deep": [1.5, None, "x"]}, "a/b": False}},
    {
        "manual": {**MANUAL, "format": "json"},
        "batch": {"size": 1000, "window": 3600, "grouping": "attribute", "attribute": "a.b", "wrap": "all"},
    },
    {
        "template": "delete_invitee_data",
        "batch": {"size": 1, "window": 1, "grouping": "arrival", "attribute": None, "wrap": None},
    },
]


@pytest.mark.parametrize("said", KEPT, ids=", ".join)
def test_what_was_said_is_what_is_read(web: OverHttp, said: dict[str, Any]) -> None:
    """Also after it was sent back whole."""
    make(web, **said)
    read = web.api("GET", f"/destinations/{ID}").get_json()
    again = web.api("PATCH", f"/destinations/{ID}", read)

    assert 200 == again.status_code, again.get_data(as_text=True)
    assert said == {name: read[name] for name in said}
    assert said == {name: again.get_json()[name] for name in said}


def test_headers_may_be_one_text(web: OverHttp) -> None:
    """It is read as an object ever after."""
    made = make(web, headers="X-Team:rev-ops, X-Run : nightly")

    assert {"X-Team": "rev-ops", "X-Run": "nightly"} == made["headers"]


def test_expressions_of_the_inbound_route_are_kept(web: OverHttp) -> None:
    """Beside its authentication."""
    made = make(web, inbound={"records": "events[*]", "when": "stage == 'lost'"})

    assert ("events[*]", "stage == 'lost'") == (made["inbound"]["records"], made["inbound"]["when"])


WRONG: list[tuple[dict[str, Any], str]] = [
    # Expressions.
    ({"inbound": {"records": "events["}}, "#/inbound/records"),
    ({"inbound": {"when": "a ="}}, "#/inbound/when"),
    ({"inbound": {"when": "x" * 1001}}, "#/inbound/when"),
    ({"inbound": {"when": 3}}, "#/inbound/when"),
    ({"dedupe": "nothing(a)"}, "#/dedupe"),
    ({"mapping": {"event_uuid": "a["}}, "#/mapping/event_uuid"),
    ({"mapping": {"event_uuid": "length(a, b)"}}, "#/mapping/event_uuid"),
    ({"mapping": {"event_uuid": 3}}, "#/mapping/event_uuid"),
    ({"mapping": {"event_uuid": ""}}, "#/mapping/event_uuid"),
    ({"mapping": {"event": "a"}}, "#/mapping/event"),
    ({"mapping": {"a/b": "a"}}, "#/mapping/a~1b"),
    ({"mapping": ["a"]}, "#/mapping"),
    ({"manual": MANUAL, "mapping": {str(n): "a" for n in range(101)}}, "#/mapping"),
    # Constants.
    ({"constants": {"reason": 3}}, "#/constants/reason"),
    ({"constants": {"event": "a"}}, "#/constants/event"),
    ({"constants": {"event_uuid": "not a uuid"}}, "#/constants/event_uuid"),
    ({"constants": {"reason": "a"}, "mapping": {"reason": "a"}}, "#/constants/reason"),
    (
        {"template": "create_webhook_subscription", "constants": {"signing_key": "x" * 30}},
        "#/constants/signing_key",
    ),
    (
        {"template": "create_webhook_subscription", "constants": {"events": ["no.such"]}},
        "#/constants/events/0",
    ),
    # Exclusion and headers.
    ({"exclude": "crm_id"}, "#/exclude"),
    ({"exclude": ["a", "b..c"]}, "#/exclude/1"),
    ({"exclude": [""]}, "#/exclude/0"),
    ({"exclude": ["a"] * 101}, "#/exclude"),
    ({"headers": {"Authorization": "Bearer x"}}, "#/headers/Authorization"),
    ({"headers": "authorization:Bearer x"}, "#/headers/authorization"),
    ({"headers": {"Content-Type": "text/plain"}}, "#/headers/Content-Type"),
    ({"headers": {"Host": "evil.example"}}, "#/headers/Host"),
    ({"headers": {"Connection": "close"}}, "#/headers/Connection"),
    ({"headers": {"X-Forwarded-For": "1.2.3.4"}}, "#/headers/X-Forwarded-For"),
    ({"headers": {"X-HTTP-Method-Override": "DELETE"}}, "#/headers/X-HTTP-Method-Override"),
    ({"headers": {"X-A": "a\r\nX-B: b"}}, "#/headers/X-A"),
    ({"headers": {"X A": "a"}}, "#/headers/X A"),
    ({"headers": {"X-A": 3}}, "#/headers/X-A"),
    ({"headers": {"X-A": "1", "x-a": "2"}}, "#/headers/x-a"),
    ({"headers": "no colon"}, "#/headers"),
    ({"headers": ["X-A"]}, "#/headers"),
    # Manual calls.
    ({"template": "manual"}, "#/manual"),
    ({"template": "cancel_scheduled_event", "manual": MANUAL}, "#/manual"),
    ({"manual": {"url": "/x"}}, "#/manual/method"),
    ({"manual": {"method": "post", "url": "/x"}}, "#/manual/method"),
    ({"manual": {"method": "HEAD", "url": "/x"}}, "#/manual/method"),
    ({"manual": {"method": "POST"}}, "#/manual/url"),
    ({"manual": {**MANUAL, "format": "xml"}}, "#/manual/format"),
    *(
        ({"manual": {"method": "POST", "url": url}}, "#/manual/url")
        for url in (
            *("https://evil.example/x", "https://api.calendly.com.evil.example/x", "//evil.example/x"),
            *("https://api.calendly.com@evil.example/x", "https://{host}/x", "http://api.calendly.com/x"),
            *("https://api.calendly.com:444/x", "x", "/a/../b", "/x/{", "/x/{}", "/x/{a}}", "/x#y", "/x y"),
            *("/%2e%2e/x", "\\\\evil.example", "/x\n", "/x/{a..b}", "file:///etc/passwd"),
        )
    ),
    # Batches.
    ({"batch": {}}, "#/batch"),
    ({"manual": {"method": "GET", "url": "/x"}, "batch": {"size": 2}}, "#/batch"),
    ({"manual": {"method": "DELETE", "url": "/x"}, "batch": {"size": 2}}, "#/batch"),
    ({"manual": MANUAL, "batch": {"size": 0}}, "#/batch/size"),
    ({"manual": MANUAL, "batch": {"size": 1001}}, "#/batch/size"),
    ({"manual": MANUAL, "batch": {"window": 0}}, "#/batch/window"),
    ({"manual": MANUAL, "batch": {"window": 3601}}, "#/batch/window"),
    ({"manual": MANUAL, "batch": {"grouping": "color"}}, "#/batch/grouping"),
    ({"manual": MANUAL, "batch": {"grouping": "attribute"}}, "#/batch/attribute"),
    ({"manual": MANUAL, "batch": {"attribute": "a"}}, "#/batch/attribute"),
    ({"manual": MANUAL, "batch": {"grouping": "attribute", "attribute": "a["}}, "#/batch/attribute"),
    ({"template": "delete_invitee_data", "batch": {"wrap": "records"}}, "#/batch/wrap"),
    ({"manual": MANUAL, "batch": {"wrap": 3}}, "#/batch/wrap"),
    ({"manual": MANUAL, "batch": 5}, "#/batch"),
    # Delivery.
    ({"partial": "yes"}, "#/partial"),
    ({"delivery": {"max_waiting": 0}}, "#/delivery/max_waiting"),
    ({"delivery": {"max_waiting": 10_000_001}}, "#/delivery/max_waiting"),
    ({"delivery": {"max_waiting": "10"}}, "#/delivery/max_waiting"),
    ({"delivery": {"strict_order": "true"}}, "#/delivery/strict_order"),
    ({"manual": MANUAL, "delivery": {"on_unknown": "repeat"}}, "#/delivery/on_unknown"),
    (
        {"manual": {"method": "PATCH", "url": "/x"}, "delivery": {"on_unknown": "repeat"}},
        "#/delivery/on_unknown",
    ),
    (
        {"manual": {"method": "PUT", "url": "/x"}, "delivery": {"gone_is_done": True}},
        "#/delivery/gone_is_done",
    ),
]


PARTS = sorted({pointer.split("/")[1] for _, pointer in WRONG})


@pytest.mark.parametrize("part", PARTS)
def test_a_wrong_setting_is_refused_where_it_is_wrong(web: OverHttp, part: str) -> None:
    """The pointer names the fault, the sentence says what would be right; nothing is stored."""
    for change, pointer in WRONG:
        if pointer.split("/")[1] != part:
            continue
        answer = web.api("POST", "/destinations", document(**change))
        problem = assert_problem(answer, 422, "invalid", pointer)
        told = [each["detail"] for each in problem["errors"] if each["pointer"] == pointer]
        assert all("should" in each or "cannot" in each or "is " in each for each in told), change
        assert all(each.count("should be a JMESPath expression") <= 1 for each in told), change

    assert [] == web.api("GET", "/destinations").get_json()["destinations"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_is_harmless_may_be_repeated_after_silence(web: OverHttp, method: str) -> None:
    """Which follows from the method of a manual call; only a DELETE may take a 404 for success."""
    manual, gone = {"method": method, "url": "/x"}, method == "DELETE"

    made = make(web, manual=manual, delivery={"on_unknown": "repeat", "gone_is_done": gone})

    assert ("repeat", gone) == (made["delivery"]["on_unknown"], made["delivery"]["gone_is_done"])


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_templates_that_act_on_one_resource_refuse_batches_and_say_why(web: OverHttp, template: str) -> None:
    """The sentence names those that take them."""
    answer = web.api("POST", "/destinations", document(template=template, batch={"size": 2}))

    if template in BATCHING:
        assert 201 == answer.status_code
    else:
        problem = assert_problem(answer, 422, "invalid", "#/batch")
        assert "acts on one resource" in problem["errors"][0]["detail"]
        assert all(name in problem["errors"][0]["detail"] for name in [*BATCHING, "manual"])


@pytest.mark.parametrize(
    "change",
    [{"method": "PUT"}, {"method": "GET", "url": "/y"}, {"method": "DELETE", "url": "/x", "format": "json"}],
)
def test_the_method_of_a_manual_destination_stands(web: OverHttp, change: dict[str, Any]) -> None:
    """What waits was accepted under it; the address may change."""
    make(web, manual=MANUAL)

    problem = assert_problem(
        web.api("PATCH", f"/destinations/{ID}", {"manual": change}), 422, "invalid", "#/manual/method"
    )
    moved = web.api("PATCH", f"/destinations/{ID}", {"manual": {"url": "/other/{id}"}})

    assert "cannot be changed" in problem["errors"][0]["detail"]
    assert {**MANUAL, "url": "/other/{id}", "format": "json"} == moved.get_json()["manual"]
    assert_problem(web.api("PATCH", f"/destinations/{ID}", {"manual": None}), 422, "invalid", "#/manual")


@pytest.mark.parametrize(
    ("change", "name", "after"),
    [
        ({"mapping": {"reason": "b"}}, "mapping", {"event_uuid": "a", "reason": "b"}),
        ({"mapping": {"event_uuid": None}}, "mapping", {}),
        ({"mapping": None}, "mapping", {}),
        ({"constants": {"reason": "x"}}, "constants", {"reason": "x"}),
        ({"exclude": ["b"]}, "exclude", ["b"]),
        ({"exclude": None}, "exclude", []),
        ({"headers": {"X-B": "2"}}, "headers", {"X-A": "1", "X-B": "2"}),
        ({"headers": "X-B:2"}, "headers", {"X-B": "2"}),
        ({"headers": {"X-A": None}}, "headers", {}),
        ({"dedupe": None}, "dedupe", None),
        ({"partial": None}, "partial", False),
    ],
)
def test_a_change_of_settings_touches_what_it_names(
    web: OverHttp, change: dict[str, Any], name: str, after: Any
) -> None:
    """Objects merge, lists are replaced, null goes back to the default."""
    before = make(
        web, mapping={"event_uuid": "a"}, exclude=["a"], headers={"X-A": "1"}, dedupe="a", partial=True
    )

    changed = web.api("PATCH", f"/destinations/{ID}", change).get_json()

    assert after == changed[name]
    same = set(before) - {name, "updated_at", "inbound"}
    assert {each: before[each] for each in same} == {each: changed[each] for each in same}


def test_strict_order_is_known_to_the_scripts_at_once(web: OverHttp, store: Store) -> None:
    """Whoever claims reads it from the destination's hash."""
    make(web)
    seen = [store.redis.hget(keys.destination(ID), "strict")]
    for strict in (True, False):
        web.api("PATCH", f"/destinations/{ID}", {"delivery": {"strict_order": strict}})
        seen.append(store.redis.hget(keys.destination(ID), "strict"))

    assert [b"0", b"1", b"0"] == seen


def test_what_waited_for_another_method_never_goes_out(web: OverHttp, store: Store) -> None:
    """A destination is deleted with what waits; made anew with another method it holds nothing of it."""
    make(web, manual=MANUAL)
    web.post(ID, {"id": 1})
    refused = web.api("DELETE", f"/destinations/{ID}")
    store.destinations.delete(ID, 1)
    make(web, manual={"method": "DELETE", "url": "/shares/{id}"})

    assert_problem(refused, 409, "conflict")
    assert 0 == store.redis.zcard(keys.due(Lane("delivery", ID)))

"""Each documented refusal: who asks for what, and the words that come back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox import seed
from sandbox.call import Operation
from sandbox.clock import Clock, to_text
from sandbox.endpoints import OPERATIONS
from sandbox.endpoints.data_deletion import NEEDS_ENTERPRISE, NEEDS_PERMISSION
from sandbox.endpoints.invitations import NO_SEATS, NO_TRIAL_SEATS, SCIM
from sandbox.server import Sandbox
from tests.sandbox.addresses import (
    DEMO,
    FREE,
    FREE_ORGANIZATION,
    FREE_OWN,
    INVITATIONS,
    MEMBER,
    NO_EVENT_TYPE,
    NO_ORGANIZATION,
    NOWHERE,
    ORGANIZATION,
    event_path,
    hook,
    invitee_uri,
    link,
)
from tests.sandbox.calling import Client

NO_ACCESS = "You do not have permission to access this resource."
NO_PERMISSION = "You do not have permission"
OWNER, ADMIN, MEMBER_TOKEN, FREE_TOKEN = seed.TOKEN, seed.ADMIN_TOKEN, seed.MEMBER_TOKEN, seed.FREE_TOKEN
MEMBERSHIPS = "/organization_memberships/"
HOOKS = "/webhook_subscriptions"
NO_SHOWS = "/invitee_no_shows"
ERASE = "/data_compliance/deletion/invitees"
FREE_INVITATIONS = f"/organizations/{seed.FREE_ORGANIZATION}/invitations"


@pytest.mark.parametrize(
    ("token", "method", "path", "body", "message"),
    [
        (MEMBER_TOKEN, "POST", event_path(seed.FUTURE_EVENT, "cancellation"), {}, "You are not allowed to cancel this event"),
        (FREE_TOKEN, "POST", event_path(seed.FUTURE_EVENT, "cancellation"), {}, "You are not allowed to cancel this event"),
        (OWNER, "POST", event_path(seed.PAST_EVENT, "cancellation"), {}, "Event in the past"),
        (OWNER, "POST", event_path(seed.CANCELED_EVENT, "cancellation"), {}, "Event is already canceled"),
        (OWNER, "POST", HOOKS, hook(organization=FREE_ORGANIZATION), NO_ACCESS),
        (OWNER, "POST", HOOKS, hook(scope="user", user=FREE), NO_ACCESS),
        (MEMBER_TOKEN, "POST", HOOKS, hook(), NO_PERMISSION),
        (MEMBER_TOKEN, "DELETE", f"{HOOKS}/{seed.SUBSCRIPTION}", None, NO_ACCESS),
        (FREE_TOKEN, "DELETE", f"{HOOKS}/{seed.SUBSCRIPTION}", None, NO_PERMISSION),
        (MEMBER_TOKEN, "POST", "/scheduling_links", link(), NO_ACCESS),
        (OWNER, "POST", "/scheduling_links", link(owner=FREE_OWN), NO_ACCESS),
        (MEMBER_TOKEN, "POST", NO_SHOWS, {"invitee": invitee_uri(seed.PAST_EVENT, seed.PAST_INVITEE)}, NO_ACCESS),
        (MEMBER_TOKEN, "DELETE", f"{NO_SHOWS}/{seed.NO_SHOW}", None, NO_ACCESS),
        (MEMBER_TOKEN, "DELETE", MEMBERSHIPS + seed.ADMIN_MEMBERSHIP, None, "You do not have permission to perform this action"),
        (ADMIN, "DELETE", MEMBERSHIPS + seed.OWNER_MEMBERSHIP, None, "You can not change owner role"),
        (ADMIN, "DELETE", MEMBERSHIPS + seed.ADMIN_MEMBERSHIP, None, "You can not remove yourself from organization"),
        (OWNER, "DELETE", MEMBERSHIPS + seed.FREE_MEMBERSHIP, None, "You cannot modify members from another organization"),
        (MEMBER_TOKEN, "POST", INVITATIONS, {"email": "a@new.example"}, NO_PERMISSION),
        (OWNER, "POST", FREE_INVITATIONS, {"email": "a@new.example"}, NO_PERMISSION),
        (FREE_TOKEN, "POST", FREE_INVITATIONS, {"email": "a@new.example"}, NO_SEATS),
        (MEMBER_TOKEN, "DELETE", f"{INVITATIONS}/{seed.PENDING_INVITATION}", None, NO_ACCESS),
        (FREE_TOKEN, "DELETE", f"{INVITATIONS}/{seed.PENDING_INVITATION}", None, NO_PERMISSION),
        (FREE_TOKEN, "POST", ERASE, {"emails": ["a@b.example"]}, NEEDS_ENTERPRISE),
        (MEMBER_TOKEN, "POST", ERASE, {"emails": ["a@b.example"]}, NEEDS_PERMISSION),
        (MEMBER_TOKEN, "GET", event_path(seed.FUTURE_EVENT), None, "You are not allowed to view this event"),
        (MEMBER_TOKEN, "GET", event_path(seed.FUTURE_EVENT, "invitees"), None, "You are not allowed to view this event"),
        (OWNER, "GET", MEMBERSHIPS + seed.FREE_MEMBERSHIP, None, "This user is not in your organization"),
        (FREE_TOKEN, "POST", HOOKS, hook(organization=FREE_ORGANIZATION, events=["routing_form_submission.created"]),
         "Please upgrade to a paid Calendly account."),
    ],
)  # fmt: skip
def test_permission_is_denied(
    client: Client, token: str, method: str, path: str, body: Any, message: str
) -> None:
    """Whoever may not do something is told so in Calendly's words."""
    answer = client.call(method, path, body, token=token)

    assert 403 == answer.status_code
    assert {"title": "Permission Denied", "message": message} == answer.json()


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"scim": True}, SCIM), ({"seats": 4}, NO_SEATS), ({"seats": 4, "trial": True}, NO_TRIAL_SEATS)],
)
def test_an_organization_may_be_closed_to_new_people(
    client: Client, changes: dict[str, object], message: str
) -> None:
    """SCIM and seats stand in the way of invitations; three members and one pending invitation fill four seats."""
    client.control("PATCH", f"/organizations/{seed.ORGANIZATION}", changes)

    answer = client.post(INVITATIONS, {"email": "a@new.example"})

    assert (403, message) == (answer.status_code, answer.json()["message"])


def test_scim_stands_in_the_way_of_a_revoke(client: Client) -> None:
    """Invitations of an organization with SCIM can't be revoked by call."""
    client.control("PATCH", f"/organizations/{seed.ORGANIZATION}", {"scim": True})

    answer = client.delete(f"{INVITATIONS}/{seed.PENDING_INVITATION}")

    assert (403, SCIM) == (answer.status_code, answer.json()["message"])


def test_erasing_needs_the_data_requests_permission(client: Client) -> None:
    """Owner and Enterprise are not enough."""
    client.control("PATCH", f"/organizations/{seed.ORGANIZATION}", {"data_requests": False})

    answer = client.post(ERASE, {"emails": ["a@b.example"]})

    assert (403, NEEDS_PERMISSION) == (answer.status_code, answer.json()["message"])


@pytest.mark.parametrize(
    ("method", "path", "body", "title", "message"),
    [
        ("POST", INVITATIONS, {"email": "adam@acme.example"}, "Already Organization Member", "adam@acme.example is already in the organization"),
        ("POST", INVITATIONS, {"email": "new.hire@acme.example"}, "Already Invited", "new.hire@acme.example has already been invited"),
        ("DELETE", f"{INVITATIONS}/{seed.ACCEPTED_INVITATION}", None, "Invitation Already Accepted", "The invitation has already been accepted."),
        ("POST", NO_SHOWS, {"invitee": invitee_uri(seed.FUTURE_EVENT, seed.FUTURE_INVITEE)}, "Invalid Argument", "Event is not started yet"),
        ("POST", NO_SHOWS, {"invitee": invitee_uri(seed.PAST_EVENT, seed.ABSENT_INVITEE)}, "Invalid Argument", "Invitee is already marked as no show"),
    ],
)  # fmt: skip
def test_the_state_of_things_forbids_it(
    client: Client, method: str, path: str, body: Any, title: str, message: str
) -> None:
    """A right request comes too late or too early."""
    answer = client.call(method, path, body)

    assert 400 == answer.status_code
    assert {"title": title, "message": message} == answer.json()


def test_an_address_that_is_no_address_can_not_be_invited(client: Client) -> None:
    """Calendly has a title of its own for that."""
    answer = client.post(INVITATIONS, {"email": "invalid_email@example"}, bad=True)

    assert 400 == answer.status_code
    expected = {"title": "Invalid Email", "message": "invalid_email@example is an invalid email format"}
    assert expected == answer.json()


def test_a_hook_with_a_known_url_exists_already(client: Client) -> None:
    """The url alone decides, unless the sandbox is told to look at more."""
    body = hook(url=seed.SUBSCRIBED_URL)
    refused = client.post(HOOKS, body)
    client.control("PUT", "/rules", {"webhook_key": "url_scope_owner"})
    allowed = client.post(HOOKS, body)

    assert 409 == refused.status_code
    assert {"title": "Already Exists", "message": "Hook with this url already exists"} == refused.json()
    assert 201 == allowed.status_code


def test_a_repeated_no_show_may_answer_with_the_one_that_stands(client: Client) -> None:
    """What Calendly does is unknown, so the sandbox can be told to do either."""
    client.control("PUT", "/rules", {"repeated_no_show": "answer_existing"})

    answer = client.post(NO_SHOWS, {"invitee": invitee_uri(seed.PAST_EVENT, seed.ABSENT_INVITEE)})

    assert 201 == answer.status_code
    assert answer.json()["resource"]["uri"].endswith(seed.NO_SHOW)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", event_path(NOWHERE, "cancellation"), {}),
        ("GET", event_path(NOWHERE), None),
        ("GET", event_path(NOWHERE, "invitees"), None),
        ("GET", event_path(seed.FUTURE_EVENT, "invitees", seed.PAST_INVITEE), None),
        ("GET", f"{HOOKS}/NOWHERE", None),
        ("DELETE", f"{HOOKS}/NOWHERE", None),
        ("POST", HOOKS, hook(organization=NO_ORGANIZATION)),
        ("POST", "/scheduling_links", link(owner=NO_EVENT_TYPE)),
        ("POST", NO_SHOWS, {"invitee": invitee_uri(seed.PAST_EVENT, NOWHERE)}),
        ("POST", NO_SHOWS, {"invitee": invitee_uri(seed.FUTURE_EVENT, seed.PAST_INVITEE)}),
        ("DELETE", f"{NO_SHOWS}/{NOWHERE}", None),
        ("DELETE", MEMBERSHIPS + "NOWHERE", None),
        ("POST", "/organizations/NOWHERE/invitations", {"email": "a@new.example"}),
        ("DELETE", f"{INVITATIONS}/NOWHERE", None),
        ("DELETE", f"{FREE_INVITATIONS}/{seed.PENDING_INVITATION}", None),
    ],
)
def test_what_is_not_there_is_not_found(client: Client, method: str, path: str, body: Any) -> None:
    """Unknown ids answer 404, also those of right things in the wrong place."""
    answer = client.call(method, path, body)

    assert 404 == answer.status_code
    message = "The server could not find the requested resource."
    assert {"title": "Resource Not Found", "message": message} == answer.json()


def _range(start_days_ago: float, end_days_ago: float) -> dict[str, str]:
    now = Clock().now()
    return {
        "start_time": to_text(now - timedelta(days=start_days_ago)),
        "end_time": to_text(now - timedelta(days=end_days_ago)),
    }


@pytest.mark.parametrize(
    ("path", "body", "parameter", "message"),
    [
        (event_path(seed.FUTURE_EVENT, "cancellation"), {"reason": "x" * 10_001}, "reason", "size cannot be greater than 10000"),
        (event_path(seed.FUTURE_EVENT, "cancellation"), {"reason": 7}, "reason", "must be a string"),
        (HOOKS, hook(url=None), "url", "is missing"),
        (HOOKS, hook(url="crm.example"), "url", "is not a valid URI"),
        (HOOKS, hook(events=[]), "events", "must be filled"),
        (HOOKS, hook(events="invitee.created"), "events", "must be an array"),
        (HOOKS, hook(events=["invitee.created"] * 2), "events", "must be unique"),
        (HOOKS, hook(events=["invitee.exploded"]), "events[0]", "is not a known event"),
        (HOOKS, hook(events=["meeting_recap.created"]), "events[0]", "is not available for the scope organization"),
        (HOOKS, hook(scope="user", user=MEMBER, events=["routing_form_submission.created"]), "events[0]", "is not available for the scope user"),
        (HOOKS, hook(scope="user"), "user", "is missing"),
        (HOOKS, hook(scope="group"), "group", "is missing"),
        (HOOKS, hook(scope="planet"), "scope", "must be one of: organization, user, group"),
        (HOOKS, hook(organization=None), "organization", "is missing"),
        (HOOKS, hook(organization=seed.ORGANIZATION), "organization", "is not a valid URI"),
        ("/scheduling_links", link(max_event_count=None), "max_event_count", "is missing"),
        ("/scheduling_links", link(max_event_count="1"), "max_event_count", "must be 1"),
        ("/scheduling_links", link(max_event_count=2), "max_event_count", "must be 1"),
        ("/scheduling_links", link(max_event_count=True), "max_event_count", "must be 1"),
        ("/scheduling_links", link(owner_type="eventtype"), "owner_type", "must be one of: EventType"),
        ("/scheduling_links", link(owner=MEMBER), "owner", "is not a URI of event_types"),
        (NO_SHOWS, {}, "invitee", "is missing"),
        (NO_SHOWS, {"invitee": seed.PAST_INVITEE}, "invitee", "is not a valid URI"),
        (NO_SHOWS, {"invitee": DEMO}, "invitee", "is not an invitee URI"),
        (INVITATIONS, {}, "email", "is missing"),
        (INVITATIONS, {"email": ""}, "email", "must be filled"),
        (INVITATIONS, {"email": None}, "email", "must be filled"),
        (ERASE, {}, "emails", "is missing"),
        (ERASE, {"emails": "a@b.example"}, "emails", "must be an array"),
        (ERASE, {"emails": []}, "emails", "must be filled"),
        (ERASE, {"emails": [7]}, "emails", "must hold strings only"),
        (ERASE, {"emails": ["a@b.example", "not an address"]}, "emails[1]", "is an invalid email format"),
        ("/data_compliance/deletion/events", {"end_time": "2021-01-01T02:04:05.678123Z"}, "start_time", "is missing"),
        ("/data_compliance/deletion/events", {**_range(9, 2), "start_time": "2026-01-01"}, "start_time", "must be a date time"),
        ("/data_compliance/deletion/events", _range(2, 9), "start_time", "must be before end_time"),
        ("/data_compliance/deletion/events", _range(2, -2), "end_time", "must be in the past"),
        ("/data_compliance/deletion/events", _range(740, 2), "end_time", "must be within 24 months of start_time"),
    ],
)  # fmt: skip
def test_a_wrong_body_is_an_invalid_argument(
    client: Client, path: str, body: Any, parameter: str, message: str
) -> None:
    """The answer names the parameter and what is wrong with it, and nothing has changed."""
    answer = client.post(path, body, bad=True)

    assert (400, "Invalid Argument") == (answer.status_code, answer.json()["title"])
    assert "The supplied parameters are invalid." == answer.json()["message"]
    assert {"parameter": parameter, "message": message} in answer.json()["details"]


def test_one_answer_names_every_fault(client: Client) -> None:
    """Nobody has to find one fault after the other."""
    answer = client.post(HOOKS, {}, bad=True)

    assert ["url", "events", "scope", "organization"] == [
        detail["parameter"] for detail in answer.json()["details"]
    ]


@pytest.mark.parametrize("raw", ["{", "[1]", "7", "null", "[" * 100_000])
def test_a_body_that_is_no_json_object_is_invalid(client: Client, raw: str) -> None:
    """Broken JSON, other JSON and deep nesting are all refused alike."""
    headers = {"Authorization": "Bearer sandbox", "Content-Type": "application/json"}
    answer = client.session.post(client.url + "/scheduling_links", data=raw, headers=headers, timeout=30)

    assert 400 == answer.status_code
    assert {"title": "Invalid Argument", "message": "The supplied parameters are invalid."} == answer.json()


@pytest.mark.parametrize("token", [None, "nobody's", "", "sandbox "])
def test_an_unknown_token_is_not_told_from_none(client: Client, token: str | None) -> None:
    """Both get the same bytes; a token with a trailing blank is the token, as servers trim headers."""
    answer = client.get("/users/me", token=token, bad=True)

    trimmed = token == "sandbox "
    assert (200 if trimmed else 401) == answer.status_code
    if not trimmed:
        assert {"title": "Unauthenticated", "message": "The access token is invalid"} == answer.json()


def _request_for(operation: Operation) -> tuple[str, str, Any]:
    """A call of that operation whose body and ids nobody gets to look at."""
    path = operation.rule
    for name in ("<uuid>", "<org_uuid>", "<webhook_uuid>", "<event_uuid>", "<invitee_uuid>"):
        path = path.replace(name, "ANY")
    return operation.method, path, {} if operation.takes_body else None


@pytest.mark.parametrize(
    "operation", OPERATIONS, ids=lambda operation: f"{operation.method} {operation.rule}"
)
def test_every_endpoint_wants_its_scope(client: Client, sandbox: Sandbox, operation: Operation) -> None:
    """A token with every other scope is refused before body and path are looked at."""
    others = {other.scope for other in OPERATIONS}
    others -= {operation.scope, operation.scope.replace(":read", ":write")}
    sandbox.add_token("lacking", scopes=frozenset(others))
    method, path, body = _request_for(operation)

    answer = client.call(method, path, body, token="lacking", bad=True)

    assert 403 == answer.status_code
    assert "Insufficient scope" == answer.json()["title"]
    assert [operation.scope] == answer.json()["required_scopes"]


def test_checks_come_in_a_fixed_order(client: Client, sandbox: Sandbox) -> None:
    """Token, rate, scope, body, existence, rule: the first that fails is the one that answers."""
    sandbox.add_token("spent", scopes=frozenset(), limit=0)
    sandbox.add_token("scopeless", user=seed.MEMBER, scopes=frozenset())
    bad, good = {"reason": 7}, {"reason": "Ill"}
    nowhere, past = event_path(NOWHERE, "cancellation"), event_path(seed.PAST_EVENT, "cancellation")
    answers = [
        client.post(nowhere, bad, token="nobody", bad=True),
        client.post(nowhere, bad, token="spent", bad=True),
        client.post(nowhere, bad, token="scopeless", bad=True),
        client.post(nowhere, bad, token=MEMBER_TOKEN, bad=True),
        client.post(nowhere, good, token=MEMBER_TOKEN),
        client.post(past, good, token=MEMBER_TOKEN),
        client.post(past, good),
    ]

    assert [401, 429, 403, 400, 404, 403, 403] == [answer.status_code for answer in answers]
    titles = ["Insufficient scope", "You are not allowed to cancel this event", "Event in the past"]
    seen = [answers[2].json()["title"], answers[5].json()["message"], answers[6].json()["message"]]
    assert titles == seen


def test_writing_includes_reading(client: Client, sandbox: Sandbox) -> None:
    """A token that may write a family may read it."""
    sandbox.add_token("writer", scopes=frozenset({"scheduled_events:write"}))

    assert 200 == client.get(event_path(seed.FUTURE_EVENT), token="writer").status_code


def test_a_subscription_also_needs_the_scopes_of_its_events(client: Client, sandbox: Sandbox) -> None:
    """Whoever may not read contacts is not told about them."""
    sandbox.add_token("hooks-only", scopes=frozenset({"webhooks:write", "scheduled_events:read"}))
    body = hook(events=["invitee.created", "contact.created", "event_type.created"])

    answer = client.post(HOOKS, body, token="hooks-only")

    assert 403 == answer.status_code
    assert ["contacts:read", "event_types:read"] == answer.json()["required_scopes"]


def test_an_address_that_calendly_does_not_have_is_not_found(sandbox: Sandbox, client: Client) -> None:
    """Unknown paths and methods are answered like unknown things, and are written down."""
    headers = {"Authorization": "Bearer sandbox"}
    answers = [
        client.session.get(client.url + "/no/such/thing", headers=headers, timeout=30),
        client.session.patch(client.url + "/users/me", headers=headers, timeout=30),
        client.session.get(client.url + "/no/such/thing", timeout=30),
    ]

    assert [404, 404, 401] == [answer.status_code for answer in answers]
    assert 3 == len(sandbox.calls())


def test_organization_named_in_a_query_must_be_ones_own(client: Client) -> None:
    """Look-ups end at the organization's border."""
    answers = {
        "memberships": client.get("/organization_memberships", organization=FREE_ORGANIZATION),
        "event types": client.get("/event_types", organization=FREE_ORGANIZATION),
        "events": client.get("/scheduled_events", organization=FREE_ORGANIZATION),
        "of a colleague, without organization": client.get("/scheduled_events", user=MEMBER),
        "of a stranger": client.get("/scheduled_events", user=FREE),
        "hooks": client.get(HOOKS, organization=FREE_ORGANIZATION, scope="organization"),
    }

    assert {
        "memberships": (403, "This user is not in your organization"),
        "event types": (403, NO_ACCESS),
        "events": (403, NO_ACCESS),
        "of a colleague, without organization": (
            403,
            "Please also specify organization when requesting events for a user within your organization.",
        ),
        "of a stranger": (403, "This user is not in your organization"),
        "hooks": (403, NO_ACCESS),
    } == {name: (answer.status_code, answer.json()["message"]) for name, answer in answers.items()}


@pytest.mark.parametrize(
    ("path", "query", "parameter"),
    [
        ("/event_types", {}, "organization"),
        ("/event_types", {"user": seed.OWNER}, "user"),
        ("/event_types", {"organization": ORGANIZATION, "active": "perhaps"}, "active"),
        ("/event_types", {"organization": ORGANIZATION, "sort": "colour:asc"}, "sort"),
        ("/scheduled_events", {}, "user"),
        ("/scheduled_events", {"organization": ORGANIZATION, "status": "lost"}, "status"),
        (
            "/scheduled_events",
            {"organization": ORGANIZATION, "min_start_time": "yesterday"},
            "min_start_time",
        ),
        ("/scheduled_events", {"organization": ORGANIZATION, "count": "0"}, "count"),
        ("/scheduled_events", {"organization": ORGANIZATION, "count": "101"}, "count"),
        ("/scheduled_events", {"organization": ORGANIZATION, "page_token": "!"}, "page_token"),
        ("/organization_memberships", {}, "organization"),
        ("/organization_memberships", {"email": "nonsense"}, "email"),
        (INVITATIONS, {"status": "revoked"}, "status"),
        (HOOKS, {"organization": ORGANIZATION}, "scope"),
        (HOOKS, {"organization": ORGANIZATION, "scope": "user"}, "user"),
    ],
)
def test_a_wrong_query_is_an_invalid_argument(
    client: Client, path: str, query: dict[str, str], parameter: str
) -> None:
    """The answer names the parameter."""
    answer = client.get(path, bad=True, **query)

    assert 400 == answer.status_code
    assert [parameter] == [detail["parameter"] for detail in answer.json()["details"]]

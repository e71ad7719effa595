"""Sandbox and document side by side, and the judge itself."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sandbox.endpoints import OPERATIONS
from tests.calendly_contract import check_request, check_response, operations
from tests.sandbox.addresses import DEMO, event_path, hook, link

# Operations of the document that the sandbox leaves out, each with its reason. There are none.
LEFT_OUT: dict[str, str] = {}
TOKEN = {"Authorization": "Bearer t"}
SENT = {**TOKEN, "Content-Type": "application/json"}
ANSWERED = {"Content-Type": "application/json"}


def _shape(path: str) -> str:
    return re.sub(r"[{<]\w+[}>]", "*", path)


def test_the_sandbox_serves_the_whole_document_and_nothing_else() -> None:
    """Every method on every path, except those that are named with a reason."""
    documented = {f"{operation.method} {_shape(operation.template)}" for operation in operations()}
    served = {f"{operation.method} {_shape(operation.rule)}" for operation in OPERATIONS}

    assert documented - set(LEFT_OUT) == served


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("POST", "https://api.calendly.com/scheduling_links", link()),
        ("POST", "/scheduling_links", b'{"max_event_count":1,"owner":"%s","owner_type":"EventType"}' % DEMO.encode()),
        ("POST", event_path("ABC", "cancellation"), None),
        ("POST", event_path("ABC", "cancellation"), "{}"),
        ("DELETE", "/webhook_subscriptions/ABC", b""),
        ("GET", "/scheduled_events?count=100&status=active&invitee_email=a%40b.example", None),
        ("GET", "/event_types?active=true", None),
    ],
)  # fmt: skip
def test_right_requests_pass(method: str, url: str, body: Any) -> None:
    """Whether the body is raw or decoded, the address whole or a path."""
    assert str(check_request(method, url, SENT, body)).startswith(method)


@pytest.mark.parametrize(
    ("method", "url", "headers", "body", "fault"),
    [
        ("GET", "/users/you", TOKEN, None, "not in Calendly's document"),
        ("PATCH", "/users/me", TOKEN, None, "not in Calendly's document"),
        ("GET", "/users/me", {}, None, "no bearer token"),
        ("GET", "/users/me", {"Authorization": "Basic x"}, None, "no bearer token"),
        ("GET", "/users/me?who=me", TOKEN, None, "query parameter who is unknown"),
        ("GET", "/webhook_subscriptions?scope=user", TOKEN, None, "query parameter organization is missing"),
        ("GET", "/event_types?count=x", TOKEN, None, "query parameter count at $: 'x' is not of type 'integer'"),
        ("GET", "/event_types?user=me", TOKEN, None, "query parameter user at $: 'me' is not a 'uri'"),
        ("DELETE", "/invitee_no_shows/a.b", TOKEN, None, "path parameter uuid"),
        ("DELETE", "/invitee_no_shows/ab", SENT, {}, "there is a body"),
        ("POST", "/scheduling_links", SENT, None, "the body is missing"),
        ("POST", "/scheduling_links", TOKEN, link(), "the content type is missing"),
        ("POST", "/scheduling_links", SENT, link(max_event_count="1"), "body at $.max_event_count"),
        ("POST", "/scheduling_links", SENT, "{", "body at $: '{' is not of type 'object'"),
        ("POST", "/webhook_subscriptions", SENT, hook(scope="user"), "'user' is a required property"),
        ("POST", "/webhook_subscriptions", SENT, hook(url="nowhere"), "is not a 'uri'"),
        ("POST", "/organizations/A/invitations", SENT, {"email": "nobody"}, "is not a 'email'"),
        ("POST", event_path("A", "cancellation"), SENT, {"reason": "x" * 10_001}, "body at $.reason"),
        ("POST", "/data_compliance/deletion/events", SENT, {"start_time": "1", "end_time": "2"}, "is not a 'date-time'"),
    ],
)  # fmt: skip
def test_wrong_requests_are_told_apart(
    method: str, url: str, headers: dict[str, str], body: Any, fault: str
) -> None:
    """The message names the place and the fault."""
    with pytest.raises(AssertionError, match=re.escape(fault)):
        check_request(method, url, headers, body)


@pytest.mark.parametrize(
    ("method", "path", "status", "headers", "body", "fault"),
    [
        ("POST", "/scheduling_links", 200, ANSWERED, {}, "status 200 is not in the document"),
        ("POST", "/scheduling_links", 201, ANSWERED, {}, "'resource' is a required property"),
        ("POST", "/scheduling_links", 201, {}, {"resource": {"booking_url": "https://c.com/d"}}, "content type is missing"),
        ("POST", "/scheduling_links", 400, ANSWERED, {"title": "Invalid Argument"}, "'message' is a required property"),
        ("DELETE", "/invitee_no_shows/A", 204, {}, {}, "there is a body"),
        ("GET", "/users/me", 429, ANSWERED, {"title": "T", "message": "M"}, "header X-RateLimit-Limit is missing"),
        ("GET", "/users/me", 429, {**ANSWERED, "X-RateLimit-Reset": "soon"}, {"title": "T", "message": "M"}, "'soon' is not of type 'integer'"),
    ],
)  # fmt: skip
def test_wrong_answers_are_told_apart(
    method: str, path: str, status: int, headers: dict[str, str], body: Any, fault: str
) -> None:
    """The message names the place and the fault."""
    with pytest.raises(AssertionError, match=re.escape(fault)):
        check_response(method, path, status, headers, body)

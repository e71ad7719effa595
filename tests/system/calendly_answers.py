"""What Calendly answers when all is well, by method and path of its document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

API = "https://api.calendly.com"
ID = "AAAAAAAAAAAAAAAA"
ORGANIZATION = f"{API}/organizations/{ID}"
USER = f"{API}/users/{ID}"
EVENT_TYPE = f"{API}/event_types/{ID}"
INVITEE = f"{API}/scheduled_events/{ID}/invitees/{ID}"
MOMENT = "2026-01-31T08:00:00.000000Z"


def _user(_: dict[str, Any]) -> tuple[int, Any]:
    user = {
        "uri": USER,
        "name": "Ada Lovelace",
        "slug": "ada",
        "email": "ada@example.com",
        "scheduling_url": "https://calendly.com/ada",
        "timezone": "Europe/London",
        "time_notation": "24h",
        "avatar_url": None,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "current_organization": ORGANIZATION,
        "resource_type": "User",
        "locale": "en",
    }
    return 200, {"resource": user}


def _cancellation(body: dict[str, Any]) -> tuple[int, Any]:
    canceled = {"canceled_by": "Ada", "canceler_type": "host", "created_at": MOMENT}
    return 201, {"resource": {**canceled, "reason": body.get("reason")}}


def _link(body: dict[str, Any]) -> tuple[int, Any]:
    url = f"https://calendly.com/d/{body['owner'].rpartition('/')[2]}"
    return 201, {"resource": {"booking_url": url, "owner": body["owner"], "owner_type": "EventType"}}


def _subscription(body: dict[str, Any]) -> tuple[int, Any]:
    made = {name: body.get(name) for name in ("events", "scope", "organization", "user", "group")}
    standing = {"uri": f"{API}/webhook_subscriptions/{ID}", "callback_url": body["url"], "state": "active"}
    times = {"created_at": MOMENT, "updated_at": MOMENT, "retry_started_at": None, "creator": USER}
    return 201, {"resource": {**made, **standing, **times}}


def _no_show(body: dict[str, Any]) -> tuple[int, Any]:
    uri = f"{API}/invitee_no_shows/{ID}"
    return 201, {"resource": {"uri": uri, "invitee": body["invitee"], "created_at": MOMENT}}


def _invitation(body: dict[str, Any]) -> tuple[int, Any]:
    made = {
        "uri": f"{ORGANIZATION}/invitations/{ID}",
        "organization": ORGANIZATION,
        "email": body["email"],
        "status": "pending",
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "last_sent_at": MOMENT,
    }
    return 201, {"resource": made}


def _gone(_: dict[str, Any]) -> tuple[int, Any]:
    return 204, None


def _taken(_: dict[str, Any]) -> tuple[int, Any]:
    return 202, {}


ANSWERS: dict[tuple[str, str], Callable[[dict[str, Any]], tuple[int, Any]]] = {
    ("GET", "/users/me"): _user,
    ("POST", "/scheduled_events/{uuid}/cancellation"): _cancellation,
    ("POST", "/scheduling_links"): _link,
    ("POST", "/webhook_subscriptions"): _subscription,
    ("DELETE", "/webhook_subscriptions/{webhook_uuid}"): _gone,
    ("POST", "/invitee_no_shows"): _no_show,
    ("DELETE", "/invitee_no_shows/{uuid}"): _gone,
    ("DELETE", "/organization_memberships/{uuid}"): _gone,
    ("POST", "/organizations/{uuid}/invitations"): _invitation,
    ("DELETE", "/organizations/{org_uuid}/invitations/{uuid}"): _gone,
    ("POST", "/data_compliance/deletion/invitees"): _taken,
    ("POST", "/data_compliance/deletion/events"): _taken,
}

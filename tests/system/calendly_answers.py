"""What Calendly's resources look like, filled with as little as its document allows."""

from __future__ import annotations

from typing import Any

API = "https://api.calendly.com"
ID = "AAAAAAAAAAAAAAAA"
ORGANIZATION = f"{API}/organizations/{ID}"
USER = f"{API}/users/{ID}"
EVENT_TYPE = f"{API}/event_types/{ID}"
INVITEE = f"{API}/scheduled_events/{ID}/invitees/{ID}"
MOMENT = "2026-01-31T08:00:00.000000Z"
MADE = {"created_at": MOMENT, "updated_at": MOMENT}

Json = dict[str, Any]


def user(email: str = "ada@example.com") -> Json:
    """Show a user."""
    return {
        "uri": USER,
        "name": "Ada Lovelace",
        "slug": "ada",
        "email": email,
        "scheduling_url": "https://calendly.com/ada",
        "timezone": "Europe/London",
        "time_notation": "24h",
        "avatar_url": None,
        "resource_type": "User",
        "locale": "en",
        **MADE,
    }


def event(uuid: str, cancellation: Json | None) -> Json:
    """Show an event, with its cancellation if it has one."""
    shown: Json = {
        "uri": f"{API}/scheduled_events/{uuid}",
        "name": "Demo",
        "status": "canceled" if cancellation else "active",
        "start_time": MOMENT,
        "end_time": MOMENT,
        "event_type": EVENT_TYPE,
        "invitees_counter": {"total": 1, "active": 1, "limit": 1},
        "event_memberships": [],
        "event_guests": [],
        **MADE,
    }
    return {**shown, "cancellation": cancellation} if cancellation else shown


def cancellation(reason: str | None) -> Json:
    """Show a cancellation."""
    return {"canceled_by": "Ada", "canceler_type": "host", "created_at": MOMENT, "reason": reason}


def invitee(event_uuid: str, uuid: str, mark: Json | None) -> Json:
    """Show an invitee, with the mark of a no-show if there is one."""
    uri = f"{API}/scheduled_events/{event_uuid}/invitees/{uuid}"
    return {
        "uri": uri,
        "email": "grace@example.com",
        "name": "Grace Hopper",
        "status": "active",
        "event": uri.partition("/invitees/")[0],
        "rescheduled": False,
        "old_invitee": None,
        "new_invitee": None,
        "cancel_url": f"https://calendly.com/cancellations/{uuid}",
        "reschedule_url": f"https://calendly.com/reschedulings/{uuid}",
        "no_show": mark and {"uri": mark["uri"], "created_at": mark["created_at"]},
        **MADE,
    }


def no_show(uuid: str, of: str) -> Json:
    """Show the mark of an invitee who did not come."""
    return {"uri": f"{API}/invitee_no_shows/{uuid}", "invitee": of, "created_at": MOMENT}


def link(owner: str, number: int) -> Json:
    """Show a booking link."""
    url = f"https://calendly.com/d/{owner.rpartition('/')[2]}-{number}"
    return {"booking_url": url, "owner": owner, "owner_type": "EventType"}


def subscription(uuid: str, body: Json) -> Json:
    """Show a webhook subscription that was made with this body."""
    made = {name: body.get(name) for name in ("events", "scope", "organization", "user", "group")}
    standing = {"uri": f"{API}/webhook_subscriptions/{uuid}", "callback_url": body["url"], "state": "active"}
    return {**made, **standing, **MADE, "retry_started_at": None, "creator": USER}


def invitation(uuid: str, organization: str, email: str) -> Json:
    """Show an invitation that nobody has accepted yet."""
    whose = f"{API}/organizations/{organization}"
    uri = f"{whose}/invitations/{uuid}"
    return {
        "uri": uri,
        "organization": whose,
        "email": email,
        "status": "pending",
        "last_sent_at": MOMENT,
        **MADE,
    }


def membership(uuid: str, email: str = "ada@example.com") -> Json:
    """Show a membership."""
    uri = f"{API}/organization_memberships/{uuid}"
    return {"uri": uri, "role": "user", "user": user(email), "organization": ORGANIZATION, **MADE}

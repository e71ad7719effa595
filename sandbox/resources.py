"""Entities as Calendly's JSON: every property that the published resource requires."""

from __future__ import annotations

from sandbox.clock import to_text
from sandbox.entities import (
    Cancellation,
    Event,
    EventType,
    Group,
    Invitation,
    Invitee,
    Membership,
    NoShow,
    Organization,
    SchedulingLink,
    Subscription,
    User,
)
from sandbox.uris import make_uri

Json = dict[str, object]


def organization_uri(organization: Organization) -> str:
    """Give the URI of an organization."""
    return make_uri("organizations", organization.uuid)


def user_uri(user: User) -> str:
    """Give the URI of a user."""
    return make_uri("users", user.uuid)


def group_uri(group: Group) -> str:
    """Give the URI of a group."""
    return make_uri("groups", group.uuid)


def event_type_uri(event_type: EventType) -> str:
    """Give the URI of an event type."""
    return make_uri("event_types", event_type.uuid)


def event_uri(event: Event) -> str:
    """Give the URI of an event."""
    return make_uri("scheduled_events", event.uuid)


def invitee_uri(invitee: Invitee) -> str:
    """Give the URI of an invitee."""
    return make_uri("scheduled_events", invitee.event.uuid, "invitees", invitee.uuid)


def no_show_uri(no_show: NoShow) -> str:
    """Give the URI of a no-show."""
    return make_uri("invitee_no_shows", no_show.uuid)


def membership_uri(membership: Membership) -> str:
    """Give the URI of a membership."""
    return make_uri("organization_memberships", membership.uuid)


def invitation_uri(invitation: Invitation) -> str:
    """Give the URI of an invitation."""
    return make_uri("organizations", invitation.organization.uuid, "invitations", invitation.uuid)


def subscription_uri(subscription: Subscription) -> str:
    """Give the URI of a subscription."""
    return make_uri("webhook_subscriptions", subscription.uuid)


def user(person: User, organization: Organization) -> Json:
    """Show a user."""
    return {
        "uri": user_uri(person),
        "name": person.name,
        "slug": person.slug,
        "email": person.email,
        "scheduling_url": f"https://calendly.com/{person.slug}",
        "timezone": person.timezone,
        "avatar_url": None,
        "created_at": to_text(person.created_at),
        "updated_at": to_text(person.created_at),
        "current_organization": organization_uri(organization),
    }


def membership(row: Membership) -> Json:
    """Show a membership."""
    person = user(row.user, row.organization)
    del person["current_organization"]
    return {
        "uri": membership_uri(row),
        "role": row.role,
        "user": person,
        "organization": organization_uri(row.organization),
        "created_at": to_text(row.created_at),
        "updated_at": to_text(row.created_at),
    }


def invitation(row: Invitation) -> Json:
    """Show an invitation."""
    shown: Json = {
        "uri": invitation_uri(row),
        "organization": organization_uri(row.organization),
        "email": row.email,
        "status": row.status,
        "created_at": to_text(row.created_at),
        "updated_at": to_text(row.updated_at),
        "last_sent_at": to_text(row.created_at),
    }
    return {**shown, "user": user_uri(row.user)} if row.user else shown


def event_type(row: EventType) -> Json:
    """Show an event type."""
    return {
        "uri": event_type_uri(row),
        "name": row.name,
        "slug": row.slug,
        "active": row.active,
        "kind": row.kind,
        "type": "StandardEventType",
        "duration": row.duration,
        "scheduling_url": f"https://calendly.com/{row.owner.slug}/{row.slug}",
        "created_at": to_text(row.created_at),
        "updated_at": to_text(row.created_at),
    }


def cancellation(row: Cancellation) -> Json:
    """Show a cancellation."""
    return {
        "canceled_by": row.canceled_by,
        "reason": row.reason,
        "canceler_type": row.canceler_type,
        "created_at": to_text(row.created_at),
    }


def event(row: Event) -> Json:
    """Show an event."""
    active = sum(invitee.status == "active" for invitee in row.invitees)
    limit = 1 if row.event_type.kind == "solo" else 100
    shown: Json = {
        "uri": event_uri(row),
        "name": row.event_type.name,
        "status": row.status,
        "start_time": to_text(row.start_time),
        "end_time": to_text(row.end_time),
        "event_type": event_type_uri(row.event_type),
        "location": {"type": "custom", "location": "Sandbox"},
        "invitees_counter": {"total": len(row.invitees), "active": active, "limit": limit},
        "event_memberships": [_host(host) for host in row.hosts],
        "event_guests": [],
        "created_at": to_text(row.created_at),
        "updated_at": to_text(row.updated_at),
    }
    return {**shown, "cancellation": cancellation(row.cancellation)} if row.cancellation else shown


def _host(host: User) -> Json:
    return {"user": user_uri(host), "user_email": host.email, "user_name": host.name}


def invitee(row: Invitee) -> Json:
    """Show an invitee."""
    first, _, last = row.name.partition(" ")
    shown: Json = {
        "uri": invitee_uri(row),
        "email": row.email,
        "name": row.name,
        "first_name": first,
        "last_name": last or None,
        "status": row.status,
        "timezone": row.timezone,
        "event": event_uri(row.event),
        "rescheduled": False,
        "old_invitee": None,
        "new_invitee": None,
        "cancel_url": f"https://calendly.com/cancellations/{row.uuid}",
        "reschedule_url": f"https://calendly.com/reschedulings/{row.uuid}",
        "no_show": _mark(row.no_show) if row.no_show else None,
        "created_at": to_text(row.created_at),
        "updated_at": to_text(row.updated_at),
    }
    return {**shown, "cancellation": cancellation(row.cancellation)} if row.cancellation else shown


def _mark(row: NoShow) -> Json:
    return {"uri": no_show_uri(row), "created_at": to_text(row.created_at)}


def no_show(row: NoShow) -> Json:
    """Show a no-show."""
    return {
        "uri": no_show_uri(row),
        "invitee": invitee_uri(row.invitee),
        "created_at": to_text(row.created_at),
    }


def subscription(row: Subscription) -> Json:
    """Show a subscription."""
    return {
        "uri": subscription_uri(row),
        "callback_url": row.url,
        "created_at": to_text(row.created_at),
        "updated_at": to_text(row.created_at),
        "retry_started_at": None,
        "state": row.state,
        "events": row.events,
        "scope": row.scope,
        "organization": organization_uri(row.organization),
        "user": row.user,
        "group": row.group,
        "creator": user_uri(row.creator),
    }


def scheduling_link(row: SchedulingLink) -> Json:
    """Show a scheduling link."""
    return {
        "booking_url": row.booking_url,
        "owner": event_type_uri(row.event_type),
        "owner_type": "EventType",
    }

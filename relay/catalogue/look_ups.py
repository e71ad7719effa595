"""The look-ups that templates make, as data. Their facts are those of Calendly's reference of its list endpoints."""

from __future__ import annotations

from relay.catalogue.look_up import Listing, LookUp, Match

_EVENT_SHOWS = ("uri", "name", "start_time", "status")
_INVITEE_SHOWS = ("uri", "name", "email", "status")
_INVITEES = "/scheduled_events/{event_uuid}/invitees"

MEMBERSHIP = LookUp(
    finds="membership_uuid",
    by=("email",),
    one="membership",
    many="memberships",
    listings=(
        Listing(
            path="/organization_memberships",
            query={"organization": "{organization}", "email": "{email}"},
        ),
    ),
    match=(Match(field="email", attributes=("user.email",), like="email"),),
    shows=("uri", "user.name", "user.email", "role"),
)

INVITATION = LookUp(
    finds="invitation_uuid",
    by=("email",),
    one="pending invitation",
    many="pending invitations",
    listings=(Listing(path="/organizations/{organization_uuid}/invitations", query={"email": "{email}"}),),
    match=(Match(field="email", attributes=("email",), like="email"),),
    having={"status": "pending"},
    shows=("uri", "email", "status", "created_at"),
)

_EVENTS_OF = {
    "invitee_email": "{invitee_email}",
    "min_start_time": "{earliest}",
    "max_start_time": "{latest}",
}
EVENT = LookUp(
    finds="event_uuid",
    by=("invitee_email",),
    narrowed_by=("start_time",),
    one="active event",
    many="active events",
    listings=(
        Listing(
            path="/scheduled_events",
            query={"organization": "{organization}", **_EVENTS_OF},
            for_managers=True,
        ),
        Listing(path="/scheduled_events", query={"user": "{user}", **_EVENTS_OF}, where_refused=True),
    ),
    match=(Match(field="start_time", attributes=("start_time",), like="moment"),),
    having={"status": "active"},
    at_most={"invitees_counter.active": 1},
    why_at_most="An event with several invitees needs its event_uuid, because it is canceled for all of them",
    shows=_EVENT_SHOWS,
)

INVITEE = LookUp(
    finds="invitee",
    by=("event_uuid", "email"),
    one="active invitee",
    many="active invitees",
    listings=(Listing(path=_INVITEES, query={"email": "{email}"}),),
    match=(Match(field="email", attributes=("email",), like="email"),),
    having={"status": "active"},
    shows=_INVITEE_SHOWS,
    used_up=False,
)

NO_SHOW_OF_INVITEE = LookUp(
    finds="no_show_uuid",
    by=("invitee",),
    one="no-show",
    many="no-shows",
    listings=(Listing(path="/scheduled_events/{invitee_event_uuid}/invitees/{invitee_uuid}", single=True),),
    takes="no_show.uri",
    shows=_INVITEE_SHOWS,
)

NO_SHOW_OF_EMAIL = LookUp(
    finds="no_show_uuid",
    by=("event_uuid", "email"),
    one="no-show",
    many="no-shows",
    listings=(Listing(path=_INVITEES, query={"email": "{email}"}),),
    match=(Match(field="email", attributes=("email",), like="email"),),
    takes="no_show.uri",
    shows=_INVITEE_SHOWS,
)

SUBSCRIPTION = LookUp(
    finds="webhook_subscription_uuid",
    by=("url",),
    one="webhook subscription",
    many="webhook subscriptions",
    listings=(
        Listing(
            path="/webhook_subscriptions",
            query={"organization": "{organization}", "scope": "organization"},
            for_managers=True,
        ),
        Listing(
            path="/webhook_subscriptions",
            query={"organization": "{organization}", "scope": "user", "user": "{user}"},
        ),
    ),
    match=(Match(field="url", attributes=("callback_url",)),),
    shows=("uri", "callback_url", "scope", "state"),
    shows_all=True,
)

EVENT_TYPE = LookUp(
    finds="owner",
    by=("event_type",),
    one="active event type",
    many="active event types",
    listings=(
        Listing(
            path="/event_types",
            query={"organization": "{organization}", "active": "true"},
            for_managers=True,
        ),
        Listing(path="/event_types", query={"user": "{user}", "active": "true"}, where_refused=True),
    ),
    match=(Match(field="event_type", attributes=("name", "slug", "scheduling_url", "uri"), like="name"),),
    shows=("uri", "name", "scheduling_url"),
    shows_all=True,
    used_up=False,
)

"""The world a fresh sandbox starts with. The ids never change; the times are relative to the start."""

from __future__ import annotations

from datetime import datetime, timedelta

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
    Subscription,
    Token,
    User,
)
from sandbox.resources import user_uri
from sandbox.state import State

ORGANIZATION = "ACMESANDBOX00001"
OWNER, ADMIN, MEMBER, FREE = "USEROWNER0000001", "USERADMIN0000001", "USERMEMBER000001", "USERFREE00000001"
OWNER_MEMBERSHIP, ADMIN_MEMBERSHIP, MEMBER_MEMBERSHIP = (
    "MEMBEROWNER00001",
    "MEMBERADMIN00001",
    "MEMBERMEMBER0001",
)
FREE_ORGANIZATION, FREE_MEMBERSHIP = "FREESANDBOX00001", "MEMBERFREE000001"
GROUP = "GROUPSALES000001"
DEMO, INTRO, WEBINAR, RETIRED, MEMBERS_OWN, FREE_OWN = (
    "EVENTTYPEDEMO001",
    "EVENTTYPEINTRO01",
    "EVENTTYPEGROUP01",
    "EVENTTYPEOLD0001",
    "EVENTTYPEMEMBER1",
    "EVENTTYPEFREE001",
)
FUTURE_EVENT, SECOND_FUTURE_EVENT, PAST_EVENT, CANCELED_EVENT, MEMBERS_EVENT, WEBINAR_EVENT, FREE_EVENT = (
    f"e0000000-0000-4000-8000-00000000000{number}" for number in range(1, 8)
)
# The invitee of each event carries the event's number; the past event has a second one, who did not come.
(
    FUTURE_INVITEE,
    SECOND_FUTURE_INVITEE,
    PAST_INVITEE,
    CANCELED_INVITEE,
    MEMBERS_INVITEE,
    WEBINAR_INVITEE,
    FREE_INVITEE,
) = (f"a0000000-0000-4000-8000-00000000000{number}" for number in range(1, 8))
ABSENT_INVITEE = "a0000000-0000-4000-8000-000000000103"
NO_SHOW = "d0000000-0000-4000-8000-000000000103"
PENDING_INVITATION, ACCEPTED_INVITATION, DECLINED_INVITATION = (
    "INVITEPENDING001",
    "INVITEACCEPTED01",
    "INVITEDECLINED01",
)
SUBSCRIPTION = "WEBHOOKSANDBOX01"
SUBSCRIBED_URL = "https://crm.example/hooks/calendly"
TOKEN, ADMIN_TOKEN, MEMBER_TOKEN, FREE_TOKEN = "sandbox", "sandbox-admin", "sandbox-member", "sandbox-free"
READ_TOKEN, NARROW_TOKEN = "sandbox-readonly", "sandbox-scoped"
READ_SCOPES = frozenset(
    f"{family}:read"
    for family in (
        "users",
        "organizations",
        "event_types",
        "scheduled_events",
        "webhooks",
        "contacts",
        "groups",
    )
)
NARROW_SCOPES = frozenset({"users:read", "scheduled_events:write"})


def sow(state: State) -> None:
    """Fill an empty state with the documented world."""
    now = state.clock.now().replace(minute=0, second=0, microsecond=0)
    _people(state, now)
    _tokens(state)
    _event_types(state, now)
    _events(state, now)
    _invitations(state, now)
    _subscription(state, now)


def _people(state: State, now: datetime) -> None:
    since = now - timedelta(days=400)
    acme = Organization(ORGANIZATION)
    free = Organization(FREE_ORGANIZATION, plan="Free", seats=1, data_requests=False)
    owner = User(OWNER, "Olivia Owner", "olivia@acme.example", since)
    admin = User(ADMIN, "Adam Admin", "adam@acme.example", since)
    member = User(MEMBER, "Mia Member", "mia@acme.example", since)
    alone = User(FREE, "Fred Free", "fred@free.example", since)
    state.add_membership(Membership(OWNER_MEMBERSHIP, owner, acme, "owner", since))
    state.add_membership(Membership(ADMIN_MEMBERSHIP, admin, acme, "admin", since))
    state.add_membership(Membership(MEMBER_MEMBERSHIP, member, acme, "user", since))
    state.add_membership(Membership(FREE_MEMBERSHIP, alone, free, "owner", since))
    state.groups[GROUP] = Group(GROUP, acme, "Sales", [owner, member])


def _tokens(state: State) -> None:
    owner = state.users[OWNER]
    for token in (
        Token(TOKEN, owner),
        Token(ADMIN_TOKEN, state.users[ADMIN]),
        Token(MEMBER_TOKEN, state.users[MEMBER]),
        Token(FREE_TOKEN, state.users[FREE]),
        Token(READ_TOKEN, owner, READ_SCOPES),
        Token(NARROW_TOKEN, owner, NARROW_SCOPES),
    ):
        state.tokens[token.value] = token


def _event_types(state: State, now: datetime) -> None:
    since = now - timedelta(days=200)
    acme, free = state.organizations[ORGANIZATION], state.organizations[FREE_ORGANIZATION]
    owner, member, alone = state.users[OWNER], state.users[MEMBER], state.users[FREE]
    for event_type in (
        EventType(DEMO, acme, owner, "30 Minute Demo", 30, since),
        EventType(INTRO, acme, owner, "15 Minute Intro", 15, since),
        EventType(WEBINAR, acme, owner, "Product Webinar", 60, since, kind="group"),
        EventType(RETIRED, acme, owner, "Old Consultation", 45, since, active=False),
        EventType(MEMBERS_OWN, acme, member, "Onboarding Call", 30, since),
        EventType(FREE_OWN, free, alone, "Coffee Chat", 30, since),
    ):
        state.event_types[event_type.uuid] = event_type


def _events(state: State, now: datetime) -> None:
    week = timedelta(days=7)
    _event(state, FUTURE_EVENT, DEMO, now + week, {FUTURE_INVITEE: "Grace Hopper"})
    _event(state, SECOND_FUTURE_EVENT, INTRO, now + 2 * week, {SECOND_FUTURE_INVITEE: "Alan Turing"})
    past = {PAST_INVITEE: "Katherine Johnson", ABSENT_INVITEE: "Edsger Dijkstra"}
    _event(state, PAST_EVENT, WEBINAR, now - week, past)
    canceled = _event(state, CANCELED_EVENT, DEMO, now + week, {CANCELED_INVITEE: "Barbara Liskov"})
    _event(state, MEMBERS_EVENT, MEMBERS_OWN, now + week, {MEMBERS_INVITEE: "Donald Knuth"})
    _event(state, WEBINAR_EVENT, WEBINAR, now + 3 * week, {WEBINAR_INVITEE: "Radia Perlman"})
    _event(state, FREE_EVENT, FREE_OWN, now + week, {FREE_INVITEE: "Ken Thompson"})
    canceled.cancel(Cancellation("Olivia Owner", "The customer is on holiday", now - week))
    state.add_no_show(NoShow(NO_SHOW, state.invitees[ABSENT_INVITEE], now - week + timedelta(hours=2)))


def _event(state: State, uuid: str, event_type_uuid: str, start: datetime, invitees: dict[str, str]) -> Event:
    event_type = state.event_types[event_type_uuid]
    booked = state.clock.now() - timedelta(days=14)
    end = start + timedelta(minutes=event_type.duration)
    event = Event(uuid, event_type, [event_type.owner], start, end, booked, booked)
    for invitee_uuid, name in invitees.items():
        email = f"{name.split()[0].lower()}@customer.example"
        event.invitees.append(Invitee(invitee_uuid, event, email, name, booked, booked))
    state.add_event(event)
    return event


def _invitations(state: State, now: datetime) -> None:
    acme, sent = state.organizations[ORGANIZATION], now - timedelta(days=3)
    member = state.users[MEMBER]
    state.add_invitation(Invitation(PENDING_INVITATION, acme, "new.hire@acme.example", "pending", sent, sent))
    state.add_invitation(Invitation(ACCEPTED_INVITATION, acme, member.email, "accepted", sent, sent, member))
    state.add_invitation(Invitation(DECLINED_INVITATION, acme, "not.me@acme.example", "declined", sent, sent))


def _subscription(state: State, now: datetime) -> None:
    owner = state.users[OWNER]
    subscription = Subscription(
        uuid=SUBSCRIPTION,
        url=SUBSCRIBED_URL,
        events=["invitee.created", "invitee.canceled"],
        scope="user",
        organization=state.organizations[ORGANIZATION],
        creator=owner,
        user=user_uri(owner),
        created_at=now - timedelta(days=30),
    )
    state.subscriptions[subscription.uuid] = subscription

"""Adding things to the world on request: many events, members, invitations, subscriptions and tokens at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from sandbox import resources
from sandbox.entities import (
    INVITATION_STATUSES,
    PLANS,
    ROLES,
    SUBSCRIPTION_SCOPES,
    Cancellation,
    Event,
    EventType,
    Invitation,
    Invitee,
    Membership,
    NoShow,
    Organization,
    Subscription,
    Token,
    User,
)
from sandbox.mistakes import Mistake
from sandbox.seed import DEMO, ORGANIZATION, OWNER
from sandbox.state import State
from sandbox.uris import new_long, new_short
from sandbox.wishes import Wish

MOST_AT_ONCE = 20_000
WEEK_SECONDS = 7 * 24 * 3600
Made = dict[str, object]


def plant(state: State, wishes: Mapping[str, object]) -> dict[str, list[Made]]:
    """Make what is wished for and answer with its URIs; a Mistake says what makes no sense."""
    unknown = set(wishes) - set(PLANTERS)
    if unknown:
        raise Mistake(f"unknown: {', '.join(sorted(unknown))}; possible are {', '.join(PLANTERS)}")
    with state.lock:
        return {kind: _plant_kind(state, kind, given) for kind, given in wishes.items()}


def _plant_kind(state: State, kind: str, given: object) -> list[Made]:
    made = []
    for item in given if isinstance(given, list) else [given]:
        wish = Wish(kind, item)
        count = wish.number("count", 1, least=0, most=MOST_AT_ONCE)
        made += [PLANTERS[kind](state, wish) for _ in range(int(count))]
        wish.check_all_read(ignore=count == 0)
    return made


def _event(state: State, wish: Wish) -> Made:
    event_type = wish.find("event_type", state.event_types, DEMO)
    hosts = [wish.find("host", state.users, event_type.owner.uuid)]
    now = state.clock.now()
    start = now + timedelta(seconds=wish.number("start_in", WEEK_SECONDS))
    end = start + timedelta(minutes=wish.number("duration", event_type.duration, least=1))
    booked = min(now, start)
    event = Event(new_long(), event_type, hosts, start, end, booked, booked)
    for _ in range(int(wish.number("invitees", 1, least=0, most=100))):
        number = next(state.numbers)
        email = wish.text("email", "guest{n}@load.example").replace("{n}", str(number))
        event.invitees.append(Invitee(new_long(), event, email, f"Guest {number}", booked, booked))
    if wish.one_of("status", ("active", "canceled"), "active") == "canceled":
        event.cancel(Cancellation(hosts[0].name, wish.text("reason", "") or None, now))
    _use_link(state, wish.text("scheduling_link", ""))
    state.add_event(event)
    no_shows = [_no_show(state, invitee) for invitee in event.invitees if wish.flag("no_show")]
    return {
        "uri": resources.event_uri(event),
        "uuid": event.uuid,
        "invitees": [resources.invitee_uri(invitee) for invitee in event.invitees],
        "emails": [invitee.email for invitee in event.invitees],
        "no_shows": no_shows,
    }


def _use_link(state: State, booking_url: str) -> None:
    """Book by a single-use link, if one is named: it is dead afterwards."""
    if not booking_url:
        return
    link = state.scheduling_links.get(booking_url)
    if link is None or link.used:
        raise Mistake("events.scheduling_link does not exist, or was used before")
    link.used = True


def _no_show(state: State, invitee: Invitee) -> str:
    mark = NoShow(new_long(), invitee, state.clock.now())
    state.add_no_show(mark)
    return resources.no_show_uri(mark)


def _membership(state: State, wish: Wish) -> Made:
    number, now = next(state.numbers), state.clock.now()
    email = wish.text("email", "member{n}@load.example").replace("{n}", str(number))
    user = User(new_short(), wish.text("name", f"Member {number}"), email, now)
    organization = wish.find("organization", state.organizations, ORGANIZATION)
    role = wish.one_of("role", ROLES, "user")
    row = Membership(new_short(), user, organization, role, now)
    state.add_membership(row)
    return {
        "uri": resources.membership_uri(row),
        "uuid": row.uuid,
        "user": resources.user_uri(user),
        "email": email,
    }


def _invitation(state: State, wish: Wish) -> Made:
    number, now = next(state.numbers), state.clock.now()
    email = wish.text("email", "invited{n}@load.example").replace("{n}", str(number))
    organization = wish.find("organization", state.organizations, ORGANIZATION)
    status = wish.one_of("status", INVITATION_STATUSES, "pending")
    row = Invitation(new_short(), organization, email, status, now, now)
    state.add_invitation(row)
    return {"uri": resources.invitation_uri(row), "uuid": row.uuid, "email": email}


def _subscription(state: State, wish: Wish) -> Made:
    creator = wish.find("user", state.users, OWNER)
    scope = wish.one_of("scope", SUBSCRIPTION_SCOPES[:2], "organization")
    row = Subscription(
        uuid=new_short(),
        url=wish.text("url", "https://load.example/hooks/{n}").replace("{n}", str(next(state.numbers))),
        events=wish.texts("events", ["invitee.created"]),
        scope=scope,
        organization=state.membership_of(creator).organization,
        creator=creator,
        user=resources.user_uri(creator) if scope == "user" else None,
        state=wish.one_of("state", ("active", "disabled"), "active"),
        created_at=state.clock.now(),
    )
    state.subscriptions[row.uuid] = row
    return {"uri": resources.subscription_uri(row), "uuid": row.uuid, "callback_url": row.url}


def _event_type(state: State, wish: Wish) -> Made:
    owner = wish.find("user", state.users, OWNER)
    row = EventType(
        uuid=new_short(),
        organization=state.membership_of(owner).organization,
        owner=owner,
        name=wish.text("name", "Event Type {n}").replace("{n}", str(next(state.numbers))),
        duration=int(wish.number("duration", 30, least=1)),
        created_at=state.clock.now(),
        active=wish.flag("active", otherwise=True),
        kind=wish.one_of("kind", ("solo", "group"), "solo"),
    )
    state.event_types[row.uuid] = row
    return {"uri": resources.event_type_uri(row), "uuid": row.uuid, "name": row.name}


def _organization(state: State, wish: Wish) -> Made:
    organization = Organization(
        new_short(),
        plan=wish.one_of("plan", PLANS, "Enterprise"),
        seats=int(wish.number("seats", 100, least=0)),
        trial=wish.flag("trial"),
        scim=wish.flag("scim"),
        data_requests=wish.flag("data_requests", otherwise=True),
    )
    now = state.clock.now()
    owner = User(new_short(), "Other Owner", f"owner{next(state.numbers)}@elsewhere.example", now)
    state.add_membership(Membership(new_short(), owner, organization, "owner", now))
    return {
        "uri": resources.organization_uri(organization),
        "uuid": organization.uuid,
        "owner": resources.user_uri(owner),
    }


def _token(state: State, wish: Wish) -> Made:
    scopes = wish.texts("scopes", None)
    limit = wish.number("limit", -1, least=0)
    token = Token(
        value=wish.text("token", "sandbox-{n}").replace("{n}", str(next(state.numbers))),
        user=wish.find("user", state.users, OWNER),
        scopes=frozenset(scopes) if scopes is not None else None,
        plan=wish.one_of("plan", PLANS, None),
        limit=int(limit) if limit >= 0 else None,
    )
    state.tokens[token.value] = token
    return {"token": token.value, "user": resources.user_uri(token.user)}


PLANTERS: dict[str, Callable[[State, Wish], Made]] = {
    "organizations": _organization,
    "memberships": _membership,
    "event_types": _event_type,
    "events": _event,
    "invitations": _invitation,
    "webhook_subscriptions": _subscription,
    "tokens": _token,
}

"""The state sheet: every entity of the simulated Calendly, kept in memory behind one lock."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from threading import RLock
from typing import Literal

from sandbox.clock import Clock
from sandbox.entities import (
    DeletionRequest,
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
    Token,
    User,
)
from sandbox.uris import new_short


@dataclass(slots=True)
class Rules:
    """Where nobody documents what Calendly does, the sandbox can be told which way to answer."""

    webhook_key: Literal["url", "url_scope_owner"] = "url"
    repeated_no_show: Literal["refuse", "answer_existing"] = "refuse"


class State:
    """All entities by uuid. Whoever reads or changes them holds `lock`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = RLock()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.rules = Rules()
        # One running number for everything planted, so that two plantings never collide.
        self.numbers = itertools.count(1)
        self.tokens: dict[str, Token] = {}
        self.organizations: dict[str, Organization] = {}
        self.users: dict[str, User] = {}
        self.memberships: dict[str, Membership] = {}
        self.groups: dict[str, Group] = {}
        self.invitations: dict[str, Invitation] = {}
        self.event_types: dict[str, EventType] = {}
        self.events: dict[str, Event] = {}
        self.invitees: dict[str, Invitee] = {}
        self.no_shows: dict[str, NoShow] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.scheduling_links: dict[str, SchedulingLink] = {}
        self.deletion_requests: list[DeletionRequest] = []
        # Looked up on every call; a scan would make each invitation cost more than the one before.
        self._membership_of: dict[str, Membership] = {}
        self._member_at: dict[tuple[str, str], Membership] = {}
        self._invited_at: dict[tuple[str, str], Invitation] = {}
        self._seats: Counter[str] = Counter()

    def add_membership(self, membership: Membership) -> None:
        """Let a user join an organization, which becomes the current one."""
        self.users[membership.user.uuid] = membership.user
        self.organizations[membership.organization.uuid] = membership.organization
        self.memberships[membership.uuid] = membership
        self._membership_of[membership.user.uuid] = membership
        self._member_at[membership.organization.uuid, membership.user.email.lower()] = membership
        self._seats[membership.organization.uuid] += 1

    def remove_membership(self, membership: Membership) -> None:
        """Take a user out of the organization; the account goes on alone, on the free plan."""
        del self.memberships[membership.uuid]
        del self._member_at[membership.organization.uuid, membership.user.email.lower()]
        self._seats[membership.organization.uuid] -= 1
        own = Organization(new_short(), plan="Free", seats=1, data_requests=False)
        self.add_membership(Membership(new_short(), membership.user, own, "owner", self.clock.now()))

    def membership_of(self, user: User) -> Membership:
        """Find the membership in the user's current organization; every user has exactly one."""
        return self._membership_of[user.uuid]

    def member_at(self, organization: Organization, email: str) -> Membership | None:
        """Find the member of an organization with that address."""
        return self._member_at.get((organization.uuid, email.lower()))

    def add_invitation(self, invitation: Invitation) -> None:
        """Keep an invitation; a pending one blocks another to the same address."""
        self.invitations[invitation.uuid] = invitation
        if invitation.status == "pending":
            self._invited_at[invitation.organization.uuid, invitation.email.lower()] = invitation
            self._seats[invitation.organization.uuid] += 1

    def remove_invitation(self, invitation: Invitation) -> None:
        """Forget an invitation, so that the address may be invited again."""
        del self.invitations[invitation.uuid]
        if self._invited_at.pop((invitation.organization.uuid, invitation.email.lower()), None):
            self._seats[invitation.organization.uuid] -= 1

    def invited_at(self, organization: Organization, email: str) -> Invitation | None:
        """Find the pending invitation of that address."""
        return self._invited_at.get((organization.uuid, email.lower()))

    def seats_taken(self, organization: Organization) -> int:
        """Members and pending invitations together."""
        return self._seats[organization.uuid]

    def add_event(self, event: Event) -> None:
        """Keep an event with its invitees."""
        self.events[event.uuid] = event
        self.invitees.update((invitee.uuid, invitee) for invitee in event.invitees)

    def add_no_show(self, no_show: NoShow) -> None:
        """Mark an invitee as not having come."""
        self.no_shows[no_show.uuid] = no_show
        no_show.invitee.no_show = no_show

    def remove_no_show(self, no_show: NoShow) -> None:
        """Take the mark away."""
        del self.no_shows[no_show.uuid]
        no_show.invitee.no_show = None

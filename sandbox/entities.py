"""What the simulator remembers: one small record per kind of thing. Ids are bare uuids."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Plan = Literal["Free", "Standard", "Teams", "Enterprise"]
Role = Literal["owner", "admin", "user"]
Status = Literal["active", "canceled"]

InvitationStatus = Literal["pending", "accepted", "declined"]
SubscriptionScope = Literal["organization", "user", "group"]

PLANS: tuple[Plan, ...] = ("Free", "Standard", "Teams", "Enterprise")
ROLES: tuple[Role, ...] = ("owner", "admin", "user")
INVITATION_STATUSES: tuple[InvitationStatus, ...] = ("pending", "accepted", "declined")
SUBSCRIPTION_SCOPES: tuple[SubscriptionScope, ...] = ("organization", "user", "group")
DEFAULT_SEATS = 100_000


@dataclass(slots=True)
class Organization:
    """An account that pays: its plan decides what its members may do."""

    uuid: str
    plan: Plan = "Enterprise"
    seats: int = DEFAULT_SEATS
    trial: bool = False
    scim: bool = False
    data_requests: bool = True


@dataclass(slots=True)
class User:
    """A person with an account."""

    uuid: str
    name: str
    email: str
    created_at: datetime
    timezone: str = "Europe/Berlin"

    @property
    def slug(self) -> str:
        """The name as it stands in addresses."""
        return self.name.lower().replace(" ", "-")


@dataclass(slots=True)
class Membership:
    """A user's place in an organization. Every user has exactly one."""

    uuid: str
    user: User
    organization: Organization
    role: Role
    created_at: datetime


@dataclass(slots=True)
class Token:
    """An access token. `scopes` None is the old kind with full access; `limit` overrides the plan's.

    Personal access tokens last; those of OAuth end at `expires_at`.
    """

    value: str
    user: User
    scopes: frozenset[str] | None = None
    plan: Plan | None = None
    limit: int | None = None
    expires_at: datetime | None = None


@dataclass(slots=True)
class Group:
    """Some members of an organization under one name."""

    uuid: str
    organization: Organization
    name: str
    users: list[User]


@dataclass(slots=True)
class Invitation:
    """An offer to join an organization."""

    uuid: str
    organization: Organization
    email: str
    status: InvitationStatus
    created_at: datetime
    updated_at: datetime
    user: User | None = None


@dataclass(slots=True)
class EventType:
    """A kind of meeting that can be booked."""

    uuid: str
    organization: Organization
    owner: User
    name: str
    duration: int
    created_at: datetime
    active: bool = True
    kind: Literal["solo", "group"] = "solo"

    @property
    def slug(self) -> str:
        """The name as it stands in addresses."""
        return self.name.lower().replace(" ", "-")


@dataclass(slots=True)
class Cancellation:
    """Who called an event off, and why."""

    canceled_by: str
    reason: str | None
    created_at: datetime
    canceler_type: Literal["host", "invitee"] = "host"


@dataclass(slots=True)
class Event:
    """A booked meeting."""

    uuid: str
    event_type: EventType
    hosts: list[User]
    start_time: datetime
    end_time: datetime
    created_at: datetime
    updated_at: datetime
    status: Status = "active"
    cancellation: Cancellation | None = None
    invitees: list[Invitee] = field(default_factory=list)

    @property
    def organization(self) -> Organization:
        """Whose event it is."""
        return self.event_type.organization

    def cancel(self, cancellation: Cancellation) -> None:
        """Cancel the event and, with it, every invitee."""
        self.status, self.cancellation, self.updated_at = "canceled", cancellation, cancellation.created_at
        for invitee in self.invitees:
            invitee.status, invitee.cancellation = "canceled", cancellation
            invitee.updated_at = cancellation.created_at


@dataclass(slots=True)
class Invitee:
    """A person who booked, or was booked for."""

    uuid: str
    event: Event
    email: str
    name: str
    created_at: datetime
    updated_at: datetime
    timezone: str = "Europe/Berlin"
    status: Status = "active"
    no_show: NoShow | None = None
    cancellation: Cancellation | None = None


@dataclass(slots=True)
class NoShow:
    """The mark of an invitee who did not come."""

    uuid: str
    invitee: Invitee
    created_at: datetime


@dataclass(slots=True)
class Subscription:
    """A webhook subscription."""

    uuid: str
    url: str
    events: list[str]
    scope: SubscriptionScope
    organization: Organization
    creator: User
    created_at: datetime
    user: str | None = None
    group: str | None = None
    signing_key: str | None = None
    state: Literal["active", "disabled"] = "active"


@dataclass(slots=True)
class SchedulingLink:
    """An address that can be booked once."""

    booking_url: str
    event_type: EventType
    created_at: datetime
    used: bool = False


@dataclass(slots=True)
class DeletionRequest:
    """Somebody's data is to be erased, by address or by when the event was."""

    organization: Organization
    requested_at: datetime
    emails: list[str] = field(default_factory=list)
    start_time: datetime | None = None
    end_time: datetime | None = None
    done: bool = False

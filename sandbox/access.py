"""Who may do what: scopes of the token, plan and role of its user."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.entities import Event, Membership, Organization, Plan, Token, User
from sandbox.refusals import insufficient_scope
from sandbox.state import State


def require_scopes(token: Token, scopes: Iterable[str]) -> None:
    """Refuse unless the token has every scope; `:write` includes the same family's `:read`."""
    if token.scopes is None:
        return
    missing = [scope for scope in scopes if not _has(token.scopes, scope)]
    if missing:
        raise insufficient_scope(missing)


def _has(scopes: frozenset[str], scope: str) -> bool:
    return scope in scopes or scope.replace(":read", ":write") in scopes


def plan_of(state: State, token: Token) -> Plan:
    """Give the plan that counts for a token: its own if it was given one, else its organization's."""
    return token.plan or state.membership_of(token.user).organization.plan


def manages(membership: Membership, organization: Organization) -> bool:
    """Whether the member is owner or admin of that organization."""
    return membership.organization is organization and membership.role in {"owner", "admin"}


def may_touch(membership: Membership, event: Event) -> bool:
    """Whether the member hosts the event, or manages the organization it belongs to."""
    return membership.user in event.hosts or manages(membership, event.organization)


def shares_organization(state: State, membership: Membership, user: User) -> bool:
    """Whether that user is a member of the same organization."""
    return state.membership_of(user).organization is membership.organization

"""The whole state sheet as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sandbox import resources
from sandbox.access import plan_of
from sandbox.clock import to_text
from sandbox.entities import DeletionRequest, Group, Organization, SchedulingLink, Token
from sandbox.resources import Json
from sandbox.state import State


def snapshot(state: State) -> dict[str, object]:
    """Everything the simulator remembers at this moment."""
    with state.lock:
        return {
            "now": to_text(state.clock.now()),
            "rules": asdict(state.rules),
            "tokens": [_token(state, token) for token in state.tokens.values()],
            "organizations": [_organization(row) for row in state.organizations.values()],
            "groups": [_group(row) for row in state.groups.values()],
            "organization_memberships": [resources.membership(row) for row in state.memberships.values()],
            "organization_invitations": [resources.invitation(row) for row in state.invitations.values()],
            "event_types": [resources.event_type(row) for row in state.event_types.values()],
            "scheduled_events": [resources.event(row) for row in state.events.values()],
            "invitees": [resources.invitee(row) for row in state.invitees.values()],
            "invitee_no_shows": [resources.no_show(row) for row in state.no_shows.values()],
            "webhook_subscriptions": [resources.subscription(row) for row in state.subscriptions.values()],
            "scheduling_links": [_link(row) for row in state.scheduling_links.values()],
            "deletion_requests": _deletion_requests(state.deletion_requests),
        }


def _token(state: State, token: Token) -> Json:
    return {
        "token": token.value,
        "user": resources.user_uri(token.user),
        "scopes": sorted(token.scopes) if token.scopes is not None else None,
        "plan": plan_of(state, token),
        "limit": token.limit,
    }


def _organization(row: Organization) -> Json:
    return {"uri": resources.organization_uri(row), **asdict(row)}


def _group(row: Group) -> Json:
    return {
        "uri": resources.group_uri(row),
        "name": row.name,
        "organization": resources.organization_uri(row.organization),
        "users": [resources.user_uri(user) for user in row.users],
    }


def _link(row: SchedulingLink) -> Json:
    return {**resources.scheduling_link(row), "created_at": to_text(row.created_at), "used": row.used}


def _deletion_requests(rows: Iterable[DeletionRequest]) -> list[Json]:
    return [
        {
            "organization": resources.organization_uri(row.organization),
            "requested_at": to_text(row.requested_at),
            "emails": row.emails,
            "start_time": to_text(row.start_time) if row.start_time else None,
            "end_time": to_text(row.end_time) if row.end_time else None,
            "done": row.done,
        }
        for row in rows
    ]

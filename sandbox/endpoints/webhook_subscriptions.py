"""Webhook subscriptions: made, found and deleted. The simulator delivers nothing to them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

from sandbox.access import manages, plan_of, require_scopes, shares_organization
from sandbox.call import Answer, Call, Operation
from sandbox.clock import to_text
from sandbox.endpoints.finding import answer_page, find, read_uri
from sandbox.entities import Subscription
from sandbox.fields import Fields
from sandbox.paging import read_page
from sandbox.refusals import already_exists, denied
from sandbox.resources import subscription, user_uri
from sandbox.subscribing import SCOPES, check_events, needs_paid_plan, scopes_of
from sandbox.uris import new_short

T = TypeVar("T")


def create(call: Call) -> Answer:
    """Subscribe an address to events, once per address."""
    made = _read(call)
    require_scopes(call.token, scopes_of(made.events))
    _check_reach(call, made)
    if needs_paid_plan(made.events) and plan_of(call.state, call.token) == "Free":
        raise denied("Please upgrade to a paid Calendly account.")
    if any(_key(call, made) == _key(call, standing) for standing in call.state.subscriptions.values()):
        raise already_exists("Hook with this url already exists")
    call.state.subscriptions[made.uuid] = made
    return 201, {"resource": subscription(made)}


def _read(call: Call) -> Subscription:
    fields = call.fields()
    url, events = fields.uri("url"), fields.texts("events")
    scope = fields.one_of("scope", SCOPES)
    organization = read_uri(fields, "organization", "organizations")
    read_uri(fields, "user", "users", required=scope == "user")
    read_uri(fields, "group", "groups", required=scope == "group")
    key = fields.text("signing_key", required=False)
    check_events(fields, events, scope)
    fields.check()
    return Subscription(
        uuid=new_short(),
        url=url,
        events=events,
        scope="user" if scope == "user" else "group" if scope == "group" else "organization",
        organization=find(call.state.organizations, organization),
        creator=call.user,
        created_at=call.now,
        user=_text(fields, "user") if scope == "user" else None,
        group=_text(fields, "group") if scope == "group" else None,
        signing_key=key or None,
    )


def _text(fields: Fields, name: str) -> str:
    return str(fields.given[name])


def _key(call: Call, row: Subscription) -> Hashable:
    if call.state.rules.webhook_key == "url":
        return row.url
    return row.url, row.scope, row.user, row.group, row.organization.uuid


def _check_reach(call: Call, made: Subscription) -> None:
    """Let a manager subscribe for everybody in the organization, a plain member for himself."""
    own = call.membership
    if made.organization is not own.organization:
        raise denied()
    if made.user is not None:
        user = _last(call.state.users, made.user)
        if not shares_organization(call.state, own, user):
            raise denied()
        if user is not call.user and own.role == "user":
            raise denied("You do not have permission")
    elif own.role == "user":
        raise denied("You do not have permission")
    if made.group is not None and _last(call.state.groups, made.group).organization is not own.organization:
        raise denied()


def _last(things: Mapping[str, T], uri: str) -> T:
    return find(things, uri.rsplit("/", 1)[1])


def list_subscriptions(call: Call) -> Answer:
    """Subscriptions of one scope."""
    fields = call.parameters()
    organization = read_uri(fields, "organization", "organizations")
    scope = fields.one_of("scope", SCOPES)
    user = read_uri(fields, "user", "users", required=scope == "user")
    read_uri(fields, "group", "groups", required=scope == "group")
    wanted = read_page(fields, ("created_at",), "created_at:asc")
    fields.check()
    own = call.membership
    if find(call.state.organizations, organization) is not own.organization:
        raise denied()
    if own.role == "user" and user != call.user.uuid:
        raise denied("You do not have permission")
    rows = [row for row in call.state.subscriptions.values() if _fits(call, row, scope)]
    return answer_page(call, rows, wanted, lambda row: to_text(row.created_at), subscription)


def _fits(call: Call, row: Subscription, scope: str) -> bool:
    """Whether a row has the asked-for scope; user and group only narrow their own scope."""
    home = row.organization is call.membership.organization
    owner = {"user": row.user, "group": row.group}.get(scope)
    return (
        home and row.scope == scope and owner == (call.query.get(scope) if scope != "organization" else None)
    )


def show(call: Call) -> Answer:
    """One subscription."""
    return 200, {"resource": subscription(_reachable(call))}


def delete(call: Call) -> Answer:
    """End a subscription."""
    del call.state.subscriptions[_reachable(call).uuid]
    return 204, None


def _reachable(call: Call) -> Subscription:
    found = find(call.state.subscriptions, call.ids["webhook_uuid"])
    if found.organization is not call.membership.organization:
        raise denied("You do not have permission")
    own = found.creator is call.user or found.user == user_uri(call.user)
    if not own and not manages(call.membership, found.organization):
        raise denied()
    return found


OPERATIONS = (
    Operation("POST", "/webhook_subscriptions", "webhooks:write", create, takes_body=True),
    Operation("GET", "/webhook_subscriptions", "webhooks:read", list_subscriptions),
    Operation("GET", "/webhook_subscriptions/<webhook_uuid>", "webhooks:read", show),
    Operation("DELETE", "/webhook_subscriptions/<webhook_uuid>", "webhooks:write", delete),
)

"""Paths and URIs of the seeded world, as the tests use them."""

from __future__ import annotations

from sandbox import seed
from sandbox.uris import make_uri

ORGANIZATION = make_uri("organizations", seed.ORGANIZATION)
FREE_ORGANIZATION = make_uri("organizations", seed.FREE_ORGANIZATION)
NO_ORGANIZATION = make_uri("organizations", "NOSUCHTHING00001")
OWNER, ADMIN, MEMBER, FREE = (
    make_uri("users", uuid) for uuid in (seed.OWNER, seed.ADMIN, seed.MEMBER, seed.FREE)
)
GROUP = make_uri("groups", seed.GROUP)
DEMO, MEMBERS_OWN, FREE_OWN, NO_EVENT_TYPE = (
    make_uri("event_types", uuid) for uuid in (seed.DEMO, seed.MEMBERS_OWN, seed.FREE_OWN, "NOSUCHTHING00001")
)
NOWHERE = "00000000-0000-4000-8000-000000000000"
INVITATIONS = f"/organizations/{seed.ORGANIZATION}/invitations"


def event_path(uuid: str, *more: str) -> str:
    """The path of an event, or of something below it."""
    return "/".join(("/scheduled_events", uuid, *more))


def invitee_uri(event: str, invitee: str) -> str:
    """The URI of an invitee."""
    return make_uri("scheduled_events", event, "invitees", invitee)


def hook(**changes: object) -> dict[str, object]:
    """A right body for a webhook subscription, with changes; a change to None leaves the field out."""
    body: dict[str, object] = {
        "url": "https://crm.example/new-hook",
        "events": ["invitee.created"],
        "organization": ORGANIZATION,
        "scope": "organization",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def link(**changes: object) -> dict[str, object]:
    """A right body for a scheduling link, with changes; a change to None leaves the field out."""
    body: dict[str, object] = {"max_event_count": 1, "owner": DEMO, "owner_type": "EventType", **changes}
    return {name: value for name, value in body.items() if value is not None}

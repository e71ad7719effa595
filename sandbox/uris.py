"""Calendly's identifiers: full URIs outside, the bare uuid inside."""

from __future__ import annotations

import secrets
import string
import uuid

BASE = "https://api.calendly.com"
SHORT_ALPHABET = string.ascii_uppercase + string.digits
SHORT_LENGTH = 16


def make_uri(*segments: str) -> str:
    """Give the URI of a resource, always on Calendly's own host as in real answers."""
    return "/".join((BASE, *segments))


def uuid_in(uri: str, *collections: str) -> str | None:
    """Give the last uuid of a URI that nests exactly these collections; None for any other text."""
    head, *segments = uri.removeprefix(BASE + "/").split("/")
    segments = [head, *segments]
    if not uri.startswith(BASE + "/") or len(segments) != 2 * len(collections):
        return None
    named_right = tuple(segments[::2]) == collections
    return segments[-1] if named_right and all(segments) else None


def invitee_in(uri: str) -> tuple[str, str] | None:
    """Give the event's and the invitee's uuid of a nested invitee URI."""
    invitee = uuid_in(uri, "scheduled_events", "invitees")
    return (uri.split("/")[-3], invitee) if invitee else None


def new_short() -> str:
    """Make a new id in the 16-character form that users, organizations and event types have."""
    return "".join(secrets.choice(SHORT_ALPHABET) for _ in range(SHORT_LENGTH))


def new_long() -> str:
    """Make a new id in the 36-character form that events, invitees and no-shows have."""
    return str(uuid.uuid4())

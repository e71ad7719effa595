"""Who the caller is."""

from __future__ import annotations

from sandbox.call import Answer, Call, Operation
from sandbox.resources import user


def me(call: Call) -> Answer:
    """Show the caller, with the organization that the token belongs to."""
    return 200, {"resource": user(call.user, call.membership.organization)}


OPERATIONS = (Operation("GET", "/users/me", "users:read", me),)

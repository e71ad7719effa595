"""The one door that all HTTP leaves through: bounded in time and size, without redirects, guarded as it connects."""

from relay.outgoing.door import Door, ForeignAddress, Sender
from relay.outgoing.doors import auth_door, calendly_door, callback_door, callback_policy

__all__ = [
    "Door",
    "ForeignAddress",
    "Sender",
    "auth_door",
    "callback_door",
    "callback_policy",
    "calendly_door",
]

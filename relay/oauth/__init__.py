"""OAuth: people connect credentials in their browser, and what they granted is renewed before it runs out."""

from relay.oauth.connecting import Connected, Connecting, NotConnected
from relay.oauth.grants import Grants
from relay.oauth.readiness import Broken, Later, Readiness, Ready
from relay.oauth.renewal import end_grant
from relay.oauth.server import AuthorizationServer
from relay.oauth.words import NOT_SET, foreign, not_connected

__all__ = [
    "NOT_SET",
    "AuthorizationServer",
    "Broken",
    "Connected",
    "Connecting",
    "Grants",
    "Later",
    "NotConnected",
    "Readiness",
    "Ready",
    "end_grant",
    "foreign",
    "not_connected",
]

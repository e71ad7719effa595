"""What the authorization server remembers: the one app, codes on their way, and what users granted."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.clock import to_text
from sandbox.entities import Token, User
from sandbox.oauth.refusing import OAuthRefusal, invalid_grant
from sandbox.resources import organization_uri, user_uri
from sandbox.state import State

CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-client-secret"
ALL_SCOPES = [
    "availability:write",
    "contacts:write",
    "data_compliance:write",
    "event_types:write",
    "groups:read",
    "meeting_recaps:read",
    "organizations:write",
    "routing_forms:read",
    "scheduled_events:write",
    "scheduling_links:write",
    "shares:write",
    "users:read",
    "webhooks:write",
]
WINDOW = timedelta(seconds=60)


@dataclass(slots=True)
class App:
    """The one OAuth app, and how the server treats it. `redirect_uris` None takes any."""

    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    redirect_uris: list[str] | None = None
    access_seconds: float = 7200
    code_seconds: float = 600
    token_calls: int = 8


@dataclass(slots=True)
class Code:
    """What a browser carries back, to be exchanged once."""

    user: User
    redirect_uri: str
    challenge: str
    expires_at: datetime
    used: bool = False


@dataclass(slots=True)
class Grant:
    """What a user allowed: one refresh token that works, and the access token beside it."""

    user: User
    refresh_token: str
    access_token: str
    created_at: datetime
    expires_at: datetime
    renewals: int = 0
    revoked: bool = False
    spent: set[str] = field(default_factory=set)


class Desk:
    """Issues, renews and revokes; callers hold the state's lock."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.clear()

    def clear(self) -> None:
        """Forget every code and grant, and how the app was changed."""
        self.app = App()
        self.codes: dict[str, Code] = {}
        self.grants: list[Grant] = []
        self._calls: dict[str, deque[datetime]] = {}

    def issue_code(self, user: User, redirect_uri: str, challenge: str) -> str:
        """Give a code for a user who allowed access."""
        value = secrets.token_urlsafe(24)
        expires_at = self._now() + timedelta(seconds=self.app.code_seconds)
        self.codes[value] = Code(user, redirect_uri, challenge, expires_at)
        return value

    def redeem(self, value: str, redirect_uri: str, challenge: str) -> Grant:
        """Turn a code into a grant, once; the verifier's challenge must be the one that the code was asked with."""
        code = self.codes.get(value)
        if code is None:
            raise invalid_grant("The authorization code is invalid.")
        self._count(code.user)
        if code.used or code.expires_at <= self._now():
            raise invalid_grant("The authorization code was used before, or has expired.")
        if code.redirect_uri != redirect_uri:
            raise invalid_grant("The redirect URI is not the one that the code was asked for with.")
        if not secrets.compare_digest(code.challenge, challenge):
            raise invalid_grant("The code verifier does not fit the code challenge.")
        code.used = True
        grant = Grant(code.user, "", "", self._now(), self._now())
        self.grants.append(grant)
        self._issue(grant)
        return grant

    def renew(self, refresh_token: str) -> Grant:
        """Give a new pair for a refresh token, which is worth nothing afterwards."""
        grant = self._by_refresh_token(refresh_token)
        if grant is None:
            raise invalid_grant("The refresh token is invalid.")
        self._count(grant.user)
        if grant.revoked or refresh_token in grant.spent:
            raise invalid_grant("The refresh token is invalid, was used before, or was revoked.")
        grant.spent.add(refresh_token)
        grant.renewals += 1
        self._issue(grant)
        return grant

    def revoke(self, grant: Grant) -> None:
        """End a grant: neither of its tokens is worth anything any more."""
        grant.revoked = True
        self._state.tokens.pop(grant.access_token, None)

    def drop_access_token(self, grant: Grant) -> None:
        """Let the API refuse the access token from now on; the grant goes on."""
        self._state.tokens.pop(grant.access_token, None)

    def revoke_token(self, token: str) -> None:
        """Revoke as RFC 7009 says: a refresh token takes its grant along; an unknown one is no error."""
        grant = self._by_refresh_token(token)
        if grant is not None:
            self.revoke(grant)
        elif any(each.access_token == token for each in self.grants):
            self._state.tokens.pop(token, None)

    def look_into(self, token: str) -> Grant | None:
        """Find the grant of a token that still works."""
        now = self._now()
        for grant in self.grants:
            access = grant.access_token == token and grant.expires_at > now and token in self._state.tokens
            if not grant.revoked and (access or grant.refresh_token == token):
                return grant
        return None

    def answer(self, grant: Grant) -> dict[str, object]:
        """Give a grant's pair as the token endpoint answers."""
        return {
            "token_type": "Bearer",
            "access_token": grant.access_token,
            "refresh_token": grant.refresh_token,
            "scope": " ".join(ALL_SCOPES),
            "created_at": int(self._now().timestamp()),
            "expires_in": self.app.access_seconds,
            "owner": user_uri(grant.user),
            "organization": organization_uri(self._state.membership_of(grant.user).organization),
        }

    def to_list(self) -> list[dict[str, object]]:
        """List the grants without their tokens, oldest first."""
        return [
            {
                "user": user_uri(grant.user),
                "created_at": to_text(grant.created_at),
                "access_expires_at": to_text(grant.expires_at),
                "renewals": grant.renewals,
                "revoked": grant.revoked,
            }
            for grant in self.grants
        ]

    def _issue(self, grant: Grant) -> None:
        # The old access token goes on until its own end.
        grant.expires_at = self._now() + timedelta(seconds=self.app.access_seconds)
        grant.access_token, grant.refresh_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        token = Token(grant.access_token, grant.user, frozenset(ALL_SCOPES), expires_at=grant.expires_at)
        self._state.tokens[token.value] = token

    def _by_refresh_token(self, token: str) -> Grant | None:
        return next(
            (each for each in self.grants if token == each.refresh_token or token in each.spent), None
        )

    def _count(self, user: User) -> None:
        """Count a token call of the user, and refuse it if there were too many within a minute."""
        now = self._now()
        calls = self._calls.setdefault(user.uuid, deque())
        while calls and calls[0] + WINDOW <= now:
            calls.popleft()
        if len(calls) >= self.app.token_calls:
            raise OAuthRefusal(429, "rate_limited", "Too many token requests for this user.")
        calls.append(now)

    def _now(self) -> datetime:
        return self._state.clock.now()

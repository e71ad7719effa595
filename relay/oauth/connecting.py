"""Connecting a credential: a person is sent to Calendly, allows access there, and comes back with a code."""

from __future__ import annotations

import math
import secrets
import time
from dataclasses import dataclass, replace
from typing import Literal

import structlog

from relay.errors import UnknownCredential
from relay.model.credential import Credential
from relay.oauth.answers import GrantRefused, Tokens, Told, Unanswered
from relay.oauth.pkce import challenge_of, new_verifier
from relay.oauth.renewal import granted, insisting
from relay.oauth.server import AuthorizationServer
from relay.oauth.words import foreign
from relay.store import Store
from relay.store.grants import STATE_LIVES, Connection
from relay.store.vault import CannotOpen

log = structlog.get_logger()

Why = Literal[
    "unknown_state",
    "used_state",
    "revoked",
    "denied",
    "gone",
    "elsewhere",
    "too_many",
    "refused",
    "unanswered",
]


@dataclass(frozen=True, slots=True)
class Connected:
    """The grant is stored. `who` sent the person out, by which `key`."""

    credential: Credential
    who: str
    key: str


@dataclass(frozen=True, slots=True)
class NotConnected:
    """Nothing changed. `why` is the kind of reason, `says` what Calendly said; `wait` the seconds after which to reload."""

    why: Why
    credential: str = ""
    says: str = ""
    wait: float = 0.0


class Connecting:
    """Both halves of the way: the address to send a person to, and what is done when that person is back."""

    def __init__(self, store: Store, server: AuthorizationServer) -> None:
        self._store = store
        self._server = server

    def begin(self, credential: str, who: str, key: str) -> tuple[str, float]:
        """Give the address of Calendly's page of consent, and until when one may come back from it (Unix seconds).

        `who` sends a person there, and by which `key`, is for the audit.
        """
        state, verifier = secrets.token_urlsafe(32), new_verifier()
        expires_at = time.time() + STATE_LIVES
        self._store.connections.remember(state, Connection(credential, verifier, who, key))
        return self._server.authorize_url(state, challenge_of(verifier)), expires_at

    def finish(self, state: str, code: str) -> Connected | NotConnected:
        """Take who is back: a state is good for one time. Without a code, Calendly did not allow it.

        The grant is stored, sealed, before anybody uses it.
        """
        try:
            connection = self._store.connections.take(state)
        except CannotOpen:
            connection = None  # the key that sealed the verifier is gone, so this cannot be ours to finish
        if connection is None:
            return NotConnected("unknown_state")
        if connection == "used":
            return NotConnected("used_state")
        if not self._may_still(connection.key):
            return NotConnected("revoked", connection.credential)
        if not code:
            return NotConnected("denied", connection.credential)
        return self._exchange(state, code, connection)

    def _exchange(self, state: str, code: str, connection: Connection) -> Connected | NotConnected:
        name = connection.credential
        standing = self._find(name)
        if standing is None:
            return NotConnected("gone", name)
        wait = self._store.renewals.count_call(name)
        if wait:
            # Nothing was used up: the page can be loaded again.
            self._store.connections.remember(state, connection)
            return NotConnected("too_many", name, wait=wait)
        asked_at = time.time()
        told = self._server.exchange(code, connection.verifier)
        if isinstance(told, Unanswered) and told.wait:
            # Calendly counts token calls by user. It did not take the code, so the page can be loaded again.
            self._store.connections.remember(state, connection)
            return NotConnected("too_many", name, wait=math.ceil(told.wait))
        if not isinstance(told, Tokens) or not told.refresh_token:
            return _no_tokens(name, told)
        if told.organization and standing.organization not in {"", told.organization}:
            self._server.revoke(told.refresh_token)
            return NotConnected("elsewhere", name, foreign(name, standing.organization))
        return self._keep(connection, told, asked_at)

    def _may_still(self, identifier: str) -> bool:
        """Tell whether the key that sent a person out may do so still; RELAY_ADMIN_KEY has no id and always may."""
        if not identifier:
            return True
        key = self._store.admin_keys.find(identifier)
        return key is not None and key.may("admin") and not key.expired(time.time())

    def _find(self, name: str) -> Credential | None:
        try:
            standing = self._store.credentials.get(name)
        except UnknownCredential:
            return None
        # The one that was to be connected may have been deleted, and another have its id.
        return standing if standing.kind == "oauth" else None

    def _keep(self, connection: Connection, tokens: Tokens, asked_at: float) -> Connected | NotConnected:
        name = connection.credential
        grant = granted(self._store.vault.seal, tokens, asked_at)
        token = self._store.vault.seal(tokens.access_token)

        def lay(stands: Credential) -> Credential:
            return replace(
                stands,
                token=token,
                grant=grant,
                trouble="",
                user=tokens.user,
                organization=stands.organization or tokens.organization,
            )

        try:
            stored = insisting(lambda: self._store.credentials.change(name, lay))
        except UnknownCredential:
            self._server.revoke(tokens.refresh_token)
            return NotConnected("gone", name)
        log.info("grant.connected", credential=name)
        return Connected(stored, connection.who, connection.key)


def _no_tokens(name: str, told: Told) -> NotConnected:
    log.warning("grant.not_connected", credential=name, refused=isinstance(told, GrantRefused))
    match told:
        case GrantRefused(says=says):
            return NotConnected("refused", name, says.rstrip("."))
        case Unanswered(reason=reason):
            return NotConnected("unanswered", name, reason.rstrip("."))
    return NotConnected("unanswered", name, "its answer held no refresh token")

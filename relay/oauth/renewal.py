"""One renewal of a grant, under the lock of its holder.

A refresh token works once. So a renewal 1. takes the credential's lock, 2. reads the credential again, 3. writes down
that it begins, 4. asks Calendly once, and 5. stores the new pair with one write, over the very grant that it read. If
the process dies between 4 and 5 the new pair is lost; the next renewal then knows that one was begun, and says so.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog

from relay.errors import StoreUnavailable, UnknownCredential
from relay.model.credential import Credential
from relay.model.grant import OAuthGrant
from relay.oauth.answers import GrantRefused, Tokens, Unanswered
from relay.oauth.readiness import Broken, Later, Readiness, Ready, as_it_is
from relay.oauth.server import AuthorizationServer
from relay.oauth.words import RAN_OUT, ended, not_connected, ran_out
from relay.store import Store
from relay.store.grants import Begun, Ended

INSISTENCE = (
    60.0  # seconds for which a new pair is kept in our hands while Redis is away: there is no other copy
)
LOCK_MARGIN = INSISTENCE + 10.0  # seconds for which the lock outlives the call that it guards
REDIS_PAUSE = 0.25  # seconds between two tries
LONGEST_BACKOFF = 300.0  # seconds

log = structlog.get_logger()
Written = TypeVar("Written")


@dataclass(frozen=True, slots=True)
class Renewal:
    """The renewal of a credential's grant by who holds its lock; `backoff` is the first wait after a failure."""

    store: Store
    server: AuthorizationServer
    credential: str
    holder: str
    backoff: float

    def run(self) -> Readiness:
        """Renew, unless there is no need any more, and let go of the lock whatever happens."""
        try:
            stands = self.store.credentials.get(self.credential)
            grant = stands.grant
            if grant is None or grant.ended or not grant.is_due(time.time()):
                self._end("none")
                return as_it_is(stands) or Broken(not_connected(self.credential))
            refresh_token = self.store.vault.open(grant.refresh_token)
            begun = self.store.renewals.begin(self.credential, self.holder, grant.id)
        except BaseException:
            self._end("none")
            raise
        if begun.wait or begun.lost:
            self._end("none")
            return as_it_is(stands) or Later(begun.wait or 1.0, "no token may be asked for yet")
        asked_at = time.time()
        told = self.server.renew(refresh_token)
        match told:
            case Tokens():
                # RFC 6749 lets a server answer without one, and then the old one goes on.
                pair = replace(told, refresh_token=told.refresh_token or refresh_token)
                return self._keep(grant, pair, asked_at)
            case GrantRefused():
                return self._give_up(grant, ended(self.credential, told.says, begun.unsettled))
        return self._come_back(stands, grant, told, begun)

    def _keep(self, grant: OAuthGrant, tokens: Tokens, asked_at: float) -> Readiness:
        """Store the new pair with one write, however late; a grant that replaced the old one meanwhile stays."""
        fresh = granted(self.store.vault.seal, tokens, asked_at)
        fresh = replace(fresh, scopes=fresh.scopes or grant.scopes, second_chance=grant.doubted)
        token = self.store.vault.seal(tokens.access_token)

        def lay(stands: Credential) -> Credential:
            if stands.grant is None or stands.grant.id != grant.id:
                return stands
            # What this renewal did not mend stays: a missing scope is still missing.
            mended = stands.grant.ended or stands.trouble.startswith(RAN_OUT)
            return replace(stands, token=token, grant=fresh, trouble="" if mended else stands.trouble)

        try:
            stored = insisting(lambda: self.store.credentials.change(self.credential, lay))
        except UnknownCredential:
            # It was deleted meanwhile, and nobody else has this pair.
            self.server.revoke(tokens.refresh_token)
            raise
        self._end("over")
        log.info("grant.renewed", credential=self.credential)
        return as_it_is(stored) or Later(1.0, "it was changed at this moment")

    def _give_up(self, grant: OAuthGrant, because: str) -> Readiness:
        """Note that Calendly renews this grant no more; one that replaced it meanwhile is not blamed."""
        done = insisting(lambda: end_grant(self.store, self.credential, grant.id, because))
        self._end("over")
        if done:
            return Broken(because)
        stands = self.store.credentials.get(self.credential)
        return as_it_is(stands) or Later(1.0, "it was changed at this moment")

    def _come_back(self, stands: Credential, grant: OAuthGrant, told: Unanswered, begun: Begun) -> Readiness:
        """Keep the old pair, and try again later; where it cannot be used any more, the credential says so."""
        wait = max(told.wait, min(self.backoff * 2.0 ** min(begun.failed, 20), LONGEST_BACKOFF))
        self._end("failed" if told.known and not begun.unsettled else "unknown", wait)
        log.warning("grant.not_renewed", credential=self.credential, known=told.known, wait=round(wait, 1))
        usable = as_it_is(stands)
        if isinstance(usable, Ready):
            return usable

        def blame(now: Credential) -> Credential:
            same = now.grant is not None and now.grant.id == grant.id
            return replace(now, trouble=ran_out(told.reason)) if same else now

        self.store.credentials.change(self.credential, blame)
        return Later(wait, told.reason)

    def _end(self, what: Ended, wait: float = 0.0) -> None:
        # While Redis is away the lock runs out by itself.
        with suppress(StoreUnavailable):
            self.store.renewals.end(self.credential, self.holder, what, wait)


def granted(seal: Callable[[str], str], tokens: Tokens, asked_at: float) -> OAuthGrant:
    """Make a grant of a pair that was asked for at that moment: the answer may have been on its way for long."""
    return OAuthGrant(
        id=secrets.token_hex(8),
        refresh_token=seal(tokens.refresh_token),
        scopes=tokens.scopes,
        obtained_at=asked_at,
        expires_at=asked_at + tokens.life,
    )


def end_grant(store: Store, credential: str, grant: str, because: str) -> bool:
    """Write on a credential that its grant has ended, and pause its destinations. False: it has another grant by now."""

    def blame(stands: Credential) -> Credential:
        if stands.grant is None or stands.grant.id != grant:
            return stands
        return replace(stands, trouble=because, grant=replace(stands.grant, ended=because))

    stands = store.credentials.change(credential, blame)
    if stands.grant is None or stands.grant.id != grant:
        return False
    log.warning("grant.ended", credential=credential)
    for identifier in store.credentials.destinations(credential):
        if store.destinations.pause_if_active(identifier, because):
            log.warning("destination.paused", destination=identifier, credential=credential)
    return True


def insisting(write: Callable[[], Written]) -> Written:
    """Write, and write again while Redis is away, for INSISTENCE seconds. Raises StoreUnavailable after that."""
    give_up_at = time.monotonic() + INSISTENCE
    while True:
        try:
            return write()
        except StoreUnavailable:
            if time.monotonic() > give_up_at:
                log.exception("grant.not_stored")
                raise
            time.sleep(REDIS_PAUSE)

"""Keeping grants fresh: renewed ahead of time, by one process at a time, and stored before anybody uses them."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace

import structlog

from relay.config import Settings
from relay.errors import UnknownCredential
from relay.model.credential import Credential
from relay.model.grant import OAuthGrant
from relay.oauth.readiness import Later, Readiness, as_it_is
from relay.oauth.renewal import LOCK_MARGIN, Renewal
from relay.oauth.server import AuthorizationServer
from relay.oauth.words import NOT_SET
from relay.store import Store
from relay.store.vault import CannotOpen

PATIENCE = 1.0  # seconds for which to wait for the process that is renewing
LOOK = 0.05  # seconds between two looks at what it did
CALM = 30.0  # seconds until somebody should look again at what only a person can mend

log = structlog.get_logger()


class Grants:
    """Gives credentials with a token that can be used, and renews those that are about to run out."""

    def __init__(self, settings: Settings, store: Store, server: AuthorizationServer | None = None) -> None:
        self.server = server or AuthorizationServer(settings)
        self._store = store
        self._backoff = settings.retry_base
        self._lock_lives = settings.call_timeout + LOCK_MARGIN

    def usable(self, credential: Credential, patience: float = PATIENCE) -> Readiness:
        """Give the credential as it can be used now, renewed if need be.

        While another process renews it, this one looks on for up to `patience` seconds. Raises UnknownCredential, and
        CannotOpen where no key of this process opens the refresh token.
        """
        give_up_at = time.monotonic() + patience
        while True:
            readiness = as_it_is(credential) or self._renew(credential)
            if not (isinstance(readiness, Later) and readiness.others) or time.monotonic() > give_up_at:
                return readiness
            time.sleep(LOOK)
            credential = self._store.credentials.get(credential.id)

    def renew_ahead(self, credential: Credential) -> Readiness | None:
        """Renew the grant if its time has come, although its token may still be good. None: there is nothing to do."""
        grant = credential.grant
        if grant is None or grant.ended or not grant.is_due(time.time()):
            return None
        return self._renew(credential)

    def doubt(self, used: Credential) -> bool:
        """Take note that Calendly refused an access token. Tells whether a renewal may help: once, for each pair.

        True as well where the pair was replaced meanwhile, or is over: the next look finds what is to be done.
        """
        grant = used.grant
        if grant is None:
            return False

        def note(stands: Credential) -> Credential:
            if stands.grant is None or stands.grant.id != grant.id or not _deserves_a_renewal(stands.grant):
                return stands
            return replace(stands, grant=replace(stands.grant, doubted=True))

        try:
            stands = self._store.credentials.change(used.id, note).grant
        except UnknownCredential:
            return False
        if stands is None or stands.id != grant.id:
            return stands is not None
        return stands.doubted or bool(stands.ended) or stands.has_expired(time.time())

    def revoke(self, credential: Credential) -> None:
        """Ask Calendly to forget the grant of a credential that is gone. A failure is logged, and harms nothing here."""
        if credential.grant is None or self.server.missing:
            return
        try:
            tokens = [
                self._store.vault.open(each) for each in (credential.grant.refresh_token, credential.token)
            ]
        except CannotOpen:
            tokens = [""]
        for token in tokens:
            if not token or not self.server.revoke(token):
                log.warning("grant.not_revoked", credential=credential.id)
                return

    def _renew(self, seen: Credential) -> Readiness:
        if self.server.missing:
            return Later(CALM, f"{' and '.join(self.server.missing)} {NOT_SET}")
        holder = secrets.token_hex(8)
        locked = self._store.renewals.lock(seen.id, holder, self._lock_lives)
        if locked:
            return Later(min(locked, 1.0), "another process renews it at this moment", others=True)
        return Renewal(self._store, self.server, seen.id, holder, self._backoff).run()


def _deserves_a_renewal(grant: OAuthGrant) -> bool:
    return not (grant.second_chance or grant.ended or grant.has_expired(time.time()))

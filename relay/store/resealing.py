"""Rotating the secret key: what an older key sealed is sealed anew with the first, so that the older one can go."""

from __future__ import annotations

from dataclasses import replace

import structlog

from relay.errors import Conflict, UnknownCredential, UnknownDestination
from relay.model.credential import Credential
from relay.model.destination import StandingDestination
from relay.store.credentials import Credentials
from relay.store.destinations import Destinations
from relay.store.vault import CannotOpen, Vault

log = structlog.get_logger()


class Resealing:
    """Seals tokens, and what is secret of callbacks, anew. A record's own secrets keep their key until their delivery settles."""

    def __init__(self, vault: Vault, credentials: Credentials, destinations: Destinations) -> None:
        self._vault = vault
        self._credentials = credentials
        self._destinations = destinations

    def run(self) -> int:
        """Seal anew whatever the first key does not open, and tell how many secrets that were."""
        resealed = sum(self._credential(each) for each in self._credentials.all())
        return resealed + sum(self._destination(each) for each in self._destinations.all())

    def _credential(self, credential: Credential) -> int:
        grant = credential.grant
        token = self._anew(credential.token, credential=credential.id)
        refresh_token = self._anew(grant.refresh_token, credential=credential.id) if grant else None
        if token is None and refresh_token is None:
            return 0

        def change(stands: Credential) -> Credential:
            if stands.token != credential.token:
                return stands
            if stands.grant and refresh_token:
                stands = replace(stands, grant=replace(stands.grant, refresh_token=refresh_token))
            return replace(stands, token=token or stands.token)

        try:
            self._credentials.change(credential.id, change)
        except UnknownCredential:
            return 0  # somebody deleted it at this moment
        return (token is not None) + (refresh_token is not None)

    def _destination(self, standing: StandingDestination) -> int:
        settings, callback = standing.settings, standing.settings.callback
        if callback is None:
            return 0
        sealed = [callback.secret, callback.previous_secret, *callback.headers.values()]
        anew = [self._anew(each, destination=settings.id) for each in sealed]
        if not any(anew):
            return 0
        secret, previous, *values = (new or old for new, old in zip(anew, sealed, strict=True))
        headers = dict(zip(callback.headers, values, strict=True))
        callback = replace(callback, secret=secret, previous_secret=previous, headers=headers)
        try:
            resealed = replace(settings, callback=callback)
            self._destinations.replace(resealed, standing.revision, by_hand=False)
        except (Conflict, UnknownDestination):
            return 0  # somebody changed it at this moment; the next run looks again
        return len(list(filter(None, anew)))

    def _anew(self, sealed: str, **whose: str) -> str | None:
        if not sealed or self._vault.is_current(sealed):  # nothing is sealed where nobody has connected yet
            return None
        try:
            return self._vault.reseal(sealed)
        except CannotOpen:
            log.warning("secret.cannot_be_opened", **whose)
            return None

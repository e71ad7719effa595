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
    """Seals tokens and callback secrets anew. A record's own secrets keep their key until their delivery settles."""

    def __init__(self, vault: Vault, credentials: Credentials, destinations: Destinations) -> None:
        self._vault = vault
        self._credentials = credentials
        self._destinations = destinations

    def run(self) -> int:
        """Seal anew whatever the first key does not open, and tell how many secrets that were."""
        resealed = sum(self._credential(each) for each in self._credentials.all())
        return resealed + sum(self._destination(each) for each in self._destinations.all())

    def _credential(self, credential: Credential) -> bool:
        sealed = self._anew(credential.token, credential=credential.id)
        if sealed is None:
            return False

        def change(stands: Credential) -> Credential:
            return replace(stands, token=sealed) if stands.token == credential.token else stands

        try:
            self._credentials.change(credential.id, change)
        except UnknownCredential:
            return False  # somebody deleted it at this moment
        return True

    def _destination(self, standing: StandingDestination) -> bool:
        settings = standing.settings
        if settings.callback is None:
            return False
        sealed = self._anew(settings.callback.secret, destination=settings.id)
        if sealed is None:
            return False
        try:
            callback = replace(settings.callback, secret=sealed)
            self._destinations.replace(replace(settings, callback=callback), standing.revision)
        except (Conflict, UnknownDestination):
            return False  # somebody changed it at this moment; the next run looks again
        return True

    def _anew(self, sealed: str, **whose: str) -> str | None:
        if self._vault.is_current(sealed):
            return None
        try:
            return self._vault.reseal(sealed)
        except CannotOpen:
            log.warning("secret.cannot_be_opened", **whose)
            return None

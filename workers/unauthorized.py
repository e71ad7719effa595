"""What happens when Calendly does not accept a credential: its destinations pause, and keep their records."""

from __future__ import annotations

from dataclasses import replace

import structlog

from relay.catalogue import template
from relay.model.credential import Credential
from relay.model.verdict import Unauthorized
from workers.services import Services

log = structlog.get_logger()


def turn_away(services: Services, credential: Credential, verdict: Unauthorized) -> None:
    """Pause the destinations that cannot work with this token, and write the reason on them and on the credential.

    A token that is refused as a whole pauses all of its destinations; a missing scope, those whose template needs it.
    A token that a person has replaced meanwhile is not blamed for the old one.
    """

    def blame(stands: Credential) -> Credential:
        return replace(stands, trouble=verdict.reason) if stands.token == credential.token else stands

    if services.store.credentials.change(credential.id, blame).token != credential.token:
        return
    because = f"Calendly refuses the credential '{credential.id}': {verdict.reason}"
    for name in services.store.credentials.destinations(credential.id):
        needed = template(services.store.destinations.get(name).settings.template).scopes
        if verdict.scopes and not set(verdict.scopes) & set(needed):
            continue
        if services.store.destinations.pause_if_active(name, because):
            log.warning("destination.paused", destination=name, credential=credential.id)

"""What happens when Calendly does not accept a credential: its destinations pause, and keep their records."""

from __future__ import annotations

from dataclasses import replace

import structlog

from relay.catalogue import template
from relay.errors import UnknownCredential
from relay.model.credential import Credential
from relay.model.destination import Destination
from relay.model.verdict import Unauthorized
from workers.services import Services

log = structlog.get_logger()


def turn_away(services: Services, refused: str, credential: Credential, verdict: Unauthorized) -> bool:
    """Pause the destinations that cannot work with this token, and write the reason on them and on the credential.

    A token that is refused as a whole pauses all of its destinations; a missing scope, those whose template needs it
    and `refused`, the destination that met with it. False: the token or the destination has changed meanwhile, and
    the new one is not blamed for the old; or the token came of a grant, which the next turn renews and tries once more.
    """
    if not verdict.scopes and services.grants.doubt(credential):
        return False

    def blame(stands: Credential) -> Credential:
        return replace(stands, trouble=verdict.reason) if stands.token == credential.token else stands

    try:
        if services.store.credentials.change(credential.id, blame).token != credential.token:
            return False
    except UnknownCredential:
        return False
    because = f"Calendly refuses the credential '{credential.id}': {verdict.reason}"
    users = [each.settings for each in services.store.destinations.all()]
    users = [each for each in users if each.credential == credential.id]
    for each in users:
        concerned = each.id == refused or not verdict.scopes or _needs(each, verdict.scopes)
        if concerned and services.store.destinations.pause_if_active(each.id, because):
            log.warning("destination.paused", destination=each.id, credential=credential.id)
    return refused in {each.id for each in users}


def _needs(destination: Destination, scopes: tuple[str, ...]) -> bool:
    return not set(scopes).isdisjoint(template(destination.template).scopes)

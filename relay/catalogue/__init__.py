"""The catalogue: every endpoint of Calendly that a destination can be made from. A new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from relay.catalogue import (
    cancel_scheduled_event,
    create_scheduling_link,
    create_webhook_subscription,
    delete_invitee_data,
    delete_scheduled_event_data,
    delete_webhook_subscription,
    invite_user_to_organization,
    manual,
    mark_invitee_no_show,
    remove_user_from_organization,
    revoke_organization_invitation,
    unmark_invitee_no_show,
)
from relay.catalogue.template import Template
from relay.errors import UnknownTemplate

__all__ = ["CATALOGUE", "TEMPLATES", "template"]

_REGISTERED = (
    cancel_scheduled_event.TEMPLATE,
    create_webhook_subscription.TEMPLATE,
    delete_webhook_subscription.TEMPLATE,
    create_scheduling_link.TEMPLATE,
    mark_invitee_no_show.TEMPLATE,
    unmark_invitee_no_show.TEMPLATE,
    remove_user_from_organization.TEMPLATE,
    invite_user_to_organization.TEMPLATE,
    revoke_organization_invitation.TEMPLATE,
    delete_invitee_data.TEMPLATE,
    delete_scheduled_event_data.TEMPLATE,
)

TEMPLATES: Mapping[str, Template] = MappingProxyType({one.name: one for one in _REGISTERED})
# Those, and the one whose endpoint each destination names for itself.
CATALOGUE: Mapping[str, Template] = MappingProxyType({**TEMPLATES, manual.NAME: manual.TEMPLATE})


def template(name: str) -> Template:
    """Give the template of that name, or raise UnknownTemplate with the names that there are."""
    try:
        return CATALOGUE[name]
    except KeyError:
        raise UnknownTemplate(
            f"No endpoint template has that name. There are: {', '.join(CATALOGUE)}."
        ) from None

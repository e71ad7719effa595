"""The one call of a delivery: made of its records, and shown without its secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from relay.calendly import Calendly
from relay.catalogue.template import Template
from relay.model.call import Call
from relay.model.credential import Credential
from relay.model.destination import Destination
from relay.model.masks import masked
from relay.store.attempts import Claimed
from relay.store.batched import fields_of, is_batch


def is_for(template: Template, claimed: Claimed) -> bool:
    """Tell whether the delivery was made for this template.

    A destination that is deleted and made again under its old id may find deliveries of the one before.
    """
    return claimed.item["template"] == template.name and all(map(template.fits, fields_of(claimed.item)))


def fields_to_send(template: Template, claimed: Claimed) -> dict[str, Any]:
    """Give the fields of the call; a batch has those of each of its records."""
    every = fields_of(claimed.item)
    return template.merged(every) if is_batch(claimed.item) else every[0]


def call_with(
    template: Template, destination: Destination, fields: Mapping[str, Any], credential: Credential
) -> Call:
    """Make the call, with the headers that stand now."""
    return replace(template.call(fields, credential.organization), headers=destination.headers)


def shown_request(
    calendly: Calendly, credential: Credential, template: Template, call: Call
) -> dict[str, Any]:
    """Give the request as people and the callback may see it."""
    secret, body = template.secret_fields, call.body
    shown = masked(body, secret) if secret and isinstance(body, Mapping) else body
    return {"method": call.method, "url": calendly.request_url(credential, call), "body": shown}

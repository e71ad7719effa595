"""What would be sent: the exact calls that records become under some settings. Nothing is stored and nothing leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from relay.catalogue.template import Template
from relay.inbound.checking import rejected
from relay.model.credential import Credential
from relay.model.destination import Destination
from relay.model.masks import MASK, masked
from relay.outgoing.door import as_sent
from relay.shaping.batches import batched
from relay.shaping.shape import Shaped, shape
from relay.shaping.templates import template_of
from relay.web.services import Services


def preview(
    services: Services, destination: Destination, records: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Give the calls for these records, in the order in which they would begin, and what would not be called."""
    template = template_of(destination)
    shapes = shape(destination, records)
    credential = services.store.credentials.get(destination.credential)
    batch = destination.batch
    groups = batched(shapes.right, batch.size if batch else 1, template.heaviest)
    return {
        "calls": [_call(services, destination, template, credential, group) for group in groups],
        "rejected": rejected(shapes.wrong),
        "skipped": [{"index": index} for index in shapes.skipped],
    }


def _call(
    services: Services,
    destination: Destination,
    template: Template,
    credential: Credential,
    group: list[Shaped],
) -> dict[str, Any]:
    every = [each.fields for each in group]
    fields = template.merged(every) if destination.batch else every[0]
    call = replace(template.call(fields, credential.organization), headers=destination.headers)
    if isinstance(call.body, Mapping) and template.secret_fields:
        call = replace(call, body=masked(call.body, template.secret_fields))
    request = services.calendly.request(credential, MASK, call)
    return {
        "records": [each.index for each in group],
        "method": request.method,
        "url": request.url,
        "headers": as_sent(request.headers),
        "body": call.body,
        "content": None if request.body is None else request.body.decode(),
        "look_up": _found_first(template, credential, fields),
    }


def _found_first(template: Template, credential: Credential, fields: Mapping[str, Any]) -> str | None:
    """Say what is not known before the call is made."""
    look_up = template.look_up(fields)
    if look_up is not None:
        return f"{look_up.finds} is found by {look_up.phrase} first"
    if template.needs_organization and not credential.organization:
        return "Calendly is asked for the organization of the credential first"
    return None

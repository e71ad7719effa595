"""The form of a destination's document: what may be said, not yet whether it makes sense together.

Names that only answers carry (`counts`, the times, `inbound.url` ...) may come back and have no effect, so that a
document that was read can be sent again with one change. `state` may come back unchanged.
"""

from __future__ import annotations

from typing import get_args

from marshmallow import fields, validate

from relay.api.delivery_documents import USUAL, Count
from relay.api.destination_parts import (
    MOST_NAMES,
    BatchPart,
    CallbackPart,
    DeliveryPart,
    ExpressionText,
    InboundPart,
    ManualPart,
    Named,
    RetentionPart,
    allowed_values,
)
from relay.api.ids import Slug
from relay.model.destination import DestinationState
from relay.web.documents import Document, OneOf, Part, ReadOnly, Text, YesNo, sentences


class DestinationDocument(Document):
    """A destination."""

    id = Slug(required=True)
    name = Text(longest=200, shortest=0, load_default="")
    template = Text(longest=100, required=True)
    credential = Slug(required=True)
    inbound = Part(InboundPart, required=True, example='{"auth": {"kind": "bearer"}}')
    mapping = Named(
        ExpressionText(), "should be an object: for each field of the template a JMESPath expression"
    )
    constants = Named(fields.Raw(), "should be an object: for each field of the template its value")
    # marshmallow has attributes of its own under these two names.
    excluded = fields.List(
        Text(longest=500),
        data_key="exclude",
        attribute="exclude",
        load_default=list,
        validate=validate.Length(max=MOST_NAMES, error="should be at most {max} attributes"),
        error_messages=sentences('should be a list of attributes, such as ["crm_id", "contact.phone"]'),
    )
    headers = fields.Raw(load_default=dict)
    manual = Part(ManualPart, load_default=None, example='{"method": "POST", "url": "/shares"}')
    batch = Part(BatchPart, load_default=None, example='{"size": 100, "window": 5}')
    takes_part = YesNo(data_key="partial", attribute="partial", load_default=False)
    dedupe = ExpressionText(load_default="")
    callback = Part(CallbackPart, load_default=None)
    delivery = Part(DeliveryPart, load_default=lambda: DeliveryPart().load({}))
    allow = allowed_values()
    when_inactive = OneOf("hold", "refuse", load_default="hold")
    retention = Part(RetentionPart, load_default=lambda: RetentionPart().load({}))
    state = ReadOnly()
    paused_because = ReadOnly()
    counts = ReadOnly()
    created_at = ReadOnly()
    updated_at = ReadOnly()
    activated_at = ReadOnly()


class DestinationQuery(Document):
    """Which destinations a page should hold."""

    state = OneOf(*get_args(DestinationState), load_default=None)
    template = Text(longest=100, load_default=None)
    credential = Slug(load_default=None)
    limit = Count(load_default=USUAL)
    cursor = Text(longest=100, load_default=None)


class Acknowledgement(Document):
    """What activation asks for where a call cannot be undone."""

    acknowledge = OneOf("irreversible")

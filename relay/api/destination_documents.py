"""The form of a destination's document: what may be said, not yet whether it makes sense together.

Names that only answers carry (`counts`, the times, `inbound.url` ...) may come back and have no effect, so that a
document that was read can be sent again with one change. `state` may come back unchanged.
"""

from __future__ import annotations

from typing import Any, get_args

from marshmallow import ValidationError, fields, validate

from relay.api.auth_documents import Auth
from relay.api.ids import Slug
from relay.model.destination import DeliverySettings, DestinationState
from relay.web.documents import Document, OneOf, Part, ReadOnly, Text, Whole, YesNo, sentences
from relay.web.masks import Kept, Secret

MINUTE, DAY = 60, 86_400  # seconds
_MOST_ALLOWED = 100  # values a field
_USUAL = DeliverySettings()


class InboundPart(Document):
    """The inbound route."""

    auth = Auth()
    url = ReadOnly()


class CallbackPart(Document):
    """Where outcomes go. A secret of 24 to 64 bytes in the form whsec_…; without one the relay makes it."""

    url = Text(longest=2048, required=True)
    secret: fields.Field[str | Kept] = Secret(shortest=1, longest=200)


class DeliveryPart(Document):
    """How hard to try."""

    concurrency = Whole(1, 50, load_default=_USUAL.concurrency)
    max_attempts = Whole(1, 100, load_default=_USUAL.max_attempts)
    max_age = Whole(MINUTE, 30 * DAY, load_default=_USUAL.max_age)
    on_unknown = OneOf("default", "repeat", "hold", load_default=_USUAL.on_unknown)
    gone_is_done = YesNo(load_default=_USUAL.gone_is_done)


class Allow(fields.Field[dict[str, list[str]]]):
    """Values that fields take beyond those that their template knows: for each field a list of texts."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            error_messages=sentences("should be an object: for each field a list of texts"), **options
        )
        self.values = fields.List(
            Text(longest=200),
            validate=validate.Length(max=_MOST_ALLOWED, error="should be at most {max} texts"),
            error_messages=sentences("should be a list of texts"),
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, list[str]]:
        del attr, data, kwargs
        if not isinstance(value, dict):
            raise self.make_error("invalid")
        given = {name: values for name, values in value.items() if values is not None}
        faults: dict[str, Any] = {}
        for name, values in given.items():
            try:
                self.values.deserialize(values)
            except ValidationError as exc:
                faults[name] = exc.messages
        if faults:
            raise ValidationError(faults)
        return given


class DestinationDocument(Document):
    """A destination."""

    id = Slug(required=True)
    name = Text(longest=200, shortest=0, load_default="")
    template = Text(longest=100, required=True)
    credential = Slug(required=True)
    inbound = Part(InboundPart, required=True, example='{"auth": {"kind": "bearer"}}')
    callback = Part(CallbackPart, load_default=None)
    delivery = Part(DeliveryPart, load_default=lambda: DeliveryPart().load({}))
    allow = Allow(load_default=dict)
    when_inactive = OneOf("hold", "refuse", load_default="hold")
    state = ReadOnly()
    paused_because = ReadOnly()
    counts = ReadOnly()
    created_at = ReadOnly()
    updated_at = ReadOnly()
    activated_at = ReadOnly()


class DestinationQuery(Document):
    """Which destinations a list should hold."""

    state = OneOf(*get_args(DestinationState), load_default=None)


class Acknowledgement(Document):
    """What activation asks for where a call cannot be undone."""

    acknowledge = OneOf("irreversible")

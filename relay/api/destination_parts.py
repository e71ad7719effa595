"""The parts of a destination's document: what may be said in each, not yet whether it makes sense together."""

from __future__ import annotations

from typing import Any, get_args

from marshmallow import ValidationError, fields, validate

from relay.api.auth_documents import Auth
from relay.model.destination import BatchSettings, DeliverySettings, RetentionSettings
from relay.model.destination_settings import ManualMethod
from relay.web.documents import Document, OneOf, ReadOnly, Text, Whole, YesNo, sentences
from relay.web.masks import Kept, Secret

MINUTE, DAY = 60, 86_400  # seconds
LONGEST_EXPRESSION = 1000  # characters
LONGEST_URL = 2048  # characters
MOST_NAMES = 100  # in a mapping, among constants, or of values that a field takes besides
MOST_IN_BATCH = 1000  # records
LONGEST_WINDOW = 3600  # seconds
MOST_WAITING = 10_000_000  # deliveries
LONGEST_RETENTION = 3650  # days
_USUAL = DeliverySettings()
_USUAL_BATCH = BatchSettings()
_USUAL_RETENTION = RetentionSettings()


class ExpressionText(Text):
    """The text of a JMESPath expression; whether it is one is checked with the rest."""

    def __init__(self, **options: Any) -> None:
        super().__init__(longest=LONGEST_EXPRESSION, **options)


class Named(fields.Field[dict[str, Any]]):
    """An object whose names people choose; `item` reads each value, null takes a name out."""

    def __init__(self, item: fields.Field[Any], sentence: str, **options: Any) -> None:
        super().__init__(error_messages=sentences(sentence), load_default=dict, **options)
        self.item = item

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        del attr, data, kwargs
        if not isinstance(value, dict):
            raise self.make_error("invalid")
        given = {name: each for name, each in value.items() if each is not None}
        if len(given) > MOST_NAMES:
            raise ValidationError(f"should hold at most {MOST_NAMES} names")
        read: dict[str, Any] = {}
        faults: dict[str, Any] = {}
        for name, each in given.items():
            try:
                read[name] = self.item.deserialize(each)
            except ValidationError as exc:
                faults[name] = exc.messages
        if faults:
            raise ValidationError(faults)
        return read


class InboundPart(Document):
    """The inbound route: who may use it, where a request's records are, and which of them count."""

    auth = Auth()
    records = ExpressionText(load_default="")
    when = ExpressionText(load_default="")
    url = ReadOnly()


class ManualPart(Document):
    """The call of a manual destination."""

    method = OneOf(*get_args(ManualMethod), required=True)
    url = Text(longest=LONGEST_URL, required=True)
    format = OneOf("json", load_default="json")


class BatchPart(Document):
    """Several records in one delivery."""

    size = Whole(1, MOST_IN_BATCH, load_default=_USUAL_BATCH.size)
    window = Whole(1, LONGEST_WINDOW, load_default=_USUAL_BATCH.window)
    grouping = OneOf("arrival", "attribute", load_default=_USUAL_BATCH.grouping)
    attribute = ExpressionText(load_default="")
    wrap = Text(longest=100, load_default="")


class CallbackPart(Document):
    """Where outcomes go. A secret of 24 to 64 bytes in the form whsec_…; without one the relay makes it."""

    url = Text(longest=LONGEST_URL, required=True)
    secret: fields.Field[str | Kept] = Secret(shortest=1, longest=200)
    previous_secret: fields.Field[str | Kept] = Secret(shortest=1, longest=200)
    headers = fields.Raw(load_default=dict)
    body = ExpressionText(load_default="")
    on = OneOf("settled", "attempt", load_default="settled")
    previous_until = ReadOnly()
    stopped_because = ReadOnly()


class DeliveryPart(Document):
    """How hard to try."""

    concurrency = Whole(1, 50, load_default=_USUAL.concurrency)
    strict_order = YesNo(load_default=_USUAL.strict_order)
    max_attempts = Whole(1, 100, load_default=_USUAL.max_attempts)
    max_age = Whole(MINUTE, 30 * DAY, load_default=_USUAL.max_age)
    on_unknown = OneOf("default", "repeat", "hold", load_default=_USUAL.on_unknown)
    gone_is_done = YesNo(load_default=_USUAL.gone_is_done)
    max_waiting = Whole(1, MOST_WAITING, load_default=_USUAL.max_waiting)


class RetentionPart(Document):
    """How long settled deliveries are kept, and whether with what they carried."""

    days = Whole(1, LONGEST_RETENTION, load_default=_USUAL_RETENTION.days)
    keep_payload = YesNo(load_default=_USUAL_RETENTION.keep_payload)


def allowed_values() -> Named:
    """Give the field for values that fields take beyond those that their template knows."""
    values = fields.List(
        Text(longest=200),
        validate=validate.Length(max=MOST_NAMES, error="should be at most {max} texts"),
        error_messages=sentences("should be a list of texts"),
    )
    return Named(values, "should be an object: for each field a list of texts")

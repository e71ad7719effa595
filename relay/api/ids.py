"""The field for ids that people choose."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from relay.web.documents import sentences
from relay.web.slugs import RULE, is_slug


class Slug(fields.String):
    """An id that people choose: it stands in addresses."""

    def __init__(self, **options: Any) -> None:
        super().__init__(error_messages=sentences(RULE), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if not is_slug(text):
            raise ValidationError(RULE)
        return text

"""What answers are described with: schemas whose every name is there, and fields that carry their own words."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

Field = fields.Field[Any]


class Answer(Schema):
    """What an answer holds. Every name is always there, and null only where its field allows it."""


def text(words: str, *, null: bool = False, **more: Any) -> Field:
    """A text."""
    return fields.String(allow_none=null, metadata={"description": words, **more})


def moment(words: str, *, null: bool = False, **more: Any) -> Field:
    """A moment, in UTC."""
    return text(words, null=null, format="date-time", **more)


def whole(words: str, *, null: bool = False, **more: Any) -> Field:
    """A whole number that is not below 0."""
    return fields.Integer(allow_none=null, metadata={"description": words, "minimum": 0, **more})


def number(words: str, *, null: bool = False, **more: Any) -> Field:
    """A number."""
    return fields.Float(allow_none=null, metadata={"description": words, **more})


def yes_no(words: str, *, called: str | None = None, **more: Any) -> Field:
    """True or false; `called` is its name where an attribute of ours cannot have it."""
    return fields.Boolean(data_key=called, metadata={"description": words, **more})


def anything(words: str, **more: Any) -> Field:
    """Any JSON value, null among them."""
    return fields.Raw(metadata={"description": words, **more})


def listed(item: Field, words: str, *, called: str | None = None, **more: Any) -> Field:
    """A list; `called` is its name where an attribute of ours cannot have it."""
    return fields.List(item, data_key=called, metadata={"description": words, **more})


def named(
    item: Field | None, words: str, *, null: bool = False, called: str | None = None, **more: Any
) -> Field:
    """An object whose names are not known beforehand; `called` is its own where an attribute of ours cannot have it."""
    return fields.Dict(values=item, data_key=called, allow_none=null, metadata={"description": words, **more})


def part(
    schema: type[Answer],
    words: str,
    *,
    null: bool = False,
    many: bool = False,
    called: str | None = None,
    **more: Any,
) -> Field:
    """An object inside an answer, or with `many` a list of them."""
    metadata = {"description": words, **more}
    return fields.Nested(schema, many=many, data_key=called, allow_none=null, metadata=metadata)

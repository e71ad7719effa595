"""Documents that people send to the management API: read strictly, and refused with a pointer at each fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate

from relay.errors import FieldError, Invalid
from relay.model.pointers import pointed


class Document(Schema):
    """A JSON object with known names. A name that is not known is refused, and the known ones are listed.

    Null means left out.
    """

    class Meta:
        unknown = "raise"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.error_messages["type"] = "should be a JSON object"
        known = ", ".join(one.data_key or name for name, one in self.load_fields.items())
        self.error_messages["unknown"] = f"is not known here; known are: {known}"

    @pre_load
    def _leave_out_null(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        # An unknown name stays, to be refused: somebody meant something by it.
        known = {one.data_key or name for name, one in self.fields.items()}
        return {name: value for name, value in data.items() if value is not None or name not in known}


class Text(fields.String):
    """A text of a bounded length, without control characters."""

    def __init__(self, *, longest: int, shortest: int = 1, **options: Any) -> None:
        sentence = f"should be a text of {shortest} to {longest} characters"
        options.setdefault("error_messages", sentences(sentence))
        super().__init__(validate=validate.Length(shortest, longest, error=sentence), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if any(letter < " " or letter == "\x7f" for letter in text):
            raise ValidationError("should hold no control characters")
        return text


class Whole(fields.Integer):
    """A whole number within bounds; a text or a fraction is none."""

    def __init__(self, least: int, most: int, **options: Any) -> None:
        sentence = f"should be a whole number from {least} to {most}"
        super().__init__(
            strict=True,
            validate=validate.Range(least, most, error=sentence),
            error_messages=sentences(sentence),
            **options,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        # To JSON 2 and 2.0 are one number, and some systems write the second.
        whole = int(value) if isinstance(value, float) and value.is_integer() else value
        return super()._deserialize(whole, attr, data, **kwargs)


class YesNo(fields.Boolean):
    """true or false, and nothing that only looks like it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(error_messages=sentences("should be true or false"), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        del attr, data, kwargs
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class OneOf(fields.String):
    """One of a few words."""

    def __init__(self, *words: str, **options: Any) -> None:
        sentence = f"should be one of: {', '.join(words)}"
        super().__init__(
            validate=validate.OneOf(words, error=sentence), error_messages=sentences(sentence), **options
        )


class Part(fields.Nested):
    """An object inside a document; an `example` shows what it looks like."""

    def __init__(self, schema: type[Document], *, example: str = "", **options: Any) -> None:
        shown = example.replace("{", "{{").replace("}", "}}")  # marshmallow formats its sentences
        sentence = "should be a JSON object" + (f", such as {shown}" if shown else "")
        super().__init__(schema, error_messages=sentences(sentence), **options)


class ReadOnly(fields.Raw):
    """What answers show and documents may bring along, without effect: they were read from an answer."""

    def __init__(self) -> None:
        super().__init__(allow_none=True)


def sentences(sentence: str) -> dict[str, Any]:
    """Give one sentence for everything that can be wrong with the kind of a value."""
    return {
        "invalid": sentence,
        "null": sentence,
        "type": sentence,
        "required": f"is required: it {sentence}",
    }


def load(schema: Document, data: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Read a document. Raises Invalid, which points at each fault; `what` names the document in its sentence."""
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as exc:
        faults = tuple(pointed(exc.messages_dict))
        raise Invalid(f"This {what} breaks the rules named under “errors”.", errors=faults) from exc
    return loaded


def fault(pointer: str, detail: str) -> Invalid:
    """Make the error for one fault of a document."""
    return Invalid(f"{pointer}: {detail}.", errors=(FieldError(pointer, detail),))

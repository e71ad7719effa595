"""What every field of a template has: a phrase for what is right, and an honest JSON Schema."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeVar

from marshmallow import ValidationError, fields, missing

WHITE = " \t\r\n"  # trimmed around values of one line: spreadsheets and CRMs leave it there
WHITE_PATTERN = "[ \\t\\r\\n]*"

T = TypeVar("T")


class RecordField(fields.Field[T], ABC):
    """A field that reads JSON into JSON, ready to be stored and sent.

    `what` ends the sentences "is required: …" and "should be …"; they never repeat what was sent. `secret` marks a
    value that nobody should see again.
    """

    def __init__(
        self, what: str, *, required: bool = False, default: Any = missing, secret: bool = False
    ) -> None:
        sentences: dict[str, Any] = {"required": f"is required: {what}", "null": f"should be {what}"}
        super().__init__(required=required, load_default=default, error_messages=sentences)
        self.what = what
        self.secret = secret

    @property
    def is_open(self) -> bool:
        """Tell whether a destination can allow values beyond those that the template knows."""
        return False

    @abstractmethod
    def take(self, value: Any) -> T:
        """Give the value as it will be sent, or raise ValidationError. Taking it again changes nothing."""

    @abstractmethod
    def json_schema(self) -> dict[str, Any]:
        """Give a JSON Schema that accepts at least all that `take` accepts."""

    def wrong(self) -> ValidationError:
        """Make the error that says what would be right."""
        return ValidationError(f"should be {self.what}")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> T:
        del attr, data, kwargs
        return self.take(value)


def trimmed(value: Any) -> str | None:
    """Give a text without the white space around it, or None if the value is no text."""
    return value.strip(WHITE) if isinstance(value, str) else None

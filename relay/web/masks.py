"""Masks: what answers show in place of a secret, and what it means when somebody sends one back."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, fields

from relay.model.masks import MASK

SHORTEST_HINTED = 16  # characters; of anything shorter, four would give away too much
HINT = 4  # characters of the end of a secret, so that people can tell two apart


class Kept:
    """Stands for a secret that stays as it is. Nobody can send one: JSON has no such value."""


KEPT: Final = Kept()


def mask(secret: str) -> str:
    """Give the mask of a secret: at most its last four characters, and nothing of a short one."""
    return MASK + (secret[-HINT:] if len(secret) >= SHORTEST_HINTED else "")


def is_mask(value: Any) -> bool:
    """Tell whether a value is a mask that came back."""
    return isinstance(value, str) and value.startswith(MASK)


class Secret(fields.Field[str | Kept]):
    """A secret of printable ASCII, as it fits a header. KEPT passes; a mask is refused, since it hides no secret."""

    def __init__(self, *, shortest: int, longest: int = 4096, **options: Any) -> None:
        sentence = f"should be {shortest} to {longest} printable ASCII characters without spaces"
        super().__init__(
            error_messages={"null": sentence, "invalid": sentence, "required": f"is required: it {sentence}"},
            **options,
        )
        self.lengths = range(shortest, longest + 1)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | Kept:
        del attr, data, kwargs
        if isinstance(value, Kept):
            return value
        if is_mask(value):
            raise ValidationError("is the mask of a secret, not a secret")
        right = isinstance(value, str) and len(value) in self.lengths
        if not right or not all("!" <= letter <= "~" for letter in value):
            raise self.make_error("invalid")
        return str(value)

"""Fields of the settings: what a text from the environment may be, and what is said of one that is wrong.

No sentence quotes a value: it may be a secret.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate

from relay.nearby import is_nearby
from relay.redis_files import fault_in_files
from relay.redis_url import EXAMPLES, kind_of, read_redis_url

SHORTEST_SECRET_KEY = 32  # characters; what `openssl rand -hex 16` prints
SHORTEST_ADMIN_KEY = 16  # characters


class BaseUrl(fields.String):
    """A plain http(s) address without user, query or fragment; the slash at its end is cut."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        try:
            parts = urlsplit(text)
            plain = not (parts.query or parts.fragment or "@" in parts.netloc)
            right = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and plain
        except ValueError:  # brackets that do not close, a port that is no number
            right = False
        if not right:
            raise ValidationError("should be a plain http(s) address, such as https://api.calendly.com")
        return text.rstrip("/")


class RedisUrl(fields.String):
    """An address of Redis in one of its forms. What is said of a wrong one stays inside: it quotes passwords."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        kind = kind_of(text)
        if kind is None:
            raise ValidationError(
                "should start with redis://, rediss://, unix://, redis+sentinel://, rediss+sentinel://, "
                "redis+cluster:// or rediss+cluster://"
            )
        try:
            address = read_redis_url(text)
        except ValueError as exc:
            raise ValidationError(
                f"should be an address such as {EXAMPLES[kind]}, with / as %2F and @ as %40 in the password"
            ) from exc
        if fault := fault_in_files(address.options):
            raise ValidationError(f"its {fault}")
        return text


def listed(text: str) -> tuple[str, ...]:
    """Give the parts of a text with commas between them."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


class Listed(fields.String):
    """A text with commas between its parts, read into a tuple."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:  # type: ignore[override]
        return listed(super()._deserialize(value, attr, data, **kwargs))


class SecondsList(Listed):
    """Seconds with commas between, read into a tuple of floats."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[float, ...]:  # type: ignore[override]
        try:
            waits = tuple(float(part) for part in super()._deserialize(value, attr, data, **kwargs))
        except ValueError as exc:
            raise ValidationError("should be seconds with commas between, such as 5,30,120") from exc
        if not waits or not all(0 <= wait < math.inf for wait in waits):
            raise ValidationError("should be at least one number of seconds, none below 0")
        return waits


class OneOf(fields.String):
    """One of some words, in capitals or not."""

    def __init__(self, words: Sequence[str], **options: Any) -> None:
        super().__init__(**options)
        self._words = words

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs).lower()
        if text not in self._words:
            raise ValidationError(f"should be one of: {', '.join(self._words)}")
        return text


def whole(name: str, least: int, most: int | None = None) -> fields.Integer:
    """Give the field of a whole number within bounds."""
    bound = f"of at least {least}" if most is None else f"from {least} to {most}"
    sentence = f"should be a whole number {bound}"
    return fields.Integer(
        data_key=name,
        validate=validate.Range(least, most, error=sentence),
        error_messages=dict.fromkeys(("invalid", "too_large"), sentence),
    )


def seconds(name: str) -> fields.Float:
    """Give the field of a time, in seconds."""
    sentence = "should be a number of seconds above 0"
    return fields.Float(
        data_key=name,
        validate=validate.Range(min=0, min_inclusive=False, error=sentence),
        error_messages=dict.fromkeys(("invalid", "too_large", "special"), sentence),
    )


def long_secret_keys(keys: tuple[str, ...]) -> None:
    """Raise ValidationError for keys that could be guessed."""
    if not keys or min(map(len, keys)) < SHORTEST_SECRET_KEY:
        raise ValidationError(
            f"should be a random text of at least {SHORTEST_SECRET_KEY} characters, "
            "or several with commas between: the first encrypts, all decrypt"
        )


def long_admin_keys(keys: str) -> None:
    """Raise ValidationError for keys that could be guessed."""
    if min(map(len, listed(keys)), default=0) < SHORTEST_ADMIN_KEY:
        raise ValidationError(
            f"should be a random text of at least {SHORTEST_ADMIN_KEY} characters, "
            "or several with commas between, each of which is good"
        )


def guarded(url: str) -> None:
    """Raise ValidationError for an address to which tokens would travel in clear."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_nearby(parts.hostname or ""):
        raise ValidationError("should start with https://, since tokens would travel in clear")

"""The settings: read once from the environment, whole, and loudly when they are wrong."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from relay.errors import BadSettings

SHORTEST_SECRET_KEY = 32  # characters; what `openssl rand -hex 16` prints
SHORTEST_ADMIN_KEY = 16  # characters
MAY_COME_FROM_A_FILE = ("REDIS_URL", "RELAY_SECRET_KEY", "RELAY_ADMIN_KEY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this process behaves. Times are in seconds, sizes in bytes unless the name says otherwise."""

    redis_url: str
    secret_keys: tuple[str, ...]
    admin_key: str
    port: int = 8000
    calendly_api_url: str = "https://api.calendly.com"
    sandbox_url: str = ""
    public_url: str = ""
    data_dir: str = ".relay"
    allow_private_callbacks: bool = False
    max_body_bytes: int = 1024 * 1024
    max_records: int = 1000
    worker_threads: int = 32
    web_threads: int = 8
    call_timeout: float = 20.0
    callback_timeout: float = 15.0
    retry_base: float = 5.0
    callback_retries: tuple[float, ...] = (5, 30, 120, 600, 3600, 10800, 21600, 43200)
    retention_days: int = 30
    log_level: str = "info"

    @property
    def inbound_base(self) -> str:
        """Give the public address that inbound routes hang under, without a slash at its end."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    def __repr__(self) -> str:
        """Never show a secret: settings end up in tracebacks."""
        return f"Settings(port={self.port}, calendly_api_url={self.calendly_api_url!r}, …)"


class BaseUrl(fields.String):
    """A plain http(s) address without user, query or fragment; the slash at its end is cut."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if not text:
            return text
        try:
            parts = urlsplit(text)
            plain = not (parts.query or parts.fragment or "@" in parts.netloc)
            right = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and plain
        except ValueError:  # brackets that do not close, a port that is no number
            right = False
        if not right:
            raise ValidationError("should be a plain http(s) address, such as https://api.calendly.com")
        return text.rstrip("/")


class Listed(fields.String):
    """A text with commas between its parts, read into a tuple."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:  # type: ignore[override]
        text: str = super()._deserialize(value, attr, data, **kwargs)
        return tuple(part.strip() for part in text.split(",") if part.strip())


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


def _known_redis_scheme(text: str) -> None:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValidationError("should start with redis://, rediss:// or unix://")


def _long_secret_keys(keys: tuple[str, ...]) -> None:
    if not keys or min(map(len, keys)) < SHORTEST_SECRET_KEY:
        raise ValidationError(
            f"should be a random text of at least {SHORTEST_SECRET_KEY} characters, "
            "or several with commas between: the first encrypts, all decrypt"
        )


_MISSING: dict[str, str | list[Any] | dict[Any, Any]] = {"required": "is missing"}
_ABOVE_ZERO = validate.Range(min=0, min_inclusive=False)


class SettingsSchema(Schema):
    """The environment variables, each under its own name. README's table is compared with this."""

    class Meta:
        unknown = EXCLUDE

    redis_url = fields.String(
        data_key="REDIS_URL", required=True, error_messages=_MISSING, validate=_known_redis_scheme
    )
    secret_keys = Listed(
        data_key="RELAY_SECRET_KEY", required=True, error_messages=_MISSING, validate=_long_secret_keys
    )
    admin_key = fields.String(
        data_key="RELAY_ADMIN_KEY",
        required=True,
        error_messages=_MISSING,
        validate=validate.Length(min=SHORTEST_ADMIN_KEY),
    )
    port = fields.Integer(data_key="PORT", validate=validate.Range(min=1, max=65535))
    calendly_api_url = BaseUrl(data_key="CALENDLY_API_URL", validate=validate.Length(min=1))
    sandbox_url = BaseUrl(data_key="RELAY_SANDBOX_URL")
    public_url = BaseUrl(data_key="RELAY_PUBLIC_URL")
    data_dir = fields.String(data_key="RELAY_DATA_DIR", validate=validate.Length(min=1))
    allow_private_callbacks = fields.Boolean(data_key="RELAY_ALLOW_PRIVATE_CALLBACKS")
    max_body_bytes = fields.Integer(data_key="RELAY_MAX_BODY_BYTES", validate=validate.Range(min=1))
    max_records = fields.Integer(data_key="RELAY_MAX_RECORDS", validate=validate.Range(min=1, max=10_000))
    worker_threads = fields.Integer(data_key="RELAY_WORKER_THREADS", validate=validate.Range(min=2, max=500))
    web_threads = fields.Integer(data_key="RELAY_WEB_THREADS", validate=validate.Range(min=1, max=500))
    call_timeout = fields.Float(data_key="RELAY_CALL_TIMEOUT", validate=_ABOVE_ZERO)
    callback_timeout = fields.Float(data_key="RELAY_CALLBACK_TIMEOUT", validate=_ABOVE_ZERO)
    retry_base = fields.Float(data_key="RELAY_RETRY_BASE", validate=_ABOVE_ZERO)
    callback_retries = SecondsList(data_key="RELAY_CALLBACK_RETRIES")
    retention_days = fields.Integer(data_key="RELAY_RETENTION_DAYS", validate=validate.Range(min=1))
    log_level = fields.String(
        data_key="RELAY_LOG_LEVEL", validate=validate.OneOf(["debug", "info", "warning", "error"])
    )

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Settings:
        return Settings(**data)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment (or from `environ`); empty variables count as unset.

    Raises BadSettings with one message that names every variable that is missing or wrong, never its value.
    """
    source = os.environ if environ is None else environ
    given = {name: value for name, value in source.items() if value.strip()}
    faults: dict[str, list[str]] = {}
    for name in MAY_COME_FROM_A_FILE:
        if name not in given and f"{name}_FILE" in given:
            try:
                given[name] = Path(given[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as exc:
                why = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
                faults[name] = [f"cannot be read from the file that {name}_FILE names: {why}"]
    try:
        settings: Settings = SettingsSchema().load(given)
    except ValidationError as exc:
        faults = {**exc.messages_dict, **faults}
        lines = [f"  {name}: {' '.join(messages)}" for name, messages in sorted(faults.items())]
        raise BadSettings("These settings are missing or wrong:\n" + "\n".join(lines)) from exc
    return settings

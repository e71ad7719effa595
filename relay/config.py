"""The settings: read once from the environment, whole, and loudly when they are wrong."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from relay.errors import BadSettings
from relay.nearby import is_nearby
from relay.redis_files import fault_in_files
from relay.redis_url import EXAMPLES, kind_of, read_redis_url

SHORTEST_SECRET_KEY = 32  # characters; what `openssl rand -hex 16` prints
SHORTEST_ADMIN_KEY = 16  # characters
Durability = Literal["redis", "fsync", "replica"]
LOG_LEVELS = ("debug", "info", "warning", "error")
MAY_COME_FROM_A_FILE = ("REDIS_URL", "RELAY_SECRET_KEY", "RELAY_ADMIN_KEY", "CALENDLY_CLIENT_SECRET")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this process behaves. Times are in seconds, sizes in bytes unless the name says otherwise."""

    redis_url: str
    durability: Durability = "redis"
    secret_keys: tuple[str, ...]
    admin_key: str
    port: int = 8000
    calendly_api_url: str = "https://api.calendly.com"
    calendly_auth_url: str = "https://auth.calendly.com"
    client_id: str = ""
    client_secret: str = ""
    sandbox_url: str = ""
    public_url: str = ""
    data_dir: str = ".relay"
    allow_private_callbacks: bool = False
    trusted_proxies: int = 0
    max_body_bytes: int = 1024 * 1024
    max_records: int = 1000
    worker_threads: int = 32
    web_threads: int = 8
    call_timeout: float = 20.0
    callback_timeout: float = 15.0
    retry_base: float = 5.0
    callback_retries: tuple[float, ...] = (5, 30, 120, 600, 3600, 10800, 21600, 43200)
    retention_days: int = 30
    idempotency_days: int = 4
    log_level: str = "info"

    @property
    def admin_keys(self) -> tuple[str, ...]:
        """Give every key that RELAY_ADMIN_KEY holds: several while one takes over from another."""
        return listed(self.admin_key)

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


def _whole(name: str, least: int, most: int | None = None) -> fields.Integer:
    bound = f"of at least {least}" if most is None else f"from {least} to {most}"
    sentence = f"should be a whole number {bound}"
    return fields.Integer(
        data_key=name,
        validate=validate.Range(least, most, error=sentence),
        error_messages=dict.fromkeys(("invalid", "too_large"), sentence),
    )


def _seconds(name: str) -> fields.Float:
    sentence = "should be a number of seconds above 0"
    return fields.Float(
        data_key=name,
        validate=validate.Range(min=0, min_inclusive=False, error=sentence),
        error_messages=dict.fromkeys(("invalid", "too_large", "special"), sentence),
    )


def _long_secret_keys(keys: tuple[str, ...]) -> None:
    if not keys or min(map(len, keys)) < SHORTEST_SECRET_KEY:
        raise ValidationError(
            f"should be a random text of at least {SHORTEST_SECRET_KEY} characters, "
            "or several with commas between: the first encrypts, all decrypt"
        )


def _long_admin_keys(keys: str) -> None:
    if min(map(len, listed(keys)), default=0) < SHORTEST_ADMIN_KEY:
        raise ValidationError(
            f"should be a random text of at least {SHORTEST_ADMIN_KEY} characters, "
            "or several with commas between, each of which is good"
        )


def _guarded(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_nearby(parts.hostname or ""):
        raise ValidationError("should start with https://, since tokens would travel in clear")


_MISSING: dict[str, str | list[Any] | dict[Any, Any]] = {"required": "is missing"}
_PLAIN = validate.Regexp("[!-~]+$", error="should be printable ASCII without spaces, as Calendly shows it")


class SettingsSchema(Schema):
    """The environment variables, each under its own name. README's table is compared with this."""

    class Meta:
        unknown = EXCLUDE

    redis_url = RedisUrl(data_key="REDIS_URL", required=True, error_messages=_MISSING)
    durability = OneOf(get_args(Durability), data_key="RELAY_DURABILITY")
    secret_keys = Listed(
        data_key="RELAY_SECRET_KEY", required=True, error_messages=_MISSING, validate=_long_secret_keys
    )
    admin_key = fields.String(
        data_key="RELAY_ADMIN_KEY", required=True, error_messages=_MISSING, validate=_long_admin_keys
    )
    port = _whole("PORT", 1, 65535)
    calendly_api_url = BaseUrl(data_key="CALENDLY_API_URL", validate=_guarded)
    calendly_auth_url = BaseUrl(data_key="CALENDLY_AUTH_URL", validate=_guarded)
    client_id = fields.String(data_key="CALENDLY_CLIENT_ID", validate=_PLAIN)
    client_secret = fields.String(data_key="CALENDLY_CLIENT_SECRET", validate=_PLAIN)
    sandbox_url = BaseUrl(data_key="RELAY_SANDBOX_URL")
    public_url = BaseUrl(data_key="RELAY_PUBLIC_URL")
    data_dir = fields.String(data_key="RELAY_DATA_DIR")
    allow_private_callbacks = fields.Boolean(
        data_key="RELAY_ALLOW_PRIVATE_CALLBACKS", error_messages={"invalid": "should be true or false"}
    )
    trusted_proxies = _whole("RELAY_TRUSTED_PROXIES", 0, 10)
    max_body_bytes = _whole("RELAY_MAX_BODY_BYTES", 1)
    max_records = _whole("RELAY_MAX_RECORDS", 1, 10_000)
    worker_threads = _whole("RELAY_WORKER_THREADS", 2, 500)
    web_threads = _whole("RELAY_WEB_THREADS", 1, 500)
    call_timeout = _seconds("RELAY_CALL_TIMEOUT")
    callback_timeout = _seconds("RELAY_CALLBACK_TIMEOUT")
    retry_base = _seconds("RELAY_RETRY_BASE")
    callback_retries = SecondsList(data_key="RELAY_CALLBACK_RETRIES")
    retention_days = _whole("RELAY_RETENTION_DAYS", 1)
    idempotency_days = _whole("RELAY_IDEMPOTENCY_DAYS", 1, 30)
    log_level = OneOf(LOG_LEVELS, data_key="RELAY_LOG_LEVEL")

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Settings:
        return Settings(**data)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment (or from `environ`); empty ones count as unset, blanks around one as none.

    Raises BadSettings with one message that names every variable that is missing or wrong, never its value.
    """
    source = os.environ if environ is None else environ
    given = {name: value.strip() for name, value in source.items() if value.strip()}
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

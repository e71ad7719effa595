"""The settings: read once from the environment, whole, and loudly when they are wrong."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from relay.config_fields import (
    BaseUrl,
    Listed,
    OneOf,
    RedisUrl,
    SecondsList,
    guarded,
    listed,
    long_admin_keys,
    long_secret_keys,
    seconds,
    whole,
)
from relay.errors import BadSettings

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


_MISSING: dict[str, str | list[Any] | dict[Any, Any]] = {"required": "is missing"}
_PLAIN = validate.Regexp("[!-~]+$", error="should be printable ASCII without spaces, as Calendly shows it")


class SettingsSchema(Schema):
    """The environment variables, each under its own name. README's table is compared with this."""

    class Meta:
        unknown = EXCLUDE

    redis_url = RedisUrl(data_key="REDIS_URL", required=True, error_messages=_MISSING)
    durability = OneOf(get_args(Durability), data_key="RELAY_DURABILITY")
    secret_keys = Listed(
        data_key="RELAY_SECRET_KEY", required=True, error_messages=_MISSING, validate=long_secret_keys
    )
    admin_key = fields.String(
        data_key="RELAY_ADMIN_KEY", required=True, error_messages=_MISSING, validate=long_admin_keys
    )
    port = whole("PORT", 1, 65535)
    calendly_api_url = BaseUrl(data_key="CALENDLY_API_URL", validate=guarded)
    calendly_auth_url = BaseUrl(data_key="CALENDLY_AUTH_URL", validate=guarded)
    client_id = fields.String(data_key="CALENDLY_CLIENT_ID", validate=_PLAIN)
    client_secret = fields.String(data_key="CALENDLY_CLIENT_SECRET", validate=_PLAIN)
    sandbox_url = BaseUrl(data_key="RELAY_SANDBOX_URL")
    public_url = BaseUrl(data_key="RELAY_PUBLIC_URL")
    data_dir = fields.String(data_key="RELAY_DATA_DIR")
    allow_private_callbacks = fields.Boolean(
        data_key="RELAY_ALLOW_PRIVATE_CALLBACKS", error_messages={"invalid": "should be true or false"}
    )
    trusted_proxies = whole("RELAY_TRUSTED_PROXIES", 0, 10)
    max_body_bytes = whole("RELAY_MAX_BODY_BYTES", 1)
    max_records = whole("RELAY_MAX_RECORDS", 1, 10_000)
    worker_threads = whole("RELAY_WORKER_THREADS", 2, 500)
    web_threads = whole("RELAY_WEB_THREADS", 1, 500)
    call_timeout = seconds("RELAY_CALL_TIMEOUT")
    callback_timeout = seconds("RELAY_CALLBACK_TIMEOUT")
    retry_base = seconds("RELAY_RETRY_BASE")
    callback_retries = SecondsList(data_key="RELAY_CALLBACK_RETRIES")
    retention_days = whole("RELAY_RETENTION_DAYS", 1)
    idempotency_days = whole("RELAY_IDEMPOTENCY_DAYS", 1, 30)
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

"""The environment that the children get: what is given, and sensible local values for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from local.data_dir import DataDir
from local.errors import CannotStart
from local.ports import LOOPBACK
from relay.config import load_settings
from relay.errors import BadSettings

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_DATA_DIR = ".relay"
DEFAULT_PORT = "8000"
DEFAULT_SANDBOX_URL = f"http://{LOOPBACK}:8001"
LOCAL_HOSTS = frozenset({LOOPBACK, "localhost"})


@dataclass(frozen=True, slots=True)
class HouseSettings:
    """What the house runs with; `environ` is what every child of it gets."""

    environ: Mapping[str, str]
    port: int
    admin_key: str
    sandbox_url: str

    @property
    def api_url(self) -> str:
        """Where the web process answers on this machine."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def sandbox_port(self) -> int | None:
        """The port to run the sandbox on, or None where RELAY_SANDBOX_URL names another machine's."""
        parts = urlsplit(self.sandbox_url)
        return (parts.port or 80) if parts.hostname in LOCAL_HOSTS else None


def given_environ(environ: Mapping[str, str], dotenv: Path) -> dict[str, str]:
    """Merge a `.env` file into the environment, which wins. Empty variables count as unset."""
    merged = {**dotenv_values(dotenv), **environ}
    return {name: value for name, value in merged.items() if value is not None and value.strip()}


def data_dir_of(given: Mapping[str, str]) -> DataDir:
    """Give the data folder that the environment names; a relative one lies in the project's folder."""
    return DataDir(ROOT / given.get("RELAY_DATA_DIR", DEFAULT_DATA_DIR))


def needs_redis(given: Mapping[str, str]) -> bool:
    """Tell whether nobody named a Redis, so that the house brings its own."""
    return "REDIS_URL" not in given and "REDIS_URL_FILE" not in given


def complete(given: Mapping[str, str], data_dir: DataDir, redis_url: str | None) -> HouseSettings:
    """Fill in what is not given, then read it all as the relay will. Raises CannotStart naming each wrong one."""
    environ = {**_local_values(given, data_dir), **given, "RELAY_DATA_DIR": str(data_dir.path)}
    if redis_url is not None:
        environ["REDIS_URL"] = redis_url
    try:
        settings = load_settings(environ)
    except BadSettings as exc:
        raise CannotStart(str(exc)) from exc
    environ.setdefault("RELAY_PUBLIC_URL", f"http://{LOOPBACK}:{settings.port}")
    return HouseSettings(environ, settings.port, settings.admin_key, settings.sandbox_url)


def _local_values(given: Mapping[str, str], data_dir: DataDir) -> dict[str, str]:
    values = {
        "PORT": DEFAULT_PORT,
        "RELAY_SANDBOX_URL": DEFAULT_SANDBOX_URL,
        "RELAY_ALLOW_PRIVATE_CALLBACKS": "true",  # the sandbox's receiver is on this machine
        "PYTHONUNBUFFERED": "1",  # so that lines appear when they are said
    }
    for name in ("RELAY_SECRET_KEY", "RELAY_ADMIN_KEY"):
        if name not in given and f"{name}_FILE" not in given:
            values[name] = data_dir.secret(name.removeprefix("RELAY_").lower())
    return values

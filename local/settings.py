"""The environment that the children get: what is given, and sensible local values for the rest."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from local.data_dir import DataDir
from local.errors import CannotStart
from local.kept import keep
from local.ports import LOOPBACK
from relay.config import load_settings
from relay.errors import BadSettings

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_DATA_DIR = ".relay"
DEFAULT_PORT = "8000"
DEFAULT_SANDBOX_URL = f"http://{LOOPBACK}:8001"
LOCAL_VALUES = {
    "PORT": DEFAULT_PORT,
    "RELAY_SANDBOX_URL": DEFAULT_SANDBOX_URL,
    "RELAY_ALLOW_PRIVATE_CALLBACKS": "true",  # the sandbox's receiver is on this machine
    "PYTHONUNBUFFERED": "1",  # so that lines appear when they are said
}
KEYS = ("RELAY_SECRET_KEY", "RELAY_ADMIN_KEY")
LOCAL_HOSTS = frozenset({LOOPBACK, "localhost"})


@dataclass(frozen=True, slots=True)
class HouseSettings:
    """What the house runs with; `environ` is what every child of it gets.

    `made_up` names the keys among them that nobody gave; `new_keys` are those of them that were made up just now.
    """

    environ: Mapping[str, str] = field(repr=False)
    port: int
    admin_key: str = field(repr=False)
    secret_keys: tuple[str, ...] = field(repr=False)
    redis_url: str = field(repr=False)
    redis_is_given: bool
    sandbox_url: str
    made_up: frozenset[str]
    new_keys: Mapping[str, str] = field(repr=False)

    @property
    def api_url(self) -> str:
        """Where the web process answers on this machine."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def sandbox_port(self) -> int | None:
        """The port to run the sandbox on, or None where RELAY_SANDBOX_URL names another machine's."""
        parts = urlsplit(self.sandbox_url)
        return (parts.port or 80) if parts.hostname in LOCAL_HOSTS else None

    def keep_new_keys(self, data_dir: DataDir) -> None:
        """Keep the keys that were made up; from now on they are this folder's."""
        for name, value in self.new_keys.items():
            keep(data_dir.path / _file_of(name), value)


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
    kept, new = _keys(given, data_dir)
    environ = {**LOCAL_VALUES, **kept, **new, **given, "RELAY_DATA_DIR": str(data_dir.path)}
    if redis_url is not None:
        environ["REDIS_URL"] = redis_url
    try:
        settings = load_settings(environ)
    except BadSettings as exc:
        raise CannotStart(str(exc)) from exc
    environ.setdefault("RELAY_PUBLIC_URL", f"http://{LOOPBACK}:{settings.port}")
    return HouseSettings(
        environ=environ,
        port=settings.port,
        admin_key=settings.admin_keys[0],
        secret_keys=settings.secret_keys,
        redis_url=settings.redis_url,
        redis_is_given=redis_url is None,
        sandbox_url=settings.sandbox_url,
        made_up=frozenset({*kept, *new}),
        new_keys=new,
    )


def _keys(given: Mapping[str, str], data_dir: DataDir) -> tuple[dict[str, str], dict[str, str]]:
    """Give the keys that the folder keeps and those that it lacks, newly made but not kept yet."""
    kept: dict[str, str] = {}
    new: dict[str, str] = {}
    for name in KEYS:
        if name in given or f"{name}_FILE" in given:
            continue
        if data_dir.knows(_file_of(name)):
            kept[name] = data_dir.secret(_file_of(name))
        else:
            new[name] = secrets.token_urlsafe(32)
    return kept, new


def _file_of(name: str) -> str:
    return name.removeprefix("RELAY_").lower()

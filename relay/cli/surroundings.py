"""Where the relay is and which key opens it, from options, the environment, and what `make run` keeps."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from relay.cli.endings import Trouble

ROOT = Path(__file__).resolve().parents[2]
HERE = frozenset({"127.0.0.1", "localhost", "::1"})
DEFAULT_PORT = "8000"
DEFAULT_DATA_DIR = ".relay"
KEPT_KEY = "admin_key"  # the file in which `make run` keeps the key that it made
KEY = "RELAY_ADMIN_KEY"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the process was given. `local` is the `.env` file of `make run`, `root` the project's folder."""

    environ: Mapping[str, str] = field(repr=False)
    local: Mapping[str, str] = field(repr=False)
    root: Path = ROOT

    def address(self, option: str | None) -> str:
        """Give the relay's address without a slash at its end. Raises Trouble for one that is none."""
        port = self._either("PORT") or DEFAULT_PORT
        given = option or self.environ.get("RELAY_URL") or self._either("RELAY_PUBLIC_URL")
        address = (given or f"http://127.0.0.1:{port}").rstrip("/")
        if not _is_address(address):
            raise Trouble(
                "The relay's address should be plain http(s), such as https://relay.example; "
                "it comes from --url, RELAY_URL or RELAY_PUBLIC_URL."
            )
        return address

    def admin_key(self, key_file: Path | None, address: str) -> str | None:
        """Give the admin key, or None where nobody gave one.

        The key that `make run` keeps is used for addresses on this machine only: it should not travel to others.
        """
        if key_file is not None:
            return _read(key_file)
        found = self._from(self.environ)
        if found is None and is_here(address):
            found = self._from(self.local) or self._kept()
        return found

    def _from(self, values: Mapping[str, str]) -> str | None:
        if key := _first(values.get(KEY, "")):
            return key
        file = values.get(f"{KEY}_FILE", "").strip()
        return _read(Path(file)) if file else None

    def _kept(self) -> str | None:
        kept = self.root / (self._either("RELAY_DATA_DIR") or DEFAULT_DATA_DIR) / KEPT_KEY
        return _read(kept) if kept.is_file() else None

    def _either(self, name: str) -> str:
        return (self.environ.get(name) or self.local.get(name) or "").strip()


def surroundings() -> Surroundings:
    """Give this process's own."""
    local = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value}
    return Surroundings(os.environ, local)


def is_here(address: str) -> bool:
    """Tell whether an address is this machine's own."""
    return urlsplit(address).hostname in HERE


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        plain = not (parts.query or parts.fragment or "@" in parts.netloc) and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is no number
        return False
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname)


def _first(text: str) -> str:
    """Give the first of several keys with commas between: the relay's own setting holds two while one is rotated."""
    return next((key for each in text.split(",") if (key := each.strip())), "")


def _read(file: Path) -> str:
    try:
        key = _first(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
        raise Trouble(f"The admin key cannot be read from {file}: {why}.") from exc
    if not key:
        raise Trouble(f"The file {file} is empty; it should hold the admin key.")
    return key

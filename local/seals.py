"""Remembers which RELAY_SECRET_KEY sealed the secrets of which Redis, so that no other key takes its place in silence."""

from __future__ import annotations

import hashlib
import json

from local.data_dir import DataDir
from local.errors import CannotStart
from local.kept import keep
from local.redis_look import RedisLook
from local.settings import HouseSettings

NOTE = "sealed-with"
EMBEDDED = "embedded"


def check_seals(settings: HouseSettings, data_dir: DataDir, look: RedisLook) -> None:
    """Raise CannotStart if the relay in this Redis may have secrets that none of our keys opens."""
    if not look.contents.holds_relay:
        return
    place = f"The Redis at {look.where}" if settings.redis_is_given else f"The data in {data_dir.path}"
    remedy = "or choose another place for this relay with REDIS_URL or RELAY_DATA_DIR."
    sealed_with = _notes(data_dir).get(_place(settings, look))
    if sealed_with is None and _is_doubtful(settings):
        raise CannotStart(
            f"{place} holds a relay's secrets already, and a made-up RELAY_SECRET_KEY could not open them: "
            f"set the one that they were sealed with, {remedy}"
        )
    if sealed_with is not None and sealed_with not in map(fingerprint, settings.secret_keys):
        raise CannotStart(
            f"{place} holds secrets that were sealed with another RELAY_SECRET_KEY than the one in use now: "
            f"put that one behind it, as in RELAY_SECRET_KEY=new,old, {remedy}"
        )


def _is_doubtful(settings: HouseSettings) -> bool:
    """Tell whether our key is one that a relay met for the first time cannot have used."""
    known = settings.made_up if settings.redis_is_given else settings.new_keys
    return "RELAY_SECRET_KEY" in known


def note_seal(settings: HouseSettings, data_dir: DataDir, look: RedisLook) -> None:
    """Remember which key seals from now on."""
    notes = {**_notes(data_dir), _place(settings, look): fingerprint(settings.secret_keys[0])}
    keep(data_dir.path / NOTE, json.dumps(notes))


def fingerprint(key: str) -> str:
    """Give a text that tells long random keys apart and says nothing about them."""
    return hashlib.sha256(b"calendly-relay fingerprint\0" + key.encode()).hexdigest()[:16]


def _place(settings: HouseSettings, look: RedisLook) -> str:
    return f"{look.where}/{look.database}" if settings.redis_is_given else EMBEDDED


def _notes(data_dir: DataDir) -> dict[str, str]:
    try:
        notes = json.loads((data_dir.path / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}

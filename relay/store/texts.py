"""How values are written into Redis and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def to_json(value: object) -> str:
    """Write JSON that every reader takes, the scripts' own included: half a surrogate pair becomes a question mark."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return written.encode("utf-8", "replace").decode()


def from_json(raw: bytes | str | None) -> Any:
    """Read JSON; nothing gives None."""
    return json.loads(raw) if raw else None


def text(raw: bytes | str) -> str:
    """Give what Redis answered as a text."""
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw


def texts(raw: Mapping[bytes, bytes] | Mapping[bytes | str, bytes | str]) -> dict[str, str]:
    """Give a hash as Redis answered it as texts."""
    return {text(name): text(value) for name, value in raw.items()}


def paired(raw: Sequence[bytes]) -> dict[str, str]:
    """Give a hash as a script answered it (names and values in turn) as texts."""
    return texts(dict(zip(raw[::2], raw[1::2], strict=True)))


def seconds(milliseconds: str | float | None) -> float | None:
    """Give Unix seconds for Redis's milliseconds; nothing gives None."""
    return float(milliseconds) / 1000 if milliseconds not in (None, "") else None


def milliseconds(moment: float) -> int:
    """Give a moment, in Unix seconds, as it is stored."""
    return round(moment * 1000)


def moment(milliseconds: str | float | None) -> float:
    """Give Unix seconds for Redis's milliseconds; nothing gives 0."""
    return seconds(milliseconds) or 0.0

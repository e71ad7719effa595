"""Values that are made once and kept in a file that only its owner can read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

OWNER_ONLY = 0o600


def keep(file: Path, text: str) -> str:
    """Write a text so that no moment exists in which another user could read it, or half of it be read."""
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w", encoding="utf-8"
    ) as out:
        out.write(text)
    draft.replace(file)
    return text


def kept(file: Path, make: Callable[[], str]) -> str:
    """Give the text in a file, making and keeping it the first time."""
    if file.exists():
        text = file.read_text(encoding="utf-8").strip()
        if text:
            return text
    return keep(file, make())

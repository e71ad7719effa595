"""Text of strangers, made harmless for a terminal."""

from __future__ import annotations

import json


def plain(text: object) -> str:
    """Give a text without anything that a terminal would obey, a line break included."""
    return "".join(letter if letter.isprintable() else _visible(letter) for letter in str(text))


def plain_lines(text: str) -> str:
    """Give a text of several lines without anything else that a terminal would obey."""
    return "\n".join(plain(line) for line in text.split("\n"))


def _visible(letter: str) -> str:
    return "\\u007f" if letter == "\x7f" else json.dumps(letter)[1:-1]

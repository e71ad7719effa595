"""A person as stored texts name them: by an e-mail address, however it is written there."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

ERASED = "(erased)"  # in place of a text that named somebody
DEEPEST = 4  # writings inside each other that are undone: JSON in JSON in a URL, and one more
LONGEST = 320  # characters of an address: 64 before the @, 255 behind it
# Letters that go on an address: beside one of them it is another one (its subaddresses, too, are others). Not those of
# languages without blanks between words, nor the signs that part fields more often than they stand in an address.
_LETTER = "a-z0-9_\u00b5-\u0df6\u1e00-\u1fff"
_BEFORE = f"(?<![{_LETTER}])(?<![{_LETTER}][.+'&\\-])"
_AFTER = r"(?!-*[a-z0-9])(?!\.[a-z0-9])"
_ESCAPE = re.compile(r"\\+(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SPACES = frozenset("nrtbf")


class Person:
    """Whoever has this address. In texts it is found in any case, in the escapes of JSON, URLs and HTML, and in any form of Unicode."""

    def __init__(self, email: str) -> None:
        plain = _plain(email)
        self._forms = tuple(dict.fromkeys((plain, *_other_domain(plain))))
        self._pattern = re.compile(f"{_BEFORE}(?:{'|'.join(map(re.escape, self._forms))}){_AFTER}")

    def __repr__(self) -> str:
        """Never show the address: it is what is to be forgotten."""
        return "Person(…)"

    def is_in(self, text: str) -> bool:
        """Tell whether a text names the person. It may be JSON, and hold JSON, addresses and forms in its texts."""
        for _ in range(DEEPEST):
            read = _plain(text)
            if "@" in read and any(form in read for form in self._forms) and self._pattern.search(read):
                return True
            text = _unwritten(read)
            if text == read:
                return False
        return bool(self._pattern.search(_plain(text)))

    def is_in_any(self, texts: Iterable[str]) -> bool:
        """Tell whether one of these texts names the person."""
        return self.is_in("\n".join(texts))  # a line break goes on no address

    def without(self, value: Any) -> Any:
        """Give a JSON value in which nothing names the person: whatever text did, be it a name, says so instead."""
        if isinstance(value, str):
            return ERASED if self.is_in(value) else value
        if isinstance(value, list):
            return [self.without(each) for each in value]
        if isinstance(value, dict):
            return {self.without(name): self.without(each) for name, each in value.items()}
        return value


def _plain(text: str) -> str:
    """Give a text in one form of Unicode and of case, so that what people read as the same is the same."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _unwritten(text: str) -> str:
    """Undo one layer of JSON's escapes, of a URL's and of HTML's; what any of them makes a blank is one."""
    if "\\" in text:
        text = _ESCAPE.sub(_unescaped, text)
        if not text.isascii():
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "%" in text:
        text = unquote(text, errors="replace")
    return html.unescape(text) if "&" in text else text


def _unescaped(found: re.Match[str]) -> str:
    escape = found[1]
    if len(escape) == 5:
        return chr(int(escape[1:], 16))
    return " " if escape in _SPACES else escape


def _other_domain(address: str) -> tuple[str, ...]:
    """Give the address with its domain as DNS writes it, or as people read it, where that is another text."""
    local, _, domain = address.rpartition("@")
    try:
        written = domain.encode("idna").decode() if not domain.isascii() else domain.encode().decode("idna")
    except UnicodeError:
        return ()
    return (f"{local}@{_plain(written)}",)

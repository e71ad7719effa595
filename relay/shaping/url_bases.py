"""Whether a URL stays under one of the addresses that the relay may call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_WHOLE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)([^/?]*)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Origin:
    scheme: str
    host: str
    port: int | None


def under_a_base(text: str, bases: Sequence[str]) -> str:
    """Give the path and query of a URL under one of the bases, or a path as it is; ValueError says what would be right.

    A whole URL has to have the scheme, host and port of a base, and to go on after the base's path.
    """
    rest = text if text.startswith("/") else _rest(text, bases)
    if rest.startswith("//"):
        raise ValueError("should have one slash before the path: two would name another host")
    return rest


def _rest(text: str, bases: Sequence[str]) -> str:
    whole = _WHOLE.fullmatch(text)
    if whole is None:
        raise ValueError(_what_is_right(bases))
    scheme, host, rest = whole.groups()
    if "@" in host:
        raise ValueError("should hold no user name or password before the host")
    if "{" in host or "}" in host:
        raise ValueError("should hold placeholders in the path and the query only, never in the host")
    for base in bases:
        path = urlsplit(base).path.rstrip("/")
        if _origin(scheme + host) == _origin(base) and rest.startswith(f"{path}/"):
            return rest[len(path) :]
    raise ValueError(_what_is_right(bases))


def _origin(url: str) -> _Origin | None:
    """Give scheme, host and port; None for what has none that can be read."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return _Origin(parts.scheme, parts.hostname, port) if parts.hostname else None


def _what_is_right(bases: Sequence[str]) -> str:
    addresses = "".join(f", or start with {base.rstrip('/')}/" for base in dict.fromkeys(bases))
    return f"should be a path such as /shares/{{id}}{addresses}"

"""Everything that is logged while the tests run, watched line by line: no secret and no person may stand in it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO
from unittest.mock import patch

# What the tests use as secrets of every kind; each is long enough to stand in no line by chance.
PLANTED = (
    "admin-key-for-tests",
    "a secret key that is only for tests",
    "inbound-key-for-tests",
    "planted-",
    "whsec_",
    "Bearer ",
    "gAAAAA",  # what is sealed begins with this; a log is no place for it either
)
_EMAIL = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+\.\w+")


def leaks_in(line: str) -> list[str]:
    """Give the secrets and addresses of people that stand in a line of the log."""
    return [each for each in PLANTED if each in line] + _EMAIL.findall(line)


class _Watched:
    """Standard error, with a look at each line that is written to it."""

    def __init__(self, found: list[str]) -> None:
        self._found = found

    def write(self, text: str) -> int:
        """Write a line, and note what should not stand in it."""
        self._found += [f"{leak} in: {text.strip()}" for leak in leaks_in(text)]
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Write what waits."""
        sys.stderr.flush()


class _System:
    """`sys`, as the log sees it."""

    def __init__(self, found: list[str]) -> None:
        self._watched = _Watched(found)

    @property
    def stderr(self) -> TextIO:
        """Give standard error, watched."""
        return self._watched  # type: ignore[return-value]  # as much of it as a log needs

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


@contextmanager
def watched_log() -> Iterator[list[str]]:
    """Watch what this process logs; gives a list that fills with what should not have been written."""
    found: list[str] = []
    with patch("relay.log.sys", _System(found)):
        yield found

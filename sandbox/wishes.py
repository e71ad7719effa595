"""Reading what somebody wishes to have planted. Whatever makes no sense is a Mistake."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar, overload

from sandbox.mistakes import Mistake

T = TypeVar("T")
C = TypeVar("C", bound=str)
D = TypeVar("D")


class Wish:
    """One object of a planting request, with a default for everything that is left out."""

    def __init__(self, kind: str, given: object) -> None:
        if not isinstance(given, Mapping):
            raise Mistake(f"{kind} must be an object or an array of objects")
        self._kind = kind
        self._given = given
        self._read: set[str] = set()

    def _take(self, name: str, otherwise: object) -> object:
        self._read.add(name)
        return self._given.get(name, otherwise)

    def text(self, name: str, otherwise: str) -> str:
        """Read a string."""
        value = self._take(name, otherwise)
        if not isinstance(value, str):
            raise Mistake(f"{self._kind}.{name} must be a string")
        return value

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        """Read true or false."""
        return self._take(name, otherwise) is True

    def number(
        self, name: str, otherwise: float, *, least: float | None = None, most: float | None = None
    ) -> float:
        """Read a number within bounds; the default need not be within them."""
        value = self._take(name, otherwise)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise Mistake(f"{self._kind}.{name} must be a number")
        if name in self._given and (
            (least is not None and value < least) or (most is not None and value > most)
        ):
            raise Mistake(f"{self._kind}.{name} must be from {least} to {most}")
        return value

    def texts(self, name: str, otherwise: D) -> list[str] | D:
        """Read a list of strings."""
        if self._given.get(name) is None:
            self._take(name, None)
            return otherwise
        value = self._take(name, None)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise Mistake(f"{self._kind}.{name} must be an array of strings")
        return value

    @overload
    def one_of(self, name: str, allowed: Collection[C], otherwise: C) -> C: ...
    @overload
    def one_of(self, name: str, allowed: Collection[C], otherwise: None) -> C | None: ...
    def one_of(self, name: str, allowed: Collection[C], otherwise: C | None) -> C | None:
        """One of several strings."""
        value = self._take(name, otherwise)
        if value is None:
            return otherwise
        for choice in allowed:
            if choice == value:
                return choice
        raise Mistake(f"{self._kind}.{name} must be one of {', '.join(allowed)}")

    def find(self, name: str, things: Mapping[str, T], otherwise: str) -> T:
        """Read a thing that exists, named by its uuid or full URI."""
        uuid = self.text(name, otherwise).rsplit("/", 1)[-1]
        if uuid not in things:
            raise Mistake(f"{self._kind}.{name} does not exist")
        return things[uuid]

    def check_all_read(self, *, ignore: bool) -> None:
        """Refuse names that nobody reads: they are most likely misspelt."""
        unknown = set(self._given) - self._read
        if unknown and not ignore:
            raise Mistake(f"{self._kind} has no {', '.join(sorted(unknown))}")

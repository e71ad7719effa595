"""A mistake that somebody could make in a script."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One text of a script, what stands there by mistake, and what that breaks. `same` says why it breaks nothing."""

    script: str
    text: str
    instead: str
    breaks: str
    same: str = ""

    def put_into(self, source: str) -> str:
        """Give the script with the mistake. The text must stand there exactly once."""
        count = source.count(self.text)
        if count != 1:
            raise ValueError(f"{self.script}.lua has this {count} times instead of once: {self.text}")
        return source.replace(self.text, self.instead)

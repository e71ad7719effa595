"""What became of the records of a file."""

from __future__ import annotations

from dataclasses import dataclass

from relay.cli.screen import note

MOST_SHOWN = 100  # faults; a file may have a million


@dataclass(slots=True)
class Tally:
    """Counts records, and shows why those that were rejected were."""

    accepted: int = 0
    replayed: int = 0
    rejected: int = 0
    skipped: int = 0
    held: int = 0
    shown: int = 0

    @property
    def total(self) -> int:
        """Give how many records are done with."""
        return self.accepted + self.replayed + self.rejected + self.skipped + self.held

    def reject(self, line: int, reasons: list[str]) -> None:
        """Count a record that was rejected, and say why."""
        self.rejected += 1
        for reason in reasons:
            self.shown += 1
            if self.shown <= MOST_SHOWN:
                note(f"line {line}: {reason}", colour="red")
            elif self.shown == MOST_SHOWN + 1:
                note("Further faults are counted and not shown; --rejects FILE keeps the records.")

    def in_words(self) -> str:
        """Give the summary."""
        held = f", {self.held} held back" if self.held else ""
        return (
            f"{self.accepted} accepted, {self.replayed} already accepted, "
            f"{self.rejected} rejected, {self.skipped} skipped{held}."
        )

    def as_preview(self) -> str:
        """Give the summary where nothing was sent."""
        return (
            f"Nothing was sent: {self.accepted} would be accepted, "
            f"{self.rejected} rejected, {self.skipped} skipped."
        )

"""Refusals of the relay (RFC 9457), and how they read to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relay.cli.plain_text import plain

_ADVICE = {
    401: "Is the key the right one? Give the admin key with --key-file, RELAY_ADMIN_KEY or RELAY_ADMIN_KEY_FILE.",
    503: "This is trouble on the relay's side: try again shortly.",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: which record of the request, where in it, and what would be right."""

    index: int | None
    pointer: str
    detail: str

    def in_words(self, place: str = "") -> str:
        """Give the fault as one line; `place` says which record that is."""
        where = ", ".join(part for part in (place, self.pointer if self.pointer != "#" else "") if part)
        return plain(f"{where}: {self.detail}" if where else self.detail)


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer that is a refusal. `retry_after` is in seconds, where the relay named a time."""

    status: int
    code: str
    detail: str
    faults: tuple[Fault, ...] = ()
    retry_after: float | None = None

    def in_words(self) -> str:
        """Give the problem as lines: what the relay says, each fault with its place, and what one can do."""
        lines = [f"The relay refused this ({self.status}): {plain(self.detail)}"]
        lines += [
            f"  {fault.in_words(_record(fault.index))}" for fault in self.faults if self._is_news(fault)
        ]
        if self.status in _ADVICE:
            lines.append(_ADVICE[self.status])
        return "\n".join(lines)

    def _is_news(self, fault: Fault) -> bool:
        # A problem with one fault often says the same in its detail.
        return len(self.faults) > 1 or fault.detail not in self.detail


def read_problem(status: int, body: Any, headers: Mapping[str, str]) -> Problem:
    """Read a refusal. One that is no problem document came from something else than a relay, and says so."""
    document = body if isinstance(body, dict) and isinstance(body.get("detail"), str) else None
    if document is None:
        detail = "the answer is none of a relay's; does the address lead to one?"
        return Problem(status, "", detail, retry_after=_seconds(headers.get("Retry-After")))
    code = str(document.get("type", "")).rpartition(":")[2]
    return Problem(
        status,
        code,
        document["detail"],
        tuple(read_fault(each) for each in document.get("errors") or () if isinstance(each, dict)),
        _seconds(headers.get("Retry-After")),
    )


def read_fault(item: Mapping[str, Any], index: int | None = None) -> Fault:
    """Read one item of a problem's `errors`."""
    given = item.get("index", index)
    place = given if isinstance(given, int) else None
    return Fault(place, str(item.get("pointer", "#")), str(item.get("detail", "is wrong")))


def _record(index: int | None) -> str:
    return "" if index is None else f"record {index + 1}"


def _seconds(text: str | None) -> float | None:
    # A date is allowed here too; a relay sends seconds, and whoever waits has a wait of its own for the rest.
    return float(text) if text is not None and text.strip().isdecimal() else None

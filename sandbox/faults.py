"""Switches that make the sandbox misbehave: which calls, how often, and in what way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from threading import Lock

from sandbox.mistakes import Mistake

KINDS = ("status", "slow", "hang", "cut_before", "cut_after", "cut_midway", "garbage")
EFFECTIVE = ("cut_after", "cut_midway", "garbage")
DEFAULT_HANG_SECONDS = 60.0
DEFAULT_SLOW_SECONDS = 2.0
STATUS = re.compile(r"[1-5]\d\d")


@dataclass(slots=True)
class Fault:
    """One way of going wrong.

    `status` answers with an error; `slow` answers late; `hang` answers nothing for a while and then resets;
    `cut_before` and `cut_after` reset the connection without an answer, before or after the effect;
    `cut_midway` resets within the answer; `garbage` answers 200 with a page instead of JSON.
    With `effect` the call is carried out all the same.
    """

    kind: str
    method: str = "*"
    path: str = "*"
    regex: bool = False
    times: int | None = 1
    seconds: float = 0.0
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: object = None
    effect: bool = False
    id: int = 0
    used: int = 0

    @property
    def name(self) -> str:
        """What it was ordered as: a status, or its kind."""
        return str(self.status) if self.kind == "status" else self.kind

    def fits(self, method: str, path: str) -> bool:
        """Whether a call is one of those this fault is meant for."""
        if self.method not in {"*", method}:
            return False
        return bool(re.search(self.path, path)) if self.regex else fnmatchcase(path, self.path)


class Faults:
    """The faults that are ordered, oldest first. Each call takes at most one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ordered: list[Fault] = []
        self._count = 0

    def add(self, kind: str, **how: object) -> Fault:
        """Order a fault, in the words of the control API: `add("429", times=2, match={"path": "/users/me"})`."""
        fault = read_fault({"fault": kind, **how})
        with self._lock:
            self._count += 1
            fault.id = self._count
            self._ordered.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """Take the first fault that fits and count it down; None when the call may go well."""
        if not self._ordered:  # no lock on the way that nearly every call goes
            return None
        with self._lock:
            fault = next((fault for fault in self._ordered if fault.fits(method, path)), None)
            if fault is not None:
                fault.used += 1
                if fault.times is not None and fault.used >= fault.times:
                    self._ordered.remove(fault)
            return fault

    def clear(self) -> None:
        """Call everything off."""
        with self._lock:
            self._ordered.clear()

    def to_list(self) -> list[dict[str, object]]:
        """List what is still ordered."""
        with self._lock:
            return [asdict(fault) for fault in self._ordered]


def read_fault(given: Mapping[str, object]) -> Fault:
    """Make a fault of the control API's JSON; a Mistake says what is wrong with it."""
    kind, status = _kind_and_status(given)
    match = given.get("match", {})
    if not isinstance(match, Mapping):
        raise Mistake("match must be an object with method and path")
    waits = {"hang": DEFAULT_HANG_SECONDS, "slow": DEFAULT_SLOW_SECONDS}.get(kind, 0.0)
    fault = Fault(
        kind=kind,
        method=str(match.get("method", "*")).upper(),
        path=str(match.get("regex") or match.get("path") or "*"),
        regex="regex" in match,
        times=_times(given.get("times", 1)),
        seconds=_seconds(given.get("seconds", waits)),
        status=status,
        headers=_headers(given.get("headers", {})),
        body=given.get("body"),
        effect=kind == "slow" or bool(given.get("effect", kind in EFFECTIVE)),
    )
    if fault.regex:
        _check_regex(fault.path)
    return fault


def _kind_and_status(given: Mapping[str, object]) -> tuple[str, int]:
    named = str(given.get("fault", ""))
    status = given.get(
        "status", int(named) if STATUS.fullmatch(named) else 200 if named == "garbage" else 500
    )
    kind = "status" if STATUS.fullmatch(named) else named
    if kind not in KINDS:
        raise Mistake(f"fault must be a status such as 429, or one of {', '.join(KINDS)}")
    if not isinstance(status, int) or not STATUS.fullmatch(str(status)):
        raise Mistake("status must be a number from 100 to 599")
    return kind, status


def _times(value: object) -> int | None:
    if value is None or (isinstance(value, int) and value > 0):
        return value
    raise Mistake("times must be a positive number, or null for always")


def _seconds(value: object) -> float:
    if isinstance(value, int | float) and value >= 0:
        return float(value)
    raise Mistake("seconds must be a number, zero or more")


def _headers(value: object) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(name): str(text) for name, text in value.items()}
    raise Mistake("headers must be an object")


def _check_regex(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as exc:
        raise Mistake(f"regex does not compile: {exc}") from exc

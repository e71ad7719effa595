"""`forget`: erase a person from logs and lists."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from relay.cli.client import Client
from relay.cli.endings import DONE, FAILED
from relay.cli.options import AS_JSON, YES, command, with_relay
from relay.cli.plain_text import plain
from relay.cli.screen import agree, note, say, say_json

MOST_TIMES = 5  # that all is gone through: what comes in between is found the next time
EVERY = 10.0  # seconds between two lines that say how far it is
WHY = {
    "waiting": "it waits (--waiting cancels it)",
    "sending": "its call is on its way",
    "telling": "its callback is not over (--waiting drops one that waits, unless others wait for it)",
    "changed": "it changed at that moment",
}
_COUNTED = {
    "answers": ("kept answer", "kept answers"),
    "audit_entries": ("audit entry", "audit entries"),
    "failures": ("trace of a failed job", "traces of failed jobs"),
}


@dataclass(slots=True)
class Outcome:
    """What came of going through all once or several times; deliveries by id."""

    deliveries: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTED, 0))
    left: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: list[Mapping[str, Any]] = field(default_factory=list)
    looked_at: int = 0
    goes_on: bool = False  # the last look found something once more

    @property
    def erased(self) -> int:
        """Count what was erased, or would be."""
        return len(self.deliveries) + sum(self.counts.values())

    def take(self, page: Mapping[str, Any]) -> None:
        """Add what one answer of the relay says."""
        self.deliveries.update((each["delivery"], each) for each in page["erased"]["deliveries"])
        for name in self.counts:
            self.counts[name] += page["erased"][name]
        self.left.update((each["delivery"], each) for each in page["left"])
        self.settings += [each for each in page["settings"] if each not in self.settings]
        self.looked_at += page["looked_at"]

    def add(self, later: Outcome) -> None:
        """Add what came of going through all once more: what is left is what was left then."""
        self.deliveries.update(later.deliveries)
        for name in self.counts:
            self.counts[name] += later.counts[name]
        self.left, self.settings, self.looked_at = later.left, later.settings, later.looked_at


@command(short_help="Erase a person from logs and lists.")
@click.argument("email")
@click.option("--dry-run", is_flag=True, help="Only say what would be erased, and what would be left.")
@click.option(
    "--waiting", is_flag=True, help="Cancel what waits, too; of a batch only the person's records go."
)
@YES
@AS_JSON
@with_relay
def forget(client: Client, *, email: str, dry_run: bool, waiting: bool, yes: bool, as_json: bool) -> int:
    """Erase what deliveries carried that name a person by e-mail address. Shows what that is, and asks first.

    EMAIL may be - to read it from stdin, so that it stands in no shell's history. What waits is left, unless --waiting
    cancels it: it may be the very call that deletes the person's data. The exit code is 1 where something was left, or
    with --dry-run would be.

    Example:
      python -m relay forget ada@example.com --dry-run
      echo ada@example.com | python -m relay forget - --yes
    """
    wish = {"email": sys.stdin.readline().strip() if email == "-" else email, "waiting": waiting}
    outcome = _once(client, {**wish, "dry_run": True})
    if not dry_run and outcome.erased:
        if not as_json:
            _show(outcome, "Would be erased")
        agree("Erase this?", yes=yes)
        outcome = _until_nothing_is_found(client, wish)
    _say(outcome, "Would be erased" if dry_run else "Erased", as_json=as_json)
    if outcome.goes_on:
        note("The last look still found something: records that name this person keep coming. Run it again.")
    return FAILED if outcome.left or outcome.goes_on else DONE


def _until_nothing_is_found(client: Client, wish: Mapping[str, Any]) -> Outcome:
    """Erase, again and again: an answer that came in between may have brought the person back."""
    outcome = Outcome()
    for _ in range(MOST_TIMES):
        later = _once(client, wish)
        outcome.add(later)
        outcome.goes_on = bool(later.erased) or any(each["why"] == "changed" for each in later.left.values())
        if not outcome.goes_on:
            break
    return outcome


def _once(client: Client, wish: Mapping[str, Any]) -> Outcome:
    """Go through all once, page by page."""
    outcome, cursor, told_at = Outcome(), None, time.monotonic()
    while True:
        page = client.post("/forget", {**wish, **({"cursor": cursor} if cursor else {})})
        outcome.take(page)
        cursor = page["next_cursor"]
        if cursor is None:
            return outcome
        if time.monotonic() - told_at >= EVERY:
            told_at = time.monotonic()
            note(
                f"Looked at {outcome.looked_at} so far: {outcome.erased} to erase, {len(outcome.left)} left."
            )


def _say(outcome: Outcome, what: str, *, as_json: bool) -> None:
    if as_json:
        erased = {"deliveries": list(outcome.deliveries.values()), **outcome.counts}
        say_json({"erased": erased, "left": list(outcome.left.values()), "settings": outcome.settings})
    else:
        _show(outcome, what)


def _show(outcome: Outcome, what: str) -> None:
    say(f"{what}: {', '.join(_counts(outcome))}.")
    for each in outcome.deliveries.values():
        say(f"  {_delivery(each)}")
    if outcome.left:
        say(f"Left as they are: {_counted(len(outcome.left), 'delivery', 'deliveries')}.")
    for each in outcome.left.values():
        say(f"  {_delivery(each)}: {WHY.get(each['why'], plain(each['why']))}")
    for each in outcome.settings:
        say(
            f"Its settings name the person, and are yours to change: {plain(each['kind'])} {plain(each['id'])}."
        )


def _counts(outcome: Outcome) -> Iterator[str]:
    yield _counted(len(outcome.deliveries), "delivery", "deliveries")
    for name, words in _COUNTED.items():
        if outcome.counts[name]:
            yield _counted(outcome.counts[name], *words)


def _delivery(each: Mapping[str, Any]) -> str:
    return f"{plain(each['delivery'])} of {plain(each['destination'])}, {plain(each['state'])}"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"

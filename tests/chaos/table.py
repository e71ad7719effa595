"""The table of a run, in Markdown, so that it can be pasted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.chaos.deeds import AUDITED
from tests.chaos.plan import KILLS, OTHERS
from tests.chaos.run import Outcome

COUNTS = {
    "posted": "records posted",
    "accepted": "accepted (`202`)",
    "503s": "`503` answers",
    "unanswered": "requests without an answer",
    "sent again": "requests sent again",
    "replayed": "of these, known by their key",
    "calls": "calls that change something",
    "effects": "effects at Calendly",
    "looks": "look-ups",
    "repeats told": "attempts without an answer, as the log tells",
    "settled by a look": "settled without another effect",
    "uncertain": "uncertain",
    "canceled": "canceled",
    "callbacks": "callbacks",
    "callback duplicates": "the same callback again",
}
DEEDS = {
    "deeds": "asked for by hand",
    "deeds refused": "of these, refused (`404`, `409`)",
    "deeds unanswered": "of these, `503` or without an answer",
    "pauses": "pauses that were certain",
}
WORST = {
    "slowest answer": "longest time to an answer, s",
    "slowest answer of a free web": "the same, while neither web nor its connections were struck (2 promised), s",
    "worst wait": "worst wait of a lane, s",
    "worst wait in peace": "the same, in peace, s",
    "seconds": "seconds",
}
WRONGS = {
    "lost": "**LOST**",
    "doubled": "**DOUBLED**",
    "uncalled": "**callbacks missing**",
    "overlapped": "**two at a time**",
    "disordered": "**out of order**",
    "paused": "**begun while paused**",
    "undone": "**other than an operator was told**",
    "unattended": "**lanes unattended**",
    "leaked": "**secrets in logs**",
    "unexplained": "**unexplained**",
}


def table(outcomes: Sequence[Outcome]) -> str:
    """Give one column for each seed and one for all."""
    heads = [f"seed {outcome.seed}" for outcome in outcomes] + ["all"]
    rows = [["", *heads], ["---", *("---:" for _ in heads)]]
    rows += [*_struck(outcomes), *_seen(outcomes), *_wrong(outcomes)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _struck(outcomes: Sequence[Outcome]) -> Iterator[list[str]]:
    for kind in KILLS:
        yield _summed(kind.name, [outcome.struck.get(kind.name, 0) for outcome in outcomes])
    yield _summed("**kills**", [kills(outcome) for outcome in outcomes])
    for kind in OTHERS:
        left_out = any(outcome.left_out.get(kind.name) for outcome in outcomes)
        words = f"{kind.name} (left out: not possible here)" if left_out else kind.name
        yield _summed(words, [outcome.struck.get(kind.name, 0) for outcome in outcomes])


def _seen(outcomes: Sequence[Outcome]) -> Iterator[list[str]]:
    for name, words in COUNTS.items():
        yield _summed(words, [round(outcome.numbers[name]) for outcome in outcomes])
    for kind in AUDITED:
        done, asked = (
            [round(each.numbers[f"{which} {kind}"]) for each in outcomes] for which in ("did", "asked to")
        )
        yield [f"by hand: {kind} (done of asked)", *map(_of, [*done, sum(done)], [*asked, sum(asked)])]
    for name, words in DEEDS.items():
        yield _summed(words, [round(outcome.numbers[name]) for outcome in outcomes])
    for name, words in WORST.items():
        found = [outcome.numbers[name] for outcome in outcomes]
        last = sum(found) if name == "seconds" else max(found)
        yield [words, *(f"{each:.1f}" for each in (*found, last))]


def _wrong(outcomes: Sequence[Outcome]) -> Iterator[list[str]]:
    wrongs = [Counter(violation.kind for violation in outcome.violations) for outcome in outcomes]
    for kind, words in WRONGS.items():
        yield _summed(words, [wrong[kind] for wrong in wrongs])


def kills(outcome: Outcome) -> int:
    """Count the SIGKILLs of a run."""
    return sum(outcome.struck.get(kind.name, 0) for kind in KILLS)


def _of(done: int, asked: int) -> str:
    return f"{done:,} of {asked:,}"


def _summed(words: str, found: list[int]) -> list[str]:
    return [words, *(f"{each:,}" for each in (*found, sum(found)))]

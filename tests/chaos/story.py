"""The whole story of what went wrong: what the senders, Calendly, the receiver and the log say of one subject."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.chaos.history import Violation
from tests.chaos.run import Outcome


def story(outcome: Outcome, violation: Violation) -> str:
    """Tell everything that is known about what a violation is about."""
    told = outcome.history.log.get(violation.about)
    lane = {told.lane, "second"} if told and violation.kind == "paused" else set()
    return "\n".join(
        [
            f"{violation.kind.upper()} {violation.about}: {violation.words}",
            *_deeds(outcome, lane),
            *_lines(outcome, violation.about),
        ]
    )


def _lines(outcome: Outcome, about: str) -> Iterator[str]:
    history = outcome.history
    ids = {told.id for told in history.log.values() if about and (told.id == about or about in told.subjects)}
    subjects = {about} | {subject for identifier in ids for subject in history.log[identifier].subjects}
    for posted in history.posted:
        if posted.subject in subjects and about in {posted.subject, posted.delivery}:
            yield f"  posted to {posted.lane}, taken as {posted.delivery or 'nothing that anybody was told of'}"
    for call in history.calls:
        if subjects & set(call.subjects):
            span = f"{call.began:.3f} to {call.ended:.3f}"
            yield f"  {span} {call.method} {call.path}: {call.came_of_it}{', an effect' if call.effect else ''}"
    for callback in history.callbacks:
        if callback.delivery in ids:
            yield f"  callback {callback.webhook_id} {callback.type} {callback.note}"
    yield from _deeds(outcome, ids | {about})
    for identifier in sorted(ids):
        yield f"  the log of {identifier}:"
        yield from (f"    {name}: {json.dumps(value)}" for name, value in outcome.shown[identifier].items())


def _deeds(outcome: Outcome, about: set[str]) -> Iterator[str]:
    for deed in outcome.history.deeds:
        if deed.about in about:
            what = f"{deed.began:.3f} to {deed.ended:.3f} {deed.id} {deed.kind} {json.dumps(deed.asked)}"
            yield f"  {what}: {deed.status or 'no answer'} {json.dumps(deed.answer)[:300]}"

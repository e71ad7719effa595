"""Reading what came of a call as a verdict. Pure: no clock beyond an HTTP date's, no store, no network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from relay.calendly.proving import Absent, Shown, Stands, Untold, needs_explaining
from relay.calendly.rate import SHORTEST_WAIT, wait_told, window_wait
from relay.calendly.says import LONGEST, is_somebodys_page, says_gone, what_it_says
from relay.catalogue.template import Says, Template
from relay.model.call import Answer, NotSent, Outcome
from relay.model.verdict import (
    Busy,
    Delivered,
    DoneAlready,
    Failed,
    Refused,
    Unauthorized,
    Unknown,
    Unreachable,
    Verdict,
)

INSUFFICIENT_SCOPE = Says(403, title="Insufficient scope")


def read_outcome(
    template: Template,
    outcome: Outcome,
    *,
    after_unknown: bool = False,
    gone_is_done: bool = False,
    shown: Shown | None = None,
) -> Verdict:
    """Say what an attempt came to. Never raises, whatever Calendly answered.

    `after_unknown`: an earlier attempt of this delivery ended without an answer. `gone_is_done`: the destination
    takes a 404 on a DELETE for success. `shown`: what `prove` found, where the answer needs explaining.
    """
    if isinstance(outcome, NotSent):
        return Refused(outcome.reason) if outcome.forbidden else Unreachable(outcome.reason)
    if not isinstance(outcome, Answer):
        return Unknown(outcome.reason)
    if 200 <= outcome.status <= 299:
        return _done(template, outcome)
    done = _gone_means_done(template, after_unknown=after_unknown, gone_is_done=gone_is_done)
    if done and says_gone(outcome):
        return DoneAlready("It is gone already.")
    if needs_explaining(template, outcome):
        return _explained(template, outcome, shown)
    return _agreed(template, outcome) or _by_status(outcome, harmless=template.harmless_to_repeat)


def _done(template: Template, answer: Answer) -> Delivered | Unknown:
    if answer.status in template.success:
        return Delivered()
    if is_somebodys_page(answer):
        return Unknown(f"The answer, with status {answer.status}, is none of Calendly's.")
    usual = " or ".join(str(status) for status in sorted(template.success))
    return Delivered(f"Calendly answered {answer.status} where {usual} is usual.")


def _gone_means_done(template: Template, *, after_unknown: bool, gone_is_done: bool) -> bool:
    """Tell whether a 404 is success: alone it may be a wrong uuid, so only after silence or where the owner says so."""
    if after_unknown and template.gone_is_done_after_unknown:
        return True
    return gone_is_done and template.method == "DELETE"


def _explained(template: Template, answer: Answer, shown: Shown | None) -> Verdict:
    said = what_it_says(answer)
    match shown:
        case Stands(meaning=meaning):
            return DoneAlready(meaning)
        case Absent() if template.proof and template.proof.otherwise:
            return Refused(f"{said}. {template.proof.otherwise}"[:LONGEST])
        case Untold(outcome=met, reason=reason):
            return read_failed_look_up(
                met, f"{said}, and what stands could not be looked up: {reason}"[:LONGEST]
            )
    return Refused(said)


def read_failed_look_up(met: Outcome, reason: str) -> Verdict:
    """Say what an attempt came to whose look-up failed: that changed nothing, so it can mostly be done again."""
    if isinstance(met, NotSent):
        return Refused(reason) if met.forbidden else Unreachable(reason)
    verdict = _by_status(met, harmless=True) if isinstance(met, Answer) else None
    match verdict:
        case Busy() | Unauthorized():
            return verdict
        case Refused() if isinstance(met, Answer) and met.status >= 400:
            return Refused(reason)
    return Failed(reason)


def _agreed(template: Template, answer: Answer) -> Verdict | None:
    """Give the verdict where the template knows this very answer."""
    for says in template.done_already:
        if says.matches(answer):
            return DoneAlready(says.meaning or what_it_says(answer))
    if any(says.matches(answer) for says in template.try_again):
        return Failed(what_it_says(answer), wait_told(answer.headers) or 0.0)
    return None


def _by_status(answer: Answer, *, harmless: bool) -> Verdict:
    """Give the verdict that the status alone tells, for an answer that is no success."""
    said, wait = what_it_says(answer), wait_told(answer.headers)
    if answer.status == 429:
        return Busy(said, window_wait(answer.headers))
    if answer.status == 503:
        # A wait of next to nothing is none: it would never cost an attempt.
        return Busy(said, wait) if wait and wait >= SHORTEST_WAIT else Failed(said)
    if answer.status == 401:
        return Unauthorized(said)
    if answer.status == 403 and (INSUFFICIENT_SCOPE.matches(answer) or _scopes(answer.body)):
        return Unauthorized(said, _scopes(answer.body))
    if 500 <= answer.status <= 599:
        return Failed(said, wait or 0.0) if harmless else Unknown(said)
    return Refused(said)


def _scopes(body: Any) -> tuple[str, ...]:
    scopes = body.get("required_scopes") if isinstance(body, dict) else None
    if not isinstance(scopes, Sequence) or isinstance(scopes, str):
        return ()
    return tuple(scope[:100] for scope in scopes if isinstance(scope, str))[:20]

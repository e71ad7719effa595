"""Ending attempts that an earlier turn left in flight, by what their worker had written down before it died."""

from __future__ import annotations

from typing import Any

import structlog

from relay.model.call import NotSent, Silence
from relay.model.verdict import Unknown, Unreachable
from relay.store.attempts import Claimed, Ending
from workers.concluding import Concluding
from workers.delivery_call import call_with, fields_to_send, is_for, shown_request
from workers.doubt import doubt_of
from workers.endings import Made
from workers.looking_up import SENDS, with_found

REASON = "the worker that made this attempt stopped before it could say how it ended"
log = structlog.get_logger()


def end_left_behind(concluding: Concluding, claimed: Claimed) -> Ending:
    """End an attempt whose worker died, or seems to have: it may have been sent, and be on its way still.

    Never raises: where nothing can be worked out, a person decides.
    """
    try:
        return _ended(concluding, claimed)
    except Exception:
        # Every later turn would meet the same, and nobody could do anything about a delivery that is being sent.
        log.exception("attempt.not_worked_out", item=claimed.id, number=claimed.number)
        return concluding.nobody_knows(claimed, REASON)


def _ended(concluding: Concluding, claimed: Claimed) -> Ending:
    template, request = concluding.template, None
    if is_for(template, claimed):
        fields = with_found(claimed, fields_to_send(template, claimed))
        if template.look_up(fields) or _was_still_looking(claimed):
            made = Made(outcome=NotSent(REASON), left_behind=True)
            return concluding.end(claimed, made, Unreachable(REASON))
        request = _request(concluding, fields)
    made = Made(request, Silence(REASON), left_behind=True)
    return concluding.end(claimed, made, Unknown(REASON))


def _was_still_looking(claimed: Claimed) -> bool:
    """Tell whether nothing can have been sent: what may be a repeat is on record as sending just before it is sent."""
    return doubt_of(claimed).open and claimed.item.get(SENDS) != str(claimed.number)


def _request(concluding: Concluding, fields: dict[str, Any]) -> dict[str, Any]:
    template, credential = concluding.template, concluding.credential
    call = call_with(template, concluding.destination.settings, fields, credential)
    return shown_request(concluding.services.calendly, credential, template, call)

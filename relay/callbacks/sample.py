"""Samples: what a callback would say, had it happened. Pure."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from relay.callbacks.payload import AttemptTold, CallbackType, Told
from relay.catalogue.template import Template
from relay.model.call import Call
from relay.model.destination import Destination
from relay.model.masks import masked
from relay.shaping.manual import ManualTemplate
from relay.shaping.paths import parse_path
from relay.shaping.templates import template_of

ORGANIZATION = "https://api.calendly.com/organizations/AAAAAAAAAAAAAAAA"
_WAIT = timedelta(seconds=30)  # until the next attempt that a sample speaks of
_REFUSAL = {"title": "Invalid Argument", "message": "The supplied parameters are invalid."}
_FAULT = {"title": "Internal Server Error", "message": "This is a sample."}
_ERRORS: dict[CallbackType, tuple[str, str]] = {
    "delivery.dead": ("refused", "This is a sample: Calendly answered 400 “Invalid Argument”."),
    "delivery.uncertain": ("unknown", "This is a sample: whether the call took effect is unknown."),
    "delivery.attempted": ("failed", "This is a sample: Calendly answered 503."),
}


def example_record(template: Template) -> dict[str, Any]:
    """Give the template's example, with something in each place that the URL of a manual destination is filled from."""
    record = copy.deepcopy(dict(template.example))
    for name in template.url.names if isinstance(template, ManualTemplate) else ():
        *above, last = parse_path(name)
        place = record
        for step in above:
            if not isinstance(place.get(step), dict):
                place[step] = {}
            place = place[step]
        place.setdefault(last, "EXAMPLE000000001")
    return record


def example_call(destination: Destination, organization: str) -> Call:
    """Give the call that the example becomes; secrets are masked. `organization` is the credential's, if it is known."""
    template = template_of(destination)
    fields = template.read(example_record(template), destination.allow)
    call = template.call(
        template.merged([fields]) if destination.batch else fields, organization or ORGANIZATION
    )
    body = masked(call.body, template.secret_fields) if isinstance(call.body, dict) else call.body
    return replace(call, body=body)


def sample_told(
    destination: Destination, kind: CallbackType, delivery: str, request: dict[str, Any], moment: datetime
) -> Told:
    """Give what a callback of this type would tell of the template's example, marked as a test."""
    template = template_of(destination)
    responses: dict[CallbackType, dict[str, Any]] = {
        "delivery.delivered": _answer(min(template.success), template.example_answer),
        "delivery.dead": _answer(400, _REFUSAL),
        "delivery.attempted": _answer(503, _FAULT),
    }
    return Told(
        type=kind,
        delivery=delivery,
        destination=destination.id,
        template=destination.template,
        attempts=1,
        records=[masked(example_record(template), template.secret_fields)],
        request=request,
        response=responses.get(kind),
        error=_ERRORS.get(kind),
        attempt=_attempt(moment) if kind == "delivery.attempted" else None,
        test=True,
    )


def _answer(status: int, body: Any) -> dict[str, Any]:
    return {"status": status, "headers": {"content-type": "application/json"}, "body": body}


def _attempt(moment: datetime) -> AttemptTold:
    decision = f"next attempt in {_WAIT.total_seconds():.1f} s"
    return AttemptTold(number=1, verdict="failed", decision=decision, next_attempt_at=moment + _WAIT)

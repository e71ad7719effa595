"""POST /data_compliance/deletion/events: have Calendly erase the events of a span of time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import ValidationError, validates_schema

from relay.catalogue.fields import PastUtc, months_later
from relay.catalogue.template import Template, TemplateSchema

LONGEST_SPAN = 24  # calendar months; Calendly's reference, in its prose


class DeleteScheduledEventData(TemplateSchema):
    """The span of time, all of it in the past."""

    start_time = PastUtc("the beginning of the span", required=True)
    end_time = PastUtc("the end of the span", required=True)

    @validates_schema
    def _is_a_span(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a span that is empty or too long, in UTC as Calendly sees it."""
        start, end = (datetime.fromisoformat(data[name]) for name in ("start_time", "end_time"))
        if end <= start:
            raise ValidationError("should be later than start_time", "end_time")
        if end > months_later(start, LONGEST_SPAN):
            raise ValidationError(f"should be at most {LONGEST_SPAN} months after start_time", "end_time")


TEMPLATE = Template(
    name="delete_scheduled_event_data",
    title="Delete scheduled event data",
    summary="Has Calendly erase the organization's events of a past span of time, within up to seven days.",
    method="POST",
    path="/data_compliance/deletion/events",
    schema=DeleteScheduledEventData,
    example={"start_time": "2019-01-02T03:04:05.678123Z", "end_time": "2021-01-01T02:04:05.678123Z"},
    example_answer={},
    role="owner or admin of the organization with the data requests permission",
    plan="Enterprise",
    scopes=("data_compliance:write",),
    sources="Calendly reference, Delete Scheduled Event Data (OpenAPI of 2023-04 and 2026-10)",
    success=frozenset({202}),
    irreversible=True,
    harmless_to_repeat=True,
    repeat="Calendly answers 202 again.",
    notes=(
        f"The span is at most {LONGEST_SPAN} calendar months and ends in the past; times are sent as UTC.",
        "Calendly does not tell when it is done.",
    ),
)

"""POST /webhook_subscriptions: have Calendly report events to a URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, validates_schema

from relay.catalogue.fields import HttpsUrl, ListOf, OneOfKnown, ResourceUri, Text
from relay.catalogue.proofs import SUBSCRIPTION_STANDS
from relay.catalogue.template import Template, TemplateSchema

SCOPES = ("organization", "user", "group")
MOST_EVENTS = 100  # a subscription; our own bound, far above all the events that Calendly has
OWNERS = ("user", "group")  # each is both a scope and the field that says whose
SCOPES_OF_EVENT = {
    "invitee.created": SCOPES,
    "invitee.canceled": SCOPES,
    "invitee_no_show.created": SCOPES,
    "invitee_no_show.deleted": SCOPES,
    "event_type.created": SCOPES,
    "event_type.updated": SCOPES,
    "event_type.deleted": SCOPES,
    "contact.created": SCOPES,
    "contact.updated": SCOPES,
    "contact.deleted": SCOPES,
    "meeting_recap.created": ("user",),
    "meeting_recap.updated": ("user",),
    "meeting_recap.deleted": ("user",),
    "routing_form_submission.created": ("organization",),
}


class CreateWebhookSubscription(TemplateSchema):
    """The receiver, the events, and whose events they are."""

    url = HttpsUrl(required=True)
    events = ListOf(
        OneOfKnown(SCOPES_OF_EVENT),
        f"a list of 1 to {MOST_EVENTS} events, each of: {', '.join(SCOPES_OF_EVENT)}",
        repeats="refused",
        most=MOST_EVENTS,
        required=True,
    )
    scope = OneOfKnown(SCOPES, required=True)
    organization = ResourceUri("organizations")
    user = ResourceUri("users")
    group = ResourceUri("groups")
    signing_key = Text("a text of at least one character, or left out", shortest=1, secret=True)

    further: ClassVar[Mapping[str, Any]] = {
        "allOf": [
            {
                "if": {"properties": {"scope": {"const": owner}}, "required": ["scope"]},
                "then": {"required": [owner], "properties": {owner: {"type": "string"}}},
            }
            for owner in OWNERS
        ]
    }

    @validates_schema
    def _fits_the_scope(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse what the scope cannot mean. A scope that only the destination allows has no rules yet."""
        if data["scope"] not in SCOPES:
            return
        faults = {**_owner_faults(data), **_event_faults(data)}
        if faults:
            raise ValidationError(faults)


def _owner_faults(data: dict[str, Any]) -> dict[str, Any]:
    scope = data["scope"]
    faults = {}
    for owner in OWNERS:
        if owner == scope and owner not in data:
            faults[owner] = [f"is required: the {owner}'s full URI, since scope is {owner}"]
        if owner != scope and owner in data:
            faults[owner] = [f"should be left out, since scope is {scope}"]
    return faults


def _event_faults(data: dict[str, Any]) -> dict[str, Any]:
    faults = {
        place: [
            f"should be in a subscription of its own: it needs scope {' or '.join(SCOPES_OF_EVENT[event])}"
        ]
        for place, event in enumerate(data["events"])
        if data["scope"] not in SCOPES_OF_EVENT.get(event, SCOPES)
    }
    return {"events": faults} if faults else {}


TEMPLATE = Template(
    name="create_webhook_subscription",
    title="Create a webhook subscription",
    summary="Has Calendly report events to a URL. The organization is the credential's unless the record names one.",
    method="POST",
    path="/webhook_subscriptions",
    schema=CreateWebhookSubscription,
    example={
        "url": "https://crm.example/hooks/calendly",
        "events": ["invitee.created", "invitee.canceled"],
        "scope": "user",
        "user": "https://api.calendly.com/users/AAAAAAAAAAAAAAAA",
    },
    example_answer={
        "resource": {
            "uri": "https://api.calendly.com/webhook_subscriptions/BBBBBBBBBBBBBBBB",
            "callback_url": "https://crm.example/hooks/calendly",
            "created_at": "2026-01-02T03:04:05.678123Z",
            "updated_at": "2026-01-02T03:04:05.678123Z",
            "retry_started_at": None,
            "state": "active",
            "events": ["invitee.created", "invitee.canceled"],
            "scope": "user",
            "organization": "https://api.calendly.com/organizations/CCCCCCCCCCCCCCCC",
            "user": "https://api.calendly.com/users/AAAAAAAAAAAAAAAA",
            "group": None,
            "creator": "https://api.calendly.com/users/AAAAAAAAAAAAAAAA",
        }
    },
    role="owner or admin of the organization; anybody else with scope user, for their own events",
    plan="any; meeting_recap and routing_form_submission events need a plan with that feature",
    scopes=("webhooks:write",),
    sources=(
        "Calendly reference, Create Webhook Subscription (OpenAPI of 2023-04 and 2026-10), "
        "release notes of 2026-10-23, 2026-11-03 and 2026-11-19"
    ),
    success=frozenset({201}),
    repeat="Calendly answers 409 'Hook with this url already exists' and does not name the one that stands.",
    proof=SUBSCRIPTION_STANDS,
    organization_field="organization",
    notes=(
        "The token also needs the read scope of each event's family, such as scheduled_events:read for invitee.created.",
        "Events that allow different scopes need subscriptions of their own.",
        "Calendly never shows a signing key again, so a standing subscription may have another one.",
        "Can be taken back with delete_webhook_subscription.",
    ),
)

"""DELETE /webhook_subscriptions/{uuid}: have Calendly stop reporting to a URL."""

from __future__ import annotations

from typing import ClassVar

from relay.catalogue.fields import HttpsUrl, ResourceUuid
from relay.catalogue.look_up import LookUp
from relay.catalogue.look_ups import SUBSCRIPTION
from relay.catalogue.proofs import SUBSCRIPTION_IS_GONE
from relay.catalogue.template import Template, TemplateSchema


class DeleteWebhookSubscription(TemplateSchema):
    """The subscription."""

    webhook_subscription_uuid = ResourceUuid("webhook_subscriptions")
    url = HttpsUrl()

    look_ups: ClassVar[tuple[LookUp, ...]] = (SUBSCRIPTION,)


TEMPLATE = Template(
    name="delete_webhook_subscription",
    title="Delete a webhook subscription",
    summary="Has Calendly stop reporting events to a URL.",
    method="DELETE",
    path="/webhook_subscriptions/{webhook_subscription_uuid}",
    schema=DeleteWebhookSubscription,
    example={"webhook_subscription_uuid": "AAAAAAAAAAAAAAAA"},
    role="the user of the subscription, or owner or admin of the organization",
    plan="any",
    scopes=("webhooks:write",),
    sources="Calendly reference, Delete Webhook Subscription (OpenAPI of 2023-04 and 2026-10)",
    success=frozenset({204}),
    harmless_to_repeat=True,
    repeat="Calendly answers 404.",
    proof=SUBSCRIPTION_IS_GONE,
    gone_is_done_after_unknown=True,
    notes=(
        "Can be made again with create_webhook_subscription.",
        "Without the uuid, the subscription is looked up by its url, among the organization's and the user's own.",
        "Those of groups and of other users need the uuid; so do the organization's, where Calendly does not show them.",
    ),
)

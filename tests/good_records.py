"""One record for each template that the freshly seeded sandbox carries out, with an attribute that no template knows."""

from __future__ import annotations

from typing import Any

from sandbox import seed

CALENDLY = "https://api.calendly.com"
INVITEE = f"{CALENDLY}/scheduled_events/{seed.PAST_EVENT}/invitees/{seed.PAST_INVITEE}"

GOOD_RECORDS: dict[str, dict[str, Any]] = {
    "cancel_scheduled_event": {"event_uuid": seed.FUTURE_EVENT, "reason": "Closed lost"},
    "create_webhook_subscription": {
        "url": "https://crm.example/hooks/another",
        "events": ["invitee.created", "invitee.canceled"],
        "scope": "organization",
    },
    "delete_webhook_subscription": {"webhook_subscription_uuid": seed.SUBSCRIPTION},
    "create_scheduling_link": {"owner": f"{CALENDLY}/event_types/{seed.DEMO}"},
    "mark_invitee_no_show": {"invitee": INVITEE},
    "unmark_invitee_no_show": {"no_show_uuid": seed.NO_SHOW},
    "remove_user_from_organization": {"membership_uuid": seed.MEMBER_MEMBERSHIP},
    "invite_user_to_organization": {"email": "ada@example.com"},
    "revoke_organization_invitation": {"invitation_uuid": seed.PENDING_INVITATION},
    "delete_invitee_data": {"emails": ["grace@example.com"]},
    "delete_scheduled_event_data": {
        "start_time": "2023-01-01T00:00:00+01:00",
        "end_time": "2024-01-01T00:00:00Z",
    },
}
# The same call as the template makes, which nobody may repeat where the destination is manual.
GOOD_RECORDS["manual"] = {
    **GOOD_RECORDS["create_scheduling_link"],
    "owner_type": "EventType",
    "max_event_count": 1,
}
GOOD_RECORDS = {template: {**record, "crm_id": "D-1042"} for template, record in GOOD_RECORDS.items()}

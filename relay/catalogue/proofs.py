"""The proofs of the templates, as data. Their facts are those of Calendly's reference of what it shows."""

from __future__ import annotations

from relay.catalogue.answers import Says
from relay.catalogue.look_up import Listing
from relay.catalogue.proof import Evidence, Proof


def _gone(path: str, meaning: str) -> Proof:
    return Proof(evidence=(Evidence(listing=Listing(path=path, single=True), gone=True, meaning=meaning),))


EVENT_IS_CANCELED = Proof(
    evidence=(
        Evidence(
            listing=Listing(path="/scheduled_events/{event_uuid}", single=True),
            having={"status": "canceled"},
            takes="cancellation",
            meaning="The event is canceled.",
        ),
    ),
)

SUBSCRIPTION_STANDS = Proof(
    evidence=(
        Evidence(
            listing=Listing(
                path="/webhook_subscriptions",
                query={
                    "organization": "{organization}",
                    "scope": "{scope}",
                    "user": "{user}",
                    "group": "{group}",
                },
            ),
            match={
                "callback_url": "url",
                "events": "events",
                "scope": "scope",
                "organization": "organization",
                "user": "user",
                "group": "group",
            },
            never={"state": "disabled"},
            meaning="The subscription stands, with the wished events and scope.",
        ),
    ),
    explains=Says(409, title="Already Exists"),
    otherwise="A subscription with this url stands, but it is disabled or has other events or another scope.",
)

SUBSCRIPTION_IS_GONE = _gone(
    "/webhook_subscriptions/{webhook_subscription_uuid}", "The subscription is gone."
)

NO_SHOW_STANDS = Proof(
    evidence=(
        Evidence(
            listing=Listing(
                path="/scheduled_events/{invitee_event_uuid}/invitees/{invitee_uuid}", single=True
            ),
            takes="no_show",
            adds=("invitee",),
            meaning="The invitee is marked as a no-show.",
        ),
    ),
)

NO_SHOW_IS_GONE = _gone("/invitee_no_shows/{no_show_uuid}", "The no-show is gone.")

MEMBERSHIP_IS_GONE = _gone("/organization_memberships/{membership_uuid}", "The membership is gone.")

INVITATION_STANDS = Proof(
    evidence=(
        Evidence(
            listing=Listing(
                path="/organizations/{organization_uuid}/invitations", query={"email": "{email}"}
            ),
            match={"email": "email"},
            having={"status": "pending"},
            meaning="The invitation is pending.",
        ),
        # An accepted invitation may be an old one, of somebody who has left again since; a membership may not.
        Evidence(
            listing=Listing(
                path="/organization_memberships",
                query={"organization": "{organization}", "email": "{email}"},
            ),
            match={"user.email": "email"},
            answers=False,
            meaning="The person belongs to the organization already.",
        ),
    ),
)

INVITATION_IS_GONE = _gone(
    "/organizations/{organization_uuid}/invitations/{invitation_uuid}", "The invitation is gone."
)

"""The destinations that are under load: every template, and the settings that make a lane move differently."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.chaos.history import LaneRules
from tests.processes import PERSON, REASON
from tests.system.calendly_answers import API, USER

SUBJECT = re.compile(r"chaos-[a-z]+-\d{6}")
REFUSED_EVERY = 23  # of the erasures, that many in turn hold one address that Calendly refuses
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
SECOND_CREDENTIAL = frozenset({"flaky", "leavers", "revokes"})  # lanes that are paused together
ERASED_SPANS = "spans"  # the lane whose calls name no subject but a time

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChaosLane:
    """One destination under load: its settings, its records, and what may become of them."""

    rules: LaneRules
    template: str
    record: Callable[[str], Record]
    settings: Record = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Give the destination's id."""
        return self.rules.name

    def subject(self, number: int) -> str:
        """Give what the record of that number is about; no other record is."""
        return f"chaos-{self.name}-{number:06}"

    def is_refused(self, number: int) -> bool:
        """Tell whether Calendly refuses that record for what is in it."""
        return self.name == "erasures" and number % REFUSED_EVERY == 7


def email(subject: str) -> str:
    """Give an address that names the subject, and a person whom no log may name."""
    return f"{subject}.{PERSON}"


def _span(subject: str) -> Record:
    start = LONG_AGO + timedelta(minutes=int(subject[-6:]))
    return {"start_time": start.isoformat(), "end_time": (start + timedelta(seconds=30)).isoformat()}


def subjects(path: str, body: str) -> tuple[str, ...]:
    """Give each subject that a call, or a record, is about."""
    if spans := re.findall(r'"start_time": ?"(2000-[^"]+)"', body):
        minutes = [(datetime.fromisoformat(span) - LONG_AGO) // timedelta(minutes=1) for span in spans]
        return tuple(f"chaos-{ERASED_SPANS}-{number:06}" for number in minutes)
    return tuple(dict.fromkeys(SUBJECT.findall(f"{path} {body}")))


def _lane(name: str, template: str, record: Callable[[str], Record], **more: Any) -> ChaosLane:
    rules = {
        key: more.pop(key)
        for key in ("tells", "strict", "harmless", "repeats_tell", "spares", "may_ask", "anew")
        if key in more
    }
    return ChaosLane(LaneRules(name, **rules), template, record, more)


def _cancellation(subject: str) -> Record:
    return {"event_uuid": subject, "reason": REASON}


def _invitee(subject: str) -> Record:
    return {"invitee": f"{API}/scheduled_events/{subject}/invitees/{subject}"}


def _hook(subject: str) -> Record:
    return {
        "url": f"https://hooks.example/{subject}",
        "events": ["invitee.created"],
        "scope": "user",
        "user": USER,
    }


LANES = (
    _lane("cancels", "cancel_scheduled_event", _cancellation, harmless=True),
    _lane(
        "ordered",
        "cancel_scheduled_event",
        _cancellation,
        strict=True,
        harmless=True,
        delivery={"strict_order": True},
    ),
    _lane("quiet", "cancel_scheduled_event", _cancellation, tells=False, harmless=True),
    _lane("flaky", "cancel_scheduled_event", _cancellation, harmless=True),  # its receiver fails at times
    _lane("hooks", "create_webhook_subscription", _hook),
    _lane(
        "unhooks",
        "delete_webhook_subscription",
        lambda subject: {"webhook_subscription_uuid": subject},
        harmless=True,
    ),
    _lane(
        "links",
        "create_scheduling_link",
        lambda subject: {"owner": f"{API}/event_types/{subject}"},
        spares=1,
        may_ask=True,
    ),
    _lane("noshows", "mark_invitee_no_show", _invitee),
    _lane("unmarks", "unmark_invitee_no_show", lambda subject: {"no_show_uuid": subject}, harmless=True),
    _lane(
        "leavers",
        "remove_user_from_organization",
        lambda subject: {"membership_uuid": subject},
        harmless=True,
    ),
    _lane(
        "searches", "remove_user_from_organization", lambda subject: {"email": email(subject)}, harmless=True
    ),
    _lane("invites", "invite_user_to_organization", lambda subject: {"email": email(subject)}),
    _lane(
        "revokes",
        "revoke_organization_invitation",
        lambda subject: {"invitation_uuid": subject},
        harmless=True,
    ),
    _lane(
        "erasures",
        "delete_invitee_data",
        lambda subject: {"emails": [email(subject)]},
        harmless=True,
        repeats_tell=True,
        batch={"size": 8, "window": 1},
    ),
    _lane(ERASED_SPANS, "delete_scheduled_event_data", _span, harmless=True, repeats_tell=True),
    _lane(
        "shares",
        "manual",
        lambda subject: {"event_type": f"{API}/event_types/{subject}"},
        may_ask=True,
        manual={"method": "POST", "url": "/shares"},
    ),
    _lane("passing", "cancel_scheduled_event", _cancellation, harmless=True, anew=True),
)

"""Records that never reach Calendly: for each template, what is wrong and where the error must point.

Every record can be written as JSON, so that the same table serves the tests over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

API = "https://api.calendly.com"
LEFT_OUT = object()  # in the tables below: the field is not in the record at all


@dataclass(frozen=True, slots=True)
class BadRecord:
    """One record, why it is wrong, and the JSON pointer of the fault."""

    why: str
    record: dict[str, Any]
    pointer: str


NO_TEXT: dict[str, Any] = {
    "left out": LEFT_OUT,
    "null": None,
    "a number": 12345,
    "a huge number": 10**400,
    "a fraction": 1.5,
    "true": True,
    "false": False,
    "a list": ["AAAAAAAAAAAAAAAA"],
    "an object": {"uuid": "AAAAAAAAAAAAAAAA"},
    "an empty text": "",
    "only white space": " \t\n",
}

NO_UUID: dict[str, Any] = {
    **NO_TEXT,
    "two words": "AAAA BBBB",
    "a way out of the path": "../users/me",
    "percent-encoded": "AAAA%2FBBBB",
    "letters beyond ASCII": "ÄÄÄÄÄÄÄÄ",
    "far too long": "A" * 201,
    "with a NUL": "AAAA\x00BBBB",
    "half a surrogate pair": "AAAA\ud800",
    "a line within": "AAAA\nBBBB",
    "a path without host": "/scheduled_events/AAAA",
    "a URI of another collection": f"{API}/event_type_available_times/AAAA",
    "a URI without uuid": f"{API}/scheduled_events/",
    "a URI with a query": f"{API}/scheduled_events/AAAA?x=1",
    "a URI of another scheme": "ftp://api.calendly.com/scheduled_events/AAAA",
}

NO_URI: dict[str, Any] = {
    **NO_UUID,
    "a uuid alone": "AAAAAAAAAAAAAAAA",
    "a URI with a password": "https://a:b@c.example/x/AAAA",
}

NO_EMAIL: dict[str, Any] = {
    **NO_TEXT,
    "no at sign": "ada.example.com",
    "two at signs": "ada@home@example.com",
    "nobody": "@example.com",
    "no host": "ada@",
    "no full domain": "ada@example",
    "a dot at the end": "ada@example.com.",
    "two dots": "ada..lovelace@example.com",
    "a domain that begins with a hyphen": "ada@-example.com",
    "an IP address for a domain": "ada@192.0.2.1",
    "a name and an address": "Ada <ada@example.com>",
    "two addresses": "ada@example.com, grace@example.com",
    "a mailto link": "mailto:ada@example.com?subject=x",
    "white space within": "ada lovelace@example.com",
    "an invisible character": "ada\u200b@example.com",
    "a second line": "ada@example.com\nbcc: grace@example.com",
    "a NUL": "ada\x00@example.com",
    "half a surrogate pair": "ada\udc00@example.com",
    "too long before the at sign": "a" * 65 + "@example.com",
    "too long as a whole": "ada@" + "a." * 130 + "com",
}

NO_MOMENT: dict[str, Any] = {
    **NO_TEXT,
    "a date without time": "2020-01-31",
    "no time zone": "2020-01-31T08:00:00",
    "a Unix time as text": "1580457600",
    "a named time zone": "2020-01-31T08:00:00 Europe/Berlin",
    "an American date": "01/31/2020 08:00 AM",
    "no such day": "2020-02-30T08:00:00Z",
    "no such hour": "2020-01-31T25:00:00Z",
    "no such time zone": "2020-01-31T08:00:00+99:00",
    "before the first year in UTC": "0001-01-01T00:00:00+10:00",
    "in the future": "2999-01-01T00:00:00Z",
    "digits of another script": "\uff12\uff10\uff12\uff10-01-31T08:00:00Z",
}


def _one_field(
    name: str, values: Mapping[str, Any], around: Mapping[str, Any] | None = None
) -> list[BadRecord]:
    """Put each bad value into a record that is right otherwise."""
    return [
        BadRecord(f"{name}: {why}", _record({**(around or {}), name: value}), f"#/{name}")
        for why, value in values.items()
    ]


def _in_record(around: Mapping[str, Any], rows: Iterable[tuple[str, dict[str, Any], str]]) -> list[BadRecord]:
    """Change a right record as each row says."""
    return [BadRecord(why, _record({**around, **changes}), pointer) for why, changes, pointer in rows]


def _record(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not LEFT_OUT}


EVENT = {"event_uuid": "AAAAAAAAAAAAAAAA"}
OWNER = {"owner": f"{API}/event_types/AAAAAAAAAAAAAAAA"}
USER = f"{API}/users/AAAAAAAAAAAAAAAA"
GROUP = f"{API}/groups/AAAAAAAAAAAAAAAA"
HOOK = {"url": "https://crm.example/hooks", "events": ["invitee.created"], "scope": "user", "user": USER}
SPAN = {"start_time": "2019-01-01T00:00:00Z", "end_time": "2020-01-01T00:00:00Z"}

# A list is right here; its items are looked at one by one.
NO_LIST: dict[str, Any] = {
    **{why: value for why, value in NO_TEXT.items() if why != "a list"},
    "an empty list": [],
}

BAD_RECORDS: dict[str, list[BadRecord]] = {
    "cancel_scheduled_event": [
        *_one_field("event_uuid", NO_UUID),
        *_in_record(
            EVENT,
            [
                (
                    "event_uuid: an invitee's URI",
                    {"event_uuid": f"{API}/scheduled_events/A/invitees/B"},
                    "#/event_uuid",
                ),
                ("reason: a number", {"reason": 5}, "#/reason"),
                ("reason: a list", {"reason": ["no budget"]}, "#/reason"),
                ("reason: an object", {"reason": {"text": "no budget"}}, "#/reason"),
                ("reason: true", {"reason": True}, "#/reason"),
                ("reason: one character too long", {"reason": "x" * 10_001}, "#/reason"),
                ("reason: half a surrogate pair", {"reason": "no budget \ud83d"}, "#/reason"),
                ("reason: a NUL", {"reason": "no\x00budget"}, "#/reason"),
            ],
        ),
    ],
    "create_webhook_subscription": [
        *_one_field("url", NO_TEXT, HOOK),
        *_one_field("events", NO_LIST, HOOK),
        *_one_field("scope", NO_TEXT, HOOK),
        *_in_record(
            HOOK,
            [
                ("url: plain http", {"url": "http://crm.example/hooks"}, "#/url"),
                ("url: no host", {"url": "https:///hooks"}, "#/url"),
                ("url: no scheme", {"url": "crm.example/hooks"}, "#/url"),
                ("url: white space within", {"url": "https://crm.example/my hooks"}, "#/url"),
                ("url: a password", {"url": "https://me:secret@crm.example/"}, "#/url"),
                ("url: a fragment", {"url": "https://crm.example/#hooks"}, "#/url"),
                ("url: no such port", {"url": "https://crm.example:70000/"}, "#/url"),
                ("url: letters beyond ASCII", {"url": "https://crm.example/höks"}, "#/url"),
                ("url: far too long", {"url": "https://crm.example/" + "x" * 2048}, "#/url"),
                (
                    "events: an event that Calendly does not have",
                    {"events": ["invitee.married"]},
                    "#/events/0",
                ),
                ("events: another case", {"events": ["Invitee.Created"]}, "#/events/0"),
                ("events: null among them", {"events": ["invitee.created", None]}, "#/events/1"),
                ("events: a number among them", {"events": ["invitee.created", 7]}, "#/events/1"),
                ("events: a repeat", {"events": ["invitee.created", "invitee.created"]}, "#/events/1"),
                (
                    "events: routing forms for one user",
                    {"events": ["invitee.created", "routing_form_submission.created"]},
                    "#/events/1",
                ),
                (
                    "events: recaps for the organization",
                    {"events": ["meeting_recap.created"], "scope": "organization", "user": LEFT_OUT},
                    "#/events/0",
                ),
                ("scope: unknown", {"scope": "team"}, "#/scope"),
                ("user: missing for scope user", {"user": LEFT_OUT}, "#/user"),
                ("user: null for scope user", {"user": None}, "#/user"),
                ("user: a uuid alone", {"user": "AAAAAAAAAAAAAAAA"}, "#/user"),
                ("user: a group", {"user": GROUP}, "#/user"),
                ("user: with scope organization", {"scope": "organization"}, "#/user"),
                ("user: with scope group", {"scope": "group", "group": GROUP}, "#/user"),
                ("group: missing for scope group", {"scope": "group", "user": LEFT_OUT}, "#/group"),
                ("group: with scope user", {"group": GROUP}, "#/group"),
                ("group: a number", {"scope": "group", "user": LEFT_OUT, "group": 5}, "#/group"),
                ("organization: a uuid alone", {"organization": "AAAAAAAAAAAAAAAA"}, "#/organization"),
                ("organization: a user", {"organization": USER}, "#/organization"),
                ("signing_key: empty", {"signing_key": ""}, "#/signing_key"),
                ("signing_key: a number", {"signing_key": 5}, "#/signing_key"),
                ("signing_key: half a surrogate pair", {"signing_key": "\udfff"}, "#/signing_key"),
            ],
        ),
    ],
    "delete_webhook_subscription": _one_field("webhook_subscription_uuid", NO_UUID),
    "create_scheduling_link": [
        *_one_field("owner", NO_URI),
        *_in_record(
            OWNER,
            [
                ("owner: a user", {"owner": USER}, "#/owner"),
                ("owner: a booking page", {"owner": "https://calendly.com/ada/30min"}, "#/owner"),
                ("owner_type: unknown", {"owner_type": "User"}, "#/owner_type"),
                ("owner_type: another case", {"owner_type": "eventtype"}, "#/owner_type"),
                ("owner_type: empty", {"owner_type": ""}, "#/owner_type"),
                ("owner_type: a number", {"owner_type": 1}, "#/owner_type"),
                ("owner_type: a list", {"owner_type": ["EventType"]}, "#/owner_type"),
                ("max_event_count: 0", {"max_event_count": 0}, "#/max_event_count"),
                ("max_event_count: 2", {"max_event_count": 2}, "#/max_event_count"),
                ("max_event_count: below zero", {"max_event_count": -1}, "#/max_event_count"),
                ("max_event_count: a fraction", {"max_event_count": 1.5}, "#/max_event_count"),
                ("max_event_count: true", {"max_event_count": True}, "#/max_event_count"),
                ("max_event_count: a word", {"max_event_count": "one"}, "#/max_event_count"),
                ("max_event_count: an empty text", {"max_event_count": ""}, "#/max_event_count"),
                ("max_event_count: a list", {"max_event_count": [1]}, "#/max_event_count"),
                ("max_event_count: huge", {"max_event_count": 10**400}, "#/max_event_count"),
            ],
        ),
    ],
    "mark_invitee_no_show": [
        *_one_field("invitee", NO_URI),
        *_in_record(
            {},
            [
                ("invitee: a flat URI", {"invitee": f"{API}/invitees/AAAA"}, "#/invitee"),
                ("invitee: its event", {"invitee": f"{API}/scheduled_events/AAAA"}, "#/invitee"),
                (
                    "invitee: its event's list",
                    {"invitee": f"{API}/scheduled_events/AAAA/invitees"},
                    "#/invitee",
                ),
            ],
        ),
    ],
    "unmark_invitee_no_show": [
        *_one_field("no_show_uuid", NO_UUID),
        BadRecord(
            "no_show_uuid: the invitee",
            {"no_show_uuid": f"{API}/scheduled_events/AAAA/invitees/BBBB"},
            "#/no_show_uuid",
        ),
    ],
    "remove_user_from_organization": [
        *_one_field("membership_uuid", NO_UUID),
        BadRecord("membership_uuid: the user", {"membership_uuid": USER}, "#/membership_uuid"),
    ],
    "invite_user_to_organization": _one_field("email", NO_EMAIL),
    "revoke_organization_invitation": [
        *_one_field("invitation_uuid", NO_UUID),
        BadRecord(
            "invitation_uuid: outside an organization",
            {"invitation_uuid": f"{API}/invitations/AAAA"},
            "#/invitation_uuid",
        ),
    ],
    "delete_invitee_data": [
        *_one_field("emails", {**NO_LIST, "a single address": "ada@example.com"}),
        *(
            BadRecord(f"emails: among others, {why}", {"emails": ["ada@example.com", value]}, "#/emails/1")
            for why, value in NO_EMAIL.items()
            if value is not LEFT_OUT
        ),
        BadRecord("emails: too many", {"emails": [f"ada{n}@example.com" for n in range(1001)]}, "#/emails"),
    ],
    "delete_scheduled_event_data": [
        *_one_field("start_time", NO_MOMENT, SPAN),
        *_one_field("end_time", NO_MOMENT, SPAN),
        *_in_record(
            SPAN,
            [
                ("end_time: before start_time", {"end_time": "2018-01-01T00:00:00Z"}, "#/end_time"),
                ("end_time: equal to start_time", {"end_time": "2019-01-01T01:00:00+01:00"}, "#/end_time"),
                ("end_time: a second beyond 24 months", {"end_time": "2021-01-01T00:00:01Z"}, "#/end_time"),
                (
                    "end_time: beyond 24 months from a leap day",
                    {"start_time": "2020-02-29T00:00:00Z", "end_time": "2022-03-01T00:00:00Z"},
                    "#/end_time",
                ),
            ],
        ),
    ],
}

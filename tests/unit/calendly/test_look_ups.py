"""Finding the one thing that is meant: what is asked, which row is taken, and what people read where there is not one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.calendly import Asking, Found, LookUpFailed, find, read_failed_look_up
from relay.catalogue import TEMPLATES
from relay.model.call import Answer, NotSent, Outcome, Silence
from relay.model.verdict import Busy, Failed, Refused, Unauthorized, Unreachable
from tests.calendly_contract import check_request
from tests.unit.calendly.fakes import REAL, calendly_that

API = "https://api.calendly.com"
ORGANIZATION = f"{API}/organizations/O"
USER = f"{API}/users/U"
CREDENTIAL = replace(REAL, organization=ORGANIZATION, user=USER)
NOW = datetime(2026, 11, 22, 16, 0, 0, 500_000, tzinfo=UTC)
FROM_NOW = "2026-11-22T16:00:00.500000Z"
EVENT = f"{API}/scheduled_events/E"
FORBIDDEN = Answer(403, {}, {"title": "Permission Denied", "message": "You do not have permission"})
NO_SCOPE = Answer(
    403, {}, {"title": "Insufficient scope", "message": "No.", "required_scopes": ["event_types:read"]}
)


def listed(*rows: Any) -> Answer:
    """Give a list of one page."""
    return Answer(200, {}, {"collection": list(rows), "pagination": {"next_page_token": None}})


def looked_up(
    name: str, record: dict[str, Any], answer: Callable[[str], Outcome] | Outcome
) -> tuple[Found, list[tuple[str, dict[str, str]]]]:
    """Look up what the record leaves out, and give what was found and what was asked; all of it obeys the contract."""
    template = TEMPLATES[name]
    fields = template.read(record)
    look_up = template.look_up(fields)
    assert look_up is not None
    calendly, fake = calendly_that(lambda _, url: answer(url) if callable(answer) else answer)
    try:
        found = find(Asking(calendly, CREDENTIAL, "t"), template, look_up, fields, NOW)
    finally:
        for method, url, headers, body in fake.asked:
            check_request(method, url, headers, body)
    return found, [(urlsplit(url).path, dict(parse_qsl(urlsplit(url).query))) for _, url, _, _ in fake.asked]


def refusal(name: str, record: dict[str, Any], answer: Callable[[str], Outcome] | Outcome) -> str:
    """Look up what cannot be found, and give what people read."""
    with pytest.raises(LookUpFailed) as failed:
        looked_up(name, record, answer)
    verdict = read_failed_look_up(failed.value.outcome, failed.value.detail)
    assert isinstance(verdict, Refused)
    return verdict.reason


def member(number: int, email: str) -> dict[str, Any]:
    """Make a row of the list of members."""
    person = {"uri": f"{API}/users/{number}", "name": f"Ada {number}", "email": email}
    return {"uri": f"{API}/organization_memberships/M{number}", "role": "user", "user": person}


def event(number: int, **changes: Any) -> dict[str, Any]:
    """Make a row of the list of events."""
    row = {
        "uri": f"{API}/scheduled_events/E{number}",
        "name": "Demo",
        "status": "active",
        "start_time": f"2026-12-0{number}T09:00:00.000000Z",
    }
    return {**row, **changes}


def invitee(number: int, email: str = "ada@example.com", **changes: Any) -> dict[str, Any]:
    """Make a row of an event's invitees."""
    row = {
        "uri": f"{EVENT}/invitees/I{number}",
        "email": email,
        "name": "Ada",
        "status": "active",
        "no_show": None,
    }
    return {**row, **changes}


MARK = {"uri": f"{API}/invitee_no_shows/N1", "created_at": "2026-11-01T00:00:00Z"}
PENDING = {"uri": f"{ORGANIZATION}/invitations/V1", "email": "ada@example.com", "status": "pending"}
TYPE = {
    "uri": f"{API}/event_types/T1",
    "name": "Demo Call",
    "slug": "demo",
    "scheduling_url": "https://calendly.com/ada/demo",
}
HOOK = {
    "uri": f"{API}/webhook_subscriptions/W1",
    "callback_url": "https://crm.example/h",
    "scope": "organization",
}
OF_ORGANIZATION = {"organization": ORGANIZATION, "count": "100"}

# template, record, rows, what is found, what is asked
FINDS: list[tuple[str, dict[str, Any], list[Any], dict[str, str], list[tuple[str, dict[str, str]]]]] = [
    (
        "remove_user_from_organization",
        {"email": "ada@example.com"},
        [member(1, "ADA@example.com"), member(2, "grace@example.com")],
        {"membership_uuid": "M1"},
        [("/organization_memberships", {**OF_ORGANIZATION, "email": "ada@example.com"})],
    ),
    (
        "revoke_organization_invitation",
        {"email": "ada@example.com"},
        [PENDING, {**PENDING, "uri": f"{ORGANIZATION}/invitations/V2", "status": "declined"}],
        {"invitation_uuid": "V1"},
        [("/organizations/O/invitations", {"email": "ada@example.com", "count": "100"})],
    ),
    (
        "cancel_scheduled_event",
        {"invitee_email": "ada@example.com"},
        [event(1), event(2, status="canceled")],
        {"event_uuid": "E1"},
        [
            (
                "/scheduled_events",
                {**OF_ORGANIZATION, "invitee_email": "ada@example.com", "min_start_time": FROM_NOW},
            )
        ],
    ),
    (
        "cancel_scheduled_event",
        {"invitee_email": "ada@example.com", "start_time": "2026-12-02T10:00:00.7+01:00"},
        [event(1), event(2)],
        {"event_uuid": "E2"},
        [
            (
                "/scheduled_events",
                {
                    **OF_ORGANIZATION,
                    "invitee_email": "ada@example.com",
                    "min_start_time": "2026-12-02T09:00:00.000000Z",
                    "max_start_time": "2026-12-02T09:00:00.999999Z",
                },
            )
        ],
    ),
    (
        "mark_invitee_no_show",
        {"event_uuid": EVENT, "email": "ada@example.com"},
        [invitee(1), invitee(2, status="canceled"), invitee(3, "grace@example.com")],
        {"invitee": f"{EVENT}/invitees/I1"},
        [("/scheduled_events/E/invitees", {"email": "ada@example.com", "count": "100"})],
    ),
    (
        "unmark_invitee_no_show",
        {"event_uuid": EVENT, "email": "ada@example.com"},
        [invitee(1, no_show=MARK), invitee(2)],
        {"no_show_uuid": "N1"},
        [("/scheduled_events/E/invitees", {"email": "ada@example.com", "count": "100"})],
    ),
    (
        "delete_webhook_subscription",
        {"url": "https://crm.example/h"},
        [HOOK, {**HOOK, "uri": f"{API}/webhook_subscriptions/W2", "callback_url": "https://crm.example/H"}],
        {"webhook_subscription_uuid": "W1"},
        [
            ("/webhook_subscriptions", {**OF_ORGANIZATION, "scope": "organization"}),
            ("/webhook_subscriptions", {**OF_ORGANIZATION, "scope": "user", "user": USER}),
        ],
    ),
    *(
        (
            "create_scheduling_link",
            {"event_type": wished},
            [
                TYPE,
                {**TYPE, "uri": f"{API}/event_types/T2", "name": "Intro", "slug": "i", "scheduling_url": "x"},
            ],
            {"owner": f"{API}/event_types/T1"},
            [("/event_types", {**OF_ORGANIZATION, "active": "true"})],
        )
        for wished in (
            *("Demo Call", " demo call\n", "demo", "DEMO"),
            *("https://calendly.com/ada/demo", f"{API}/event_types/T1"),
        )
    ),
]


@pytest.mark.parametrize(("name", "record", "rows", "expected", "asked"), FINDS)
def test_the_one_that_is_meant_is_found(
    name: str,
    record: dict[str, Any],
    rows: list[Any],
    expected: dict[str, str],
    asked: list[tuple[str, dict[str, str]]],
) -> None:
    """Among rows that are something else, or hardly rows at all; asked as Calendly's document allows."""
    found, calls = looked_up(name, record, listed("no row", {}, {"user": 7, "uri": None}, *rows))

    assert expected == found.fields
    assert asked == calls


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_a_start_at_the_end_of_time_is_looked_for_too(start: str) -> None:
    """Nobody's event is there, and nothing breaks."""
    record = {"invitee_email": "a@b.example", "start_time": start}

    assert "no active event" in refusal("cancel_scheduled_event", record, listed(event(1)))


def test_a_no_show_is_found_by_its_invitee() -> None:
    """Under our own address, whatever host the invitee's URI names."""
    record = {"invitee": "https://evil.example:1/scheduled_events/E/invitees/I1"}

    found, calls = looked_up(
        "unmark_invitee_no_show", record, Answer(200, {}, {"resource": invitee(1, no_show=MARK)})
    )

    assert {"no_show_uuid": "N1"} == found.fields
    assert [("/scheduled_events/E/invitees/I1", {})] == calls


def test_what_was_found_can_be_shown() -> None:
    """The delivery's log tells whom the call was about."""
    found, _ = looked_up(
        "remove_user_from_organization", {"email": "ada@example.com"}, listed(member(1, "ada@example.com"))
    )

    assert {
        "fields": {"membership_uuid": "M1"},
        "thing": {
            "uri": f"{API}/organization_memberships/M1",
            "user.name": "Ada 1",
            "user.email": "ada@example.com",
            "role": "user",
        },
    } == found.to_dict()


def test_a_name_that_is_equal_to_the_letter_goes_first() -> None:
    """Two event types may differ in nothing but the case of a letter."""
    other = {**TYPE, "uri": f"{API}/event_types/T2", "name": "demo call", "slug": "d2", "scheduling_url": "x"}

    found, _ = looked_up("create_scheduling_link", {"event_type": "Demo Call"}, listed(other, TYPE))

    assert {"owner": f"{API}/event_types/T1"} == found.fields


def test_an_email_is_asked_for_in_small_letters_too() -> None:
    """Nobody knows whether Calendly's filters mind the case; it costs a call only where nothing was found."""

    def minds_the_case(url: str) -> Outcome:
        return listed(member(1, "ada@example.com")) if "ada%40example.com" in url else listed()

    found, calls = looked_up("remove_user_from_organization", {"email": "Ada@Example.com"}, minds_the_case)

    assert {"membership_uuid": "M1"} == found.fields
    assert ["Ada@Example.com", "ada@example.com"] == [query["email"] for _, query in calls]


@pytest.mark.parametrize(
    ("name", "record", "rows", "words"),
    [
        (
            "remove_user_from_organization",
            {"email": "ada@example.com"},
            [member(2, "grace@example.com")],
            "Calendly has no membership with email ada@example.com",
        ),
        (
            "revoke_organization_invitation",
            {"email": "ada@example.com"},
            [{**PENDING, "status": "accepted"}],
            (
                "Calendly has no pending invitation with email ada@example.com. What comes near: "
                f"(1) {ORGANIZATION}/invitations/V1, ada@example.com, accepted"
            ),
        ),
        (
            "cancel_scheduled_event",
            {"invitee_email": "ada@example.com"},
            [event(1, status="canceled")],
            (
                "Calendly has no active event with invitee_email ada@example.com. What comes near: "
                f"(1) {API}/scheduled_events/E1, Demo, 2026-12-01T09:00:00.000000Z, canceled"
            ),
        ),
        (
            "cancel_scheduled_event",
            {"invitee_email": "ada@example.com", "start_time": "2026-12-05T09:00:00Z"},
            [],
            "Calendly has no active event with invitee_email ada@example.com and start_time 2026-12-05T09:00:00Z",
        ),
        (
            "unmark_invitee_no_show",
            {"event_uuid": "E", "email": "ada@example.com"},
            [invitee(1)],
            (
                "Calendly has no no-show with event_uuid E and email ada@example.com. What comes near: "
                f"(1) {EVENT}/invitees/I1, Ada, ada@example.com, active"
            ),
        ),
        (
            "delete_webhook_subscription",
            {"url": "https://crm.example/other"},
            [HOOK],
            (
                "Calendly has no webhook subscription with url https://crm.example/other. There are: "
                f"(1) {API}/webhook_subscriptions/W1, https://crm.example/h, organization"
            ),
        ),
        (
            "create_scheduling_link",
            {"event_type": "Dem0"},
            [TYPE],
            (
                "Calendly has no active event type with event_type Dem0. There are: "
                f"(1) {API}/event_types/T1, Demo Call, https://calendly.com/ada/demo"
            ),
        ),
    ],
)
def test_where_there_is_none_people_read_what_there_is(
    name: str, record: dict[str, Any], rows: list[Any], words: str
) -> None:
    """What comes near is listed; other people are not."""
    assert words == refusal(name, record, listed(*rows))


def test_where_there_are_several_people_read_them() -> None:
    """With all that tells them apart, so that the right one can be named."""
    assert refusal(
        "cancel_scheduled_event", {"invitee_email": "a@b.example"}, listed(event(1), event(2))
    ) == (
        "Calendly has 2 active events with invitee_email a@b.example, and exactly one is needed: "
        f"(1) {API}/scheduled_events/E1, Demo, 2026-12-01T09:00:00.000000Z, active; "
        f"(2) {API}/scheduled_events/E2, Demo, 2026-12-02T09:00:00.000000Z, active"
    )


def test_at_most_ten_candidates_are_listed() -> None:
    """And the others counted; long names are cut."""
    rows = [{**TYPE, "uri": f"{API}/event_types/T{n}", "scheduling_url": "x" * 500} for n in range(25)]

    reason = refusal("create_scheduling_link", {"event_type": "demo"}, listed(*rows))

    assert "Calendly has 25 active event types" in reason
    assert "(10) " in reason
    assert "(11) " not in reason
    assert reason.endswith("; and 15 more")
    assert 3000 > len(reason)


def test_a_plain_member_looks_through_his_own() -> None:
    """Calendly shows the organization's lists to owners and admins only."""

    def for_members(url: str) -> Outcome:
        return listed(event(1)) if "user=" in url else FORBIDDEN

    found, calls = looked_up("cancel_scheduled_event", {"invitee_email": "a@b.example"}, for_members)

    assert {"event_uuid": "E1"} == found.fields
    assert [{"organization"}, {"user"}] == [{"organization", "user"} & set(query) for _, query in calls]


def test_a_plain_member_s_hooks_are_his_own() -> None:
    """What others subscribed he can neither see nor delete."""
    own = {**HOOK, "scope": "user"}

    found, _ = looked_up(
        "delete_webhook_subscription",
        {"url": "https://crm.example/h"},
        lambda url: listed(own) if "user=" in url else FORBIDDEN,
    )

    assert {"webhook_subscription_uuid": "W1"} == found.fields


def test_one_url_in_two_scopes_is_two_subscriptions() -> None:
    """Which one is meant, only a person can say."""

    def by_scope(url: str) -> Outcome:
        scope = "user" if "user=" in url else "organization"
        return listed({**HOOK, "uri": f"{API}/webhook_subscriptions/{scope}", "scope": scope})

    reason = refusal("delete_webhook_subscription", {"url": "https://crm.example/h"}, by_scope)

    assert "Calendly has 2 webhook subscriptions" in reason
    assert "webhook_subscriptions/user, https://crm.example/h, user" in reason


def test_a_refusal_stays_one_where_there_is_nowhere_else_to_look() -> None:
    """It says what Calendly said."""
    reason = refusal("remove_user_from_organization", {"email": "a@b.example"}, FORBIDDEN)

    assert (
        "The membership could not be looked up. Calendly did not give the list: 403 Permission Denied"
        in reason
    )
    assert "You do not have permission" in refusal(
        "cancel_scheduled_event", {"invitee_email": "a@b.example"}, FORBIDDEN
    )


def test_without_a_user_his_own_lists_are_left_out() -> None:
    """A credential whose token cannot ask who it is knows its organization at best."""
    template = TEMPLATES["delete_webhook_subscription"]
    fields = template.read({"url": "https://crm.example/h"})
    calendly, fake = calendly_that(lambda *_: listed(HOOK))

    found = find(
        Asking(calendly, replace(CREDENTIAL, user=""), "t"), template, template.look_ups[0], fields, NOW
    )

    assert {"webhook_subscription_uuid": "W1"} == found.fields
    assert 1 == len(fake.asked)


def test_without_organization_and_user_there_is_nowhere_to_look() -> None:
    """That is said, and nothing is asked."""
    template = TEMPLATES["create_scheduling_link"]
    calendly, fake = calendly_that(lambda *_: listed(TYPE))
    nobody = replace(CREDENTIAL, organization="", user="")

    with pytest.raises(LookUpFailed, match="does not know its own user or organization"):
        find(Asking(calendly, nobody, "t"), template, template.look_ups[0], {"event_type": "demo"}, NOW)

    assert [] == fake.asked


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Answer(429, {"x-ratelimit-reset": "9"}), Busy),
        (Answer(503, {"retry-after": "9"}), Busy),
        (Answer(401), Unauthorized),
        (NO_SCOPE, Unauthorized),
        (Answer(500), Failed),
        (Answer(200, {}, "<html>"), Failed),
        (Silence("no answer"), Failed),
        (NotSent("no such host"), Unreachable),
        (NotSent("forbidden", forbidden=True), Refused),
        (Answer(404, {}, {"title": "Resource Not Found"}), Refused),
    ],
)
@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("remove_user_from_organization", {"email": "a@b.example"}),
        ("create_scheduling_link", {"event_type": "demo"}),
        ("unmark_invitee_no_show", {"invitee": f"{EVENT}/invitees/I1"}),
    ],
)
def test_trouble_on_the_way_is_read_like_any_look_up_s(
    name: str, record: dict[str, Any], outcome: Outcome, verdict: type
) -> None:
    """It changed nothing, so it can mostly be done again; a scope that lacks is no reason to look elsewhere."""
    with pytest.raises(LookUpFailed) as failed:
        looked_up(name, record, outcome)

    assert verdict is type(read_failed_look_up(failed.value.outcome, failed.value.detail))


@pytest.mark.parametrize("uri", ["https://x/organization_memberships/", "M1", "", f"{API}/users/U"])
def test_a_row_without_a_proper_uri_is_not_acted_on(uri: Any) -> None:
    """That is Calendly's fault, not the record's: it is tried again."""
    row = {**member(1, "a@b.example"), "uri": uri}

    with pytest.raises(LookUpFailed) as failed:
        looked_up("remove_user_from_organization", {"email": "a@b.example"}, listed(row))

    assert isinstance(read_failed_look_up(failed.value.outcome, failed.value.detail), Failed)


@given(
    st.lists(st.tuples(st.sampled_from(["Demo", "demo", "DEMO", "other"]), st.integers(0, 9)), max_size=12),
    st.sampled_from(["Demo", "demo"]),
)
def test_exactly_one_or_nothing(names: list[tuple[str, int]], wished: str) -> None:
    """Whatever the list holds, in whatever order, doubled rows included."""
    rows = [{"uri": f"{API}/event_types/T{number}", "name": name} for name, number in names]
    exact = {row["uri"] for row in rows if row["name"] == wished}
    alike = {row["uri"] for row in rows if row["name"].lower() == "demo"}
    fitting = exact or alike
    try:
        found, _ = looked_up("create_scheduling_link", {"event_type": wished}, listed(*rows))
    except LookUpFailed as exc:
        assert 1 != len(fitting)
        trouble = exc.detail
        assert all(one in trouble for one in fitting)
    else:
        assert fitting == {found.fields["owner"]}


def test_an_event_with_several_invitees_is_not_canceled_for_one_of_them() -> None:
    """Who knows one invitee's email says nothing about the others: the uuid is needed, and the error says why."""
    crowded = {**event(1), "invitees_counter": {"total": 3, "active": 2, "limit": 5}}
    alone = {**event(2), "invitees_counter": {"total": 3, "active": 1, "limit": 5}}
    record = {"invitee_email": "ada@example.com"}

    reason = refusal("cancel_scheduled_event", record, listed(crowded))
    found, _ = looked_up("cancel_scheduled_event", record, listed(crowded, alone))

    assert "An event with several invitees needs its event_uuid" in reason
    assert alone["uri"].endswith(found.fields["event_uuid"])

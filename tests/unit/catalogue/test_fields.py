"""What each field accepts, and what becomes of it. What fields refuse is in the table of bad records."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from marshmallow import ValidationError

from relay.catalogue.fields import (
    Email,
    HttpsUrl,
    InviteeUri,
    ListOf,
    OneOfKnown,
    OnlyNumber,
    PastUtc,
    ResourceUri,
    ResourceUuid,
    Text,
    months_later,
)

API = "https://api.calendly.com"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("AAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAA"),
        ("639fa667-4c1b-4b20-93b5-1b1969d67dc6", "639fa667-4c1b-4b20-93b5-1b1969d67dc6"),
        ("012345678901234567890", "012345678901234567890"),
        ("aBc_-1", "aBc_-1"),
        ("  AAAA\r\n", "AAAA"),
        (f"{API}/scheduled_events/AAAA", "AAAA"),
        (f"{API}/scheduled_events/AAAA/", "AAAA"),
        ("http://127.0.0.1:4810/scheduled_events/AAAA", "AAAA"),
        ("http://[::1]:4810/scheduled_events/AAAA", "AAAA"),
        ("https://calendly.test/api/v2/scheduled_events/AAAA", "AAAA"),
    ],
)
def test_a_uuid_is_opaque_and_a_uri_is_cut_to_it(sent: str, expected: str) -> None:
    """Any form that Calendly uses is accepted, case and all."""
    assert expected == ResourceUuid("scheduled_events").take(sent)


def test_a_nested_collection_asks_for_what_it_is_nested_under() -> None:
    """An invitation's URI holds its organization."""
    field = ResourceUuid("organizations/*/invitations")

    assert "BBBB" == field.take(f"{API}/organizations/AAAA/invitations/BBBB")


def test_a_refused_uuid_is_told_both_forms() -> None:
    """The sentence can be followed without documentation."""
    with pytest.raises(ValidationError) as caught:
        ResourceUuid("organization_memberships").take("")

    expected = (
        "should be the organization membership's uuid or its full URI, "
        "such as https://api.calendly.com/organization_memberships/…"
    )
    assert [expected] == caught.value.messages


def test_a_refused_bare_invitee_is_told_what_is_missing() -> None:
    """A uuid alone does not find an invitee."""
    with pytest.raises(ValidationError) as caught:
        InviteeUri().take("BBBBBBBBBBBBBBBB")

    expected = (
        "should be the invitee's full URI with its event, "
        "https://api.calendly.com/scheduled_events/…/invitees/…; a uuid alone is not enough"
    )
    assert [expected] == caught.value.messages


@pytest.mark.parametrize("sent", [f"{API}/event_types/AAAA", f" {API}/event_types/AAAA/ \n"])
def test_a_uri_stays_whole(sent: str) -> None:
    """Only white space and a last slash go."""
    assert f"{API}/event_types/AAAA" == ResourceUri("event_types").take(sent)


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com",
        "Ada.Lovelace@Example.COM",
        "ada+calendly@example.co.uk",
        "o'brien@example.ie",
        "a@b.cd",
        "_ada-1=x@sub.example.museum",
        "ada@xn--mnchen-3ya.example",
        "jürgen@example.de",
        "δοκιμή@παράδειγμα.ελ",
        "a" * 64 + "@example.com",
    ],
)
def test_real_addresses_are_accepted_as_they_are(address: str) -> None:
    """Plus signs, apostrophes, capitals and letters beyond ASCII are all in use."""
    assert address == Email().take(address)


def test_white_space_around_an_address_goes() -> None:
    """Spreadsheets leave it there."""
    assert "ada@example.com" == Email().take("\tada@example.com \r\n")


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example",
        "https://crm.example/",
        "https://crm.example:8443/hooks?key=a%20b&x=1",
        "https://crm.example?key=1",
        "https://192.0.2.1/hooks",
        "https://[2001:db8::1]:8443/hooks",
        "https://xn--bcher-kva.example/~ada/(1)",
    ],
)
def test_https_urls_are_accepted_as_they_are(url: str) -> None:
    """Whatever RFC 3986 writes."""
    assert url == HttpsUrl().take(url)


@pytest.mark.parametrize(
    "url", ["https://crm..example/", "https://crm.example:0/", "https://x/%zz", "https://-a/"]
)
def test_urls_that_cannot_be_called_are_refused(url: str) -> None:
    """Calendly could never deliver there."""
    with pytest.raises(ValidationError):
        HttpsUrl().take(url)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("2019-01-02T03:04:05.678123Z", "2019-01-02T03:04:05.678123Z"),
        ("2019-01-02T03:04:05Z", "2019-01-02T03:04:05Z"),
        ("2019-01-02T03:04Z", "2019-01-02T03:04:00Z"),
        ("2019-01-02 03:04:05z", "2019-01-02T03:04:05Z"),
        ("2019-01-02t03:04:05Z", "2019-01-02T03:04:05Z"),
        ("2019-01-02T03:04:05+02:00", "2019-01-02T01:04:05Z"),
        ("2019-01-02T03:04:05.5-0730", "2019-01-02T10:34:05.500000Z"),
        ("2019-01-02T03:04:05+02", "2019-01-02T01:04:05Z"),
        ("2019-01-02T03:04:05,123456789Z", "2019-01-02T03:04:05.123456Z"),
        (" 2020-02-29T23:59:59-01:00 ", "2020-03-01T00:59:59Z"),
    ],
)
def test_moments_are_sent_as_utc(sent: str, expected: str) -> None:
    """ISO 8601 as systems write it, with microseconds at most."""
    assert expected == PastUtc("the beginning").take(sent)


@time_machine.travel(datetime(2026, 11, 22, 12, 0, tzinfo=UTC), tick=False)
def test_now_is_not_past() -> None:
    """The last moment that counts is the one before."""
    assert "2026-11-22T11:59:59.999999Z" == PastUtc("the end").take("2026-11-22T12:59:59.999999+01:00")
    with pytest.raises(ValidationError, match="should be in the past"):
        PastUtc("the end").take("2026-11-22T12:00:00Z")


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ((2019, 1, 31), 1, (2019, 2, 28)),
        ((2020, 1, 31), 1, (2020, 2, 29)),
        ((2020, 2, 29), 12, (2021, 2, 28)),
        ((2020, 2, 29), 24, (2022, 2, 28)),
        ((2020, 2, 29), 48, (2024, 2, 29)),
        ((2019, 12, 15), 1, (2020, 1, 15)),
        ((2019, 11, 30), 24, (2021, 11, 30)),
    ],
)
def test_months_are_counted_by_the_calendar(
    start: tuple[int, int, int], months: int, expected: tuple[int, int, int]
) -> None:
    """The day stays, or becomes the last of a month that is shorter."""
    assert datetime(*expected, 9, 30, tzinfo=UTC) == months_later(datetime(*start, 9, 30, tzinfo=UTC), months)


@pytest.mark.parametrize("sent", [1, 1.0, "1"])
def test_the_only_number_is_sent_as_a_number(sent: object) -> None:
    """Systems that send only text can send it as text."""
    taken = OnlyNumber(1).take(sent)

    assert (1, int) == (taken, type(taken))


def test_text_is_sent_exactly_as_it_came() -> None:
    """White space, line ends and emoji belong to it."""
    text = "  Closed lost:\n\tno budget 🙁 \u0301 "

    assert text == Text("a text").take(text)


def test_lengths_are_in_characters() -> None:
    """An emoji is one, as it is for Calendly."""
    assert 3 == len(Text("a text", longest=3).take("🙁🙁🙁"))
    with pytest.raises(ValidationError):
        Text("a text", longest=3).take("🙁🙁🙁🙁")


def test_a_choice_lists_what_is_known_and_where_more_can_be_allowed() -> None:
    """Nobody waits for a release because Calendly added a value."""
    with pytest.raises(ValidationError) as caught:
        OneOfKnown(("a", "b")).take("c")

    assert "should be one of: a, b; a destination can allow others" in caught.value.messages[0]


def test_a_repeat_is_dropped_letter_by_letter_only() -> None:
    """White space makes no other address; case may, since nobody knows how Calendly compares them."""
    emails = ListOf(Email(), "a list", repeats="dropped", most=10)

    assert ["Ada@example.com", "b@example.com", "ada@example.com"] == emails.take(
        ["Ada@example.com", "b@example.com", " Ada@example.com", "ada@example.com"]
    )


def test_letters_beyond_ascii_keep_people_apart() -> None:
    """The Kelvin sign becomes a k in lower case, and yet it is another person."""
    emails = ListOf(Email(), "a list", repeats="dropped", most=10)
    people = ["k@example.com", "\u212a@example.com", "straße@example.com", "strasse@example.com"]

    assert people == emails.take(people)


def test_a_list_that_is_too_long_is_refused_unread_and_names_its_bound() -> None:
    """Whoever sent it learns how to cut it."""
    emails = ListOf(Email(), "a list", repeats="dropped", most=3)

    with pytest.raises(ValidationError) as caught:
        emails.take([1, 2, 3, 4])

    assert ["should hold at most 3 values, not 4"] == caught.value.messages


def test_a_list_names_a_hundred_faults_and_no_more() -> None:
    """The rest is not even looked at."""
    emails = ListOf(Email(), "a list", repeats="dropped", most=1000)

    with pytest.raises(ValidationError) as caught:
        emails.take([1] * 1000)

    assert list(range(100)) == list(caught.value.messages)

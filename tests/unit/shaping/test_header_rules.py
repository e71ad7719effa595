"""Headers that people add: two ways to write them, and what they may not say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.shaping.header_rules import HeaderFault, read_headers


@pytest.mark.parametrize(
    ("written", "headers"),
    [
        ({}, {}),
        ("", {}),
        (" ", {}),
        ({"X-Team": "rev-ops"}, {"X-Team": "rev-ops"}),
        ("X-Team:rev-ops", {"X-Team": "rev-ops"}),
        ("header1:value1,header2:value2", {"header1": "value1", "header2": "value2"}),
        (
            " X-Team : rev ops , X-Link: https://crm.example:8443/ ",
            {"X-Team": "rev ops", "X-Link": "https://crm.example:8443/"},
        ),
        ({"X-List": "a, b:c"}, {"X-List": "a, b:c"}),
        ({"X-Name": "Zoë"}, {"X-Name": "Zoë"}),
        (
            {"Idempotency-Key": "k", "X-Request-Id": "r", "X-Api-Key": "s"},
            {"Idempotency-Key": "k", "X-Request-Id": "r", "X-Api-Key": "s"},
        ),
        ({"Accept": "text/csv", "If-Match": '"1"'}, {"Accept": "text/csv", "If-Match": '"1"'}),
    ],
)
def test_headers_are_an_object_or_a_text(written: Any, headers: dict[str, str]) -> None:
    """Only the first colon of a piece parts its name from its value."""
    assert headers == read_headers(written)


@pytest.mark.parametrize(
    ("written", "name", "sentence"),
    [
        (7, "", 'should be an object, such as {"X-Team": "rev-ops"}, or a text such as X-Team:rev-ops'),
        (
            ["X-Team:a"],
            "",
            'should be an object, such as {"X-Team": "rev-ops"}, or a text such as X-Team:rev-ops',
        ),
        (
            "X-List:a,b",
            "",
            'should hold a colon in each piece between commas; where a value holds a comma, write {"header1": "value1"}',
        ),
        (
            "X-List:a,",
            "",
            'should hold a colon in each piece between commas; where a value holds a comma, write {"header1": "value1"}',
        ),
        (
            {"X Team": "a"},
            "X Team",
            "should have a name of letters, digits and hyphens, at most 100 characters long",
        ),
        ({"": "a"}, "", "should have a name of letters, digits and hyphens, at most 100 characters long"),
        (":a", "", "should have a name of letters, digits and hyphens, at most 100 characters long"),
        (
            {"X-Team\n": "a"},
            "X-Team\n",
            "should have a name of letters, digits and hyphens, at most 100 characters long",
        ),
        (
            {"Größe": "a"},
            "Größe",
            "should have a name of letters, digits and hyphens, at most 100 characters long",
        ),
        (
            {"X" * 101: "a"},
            "X" * 100,
            "should have a name of letters, digits and hyphens, at most 100 characters long",
        ),
        ({"X-Team": 1}, "X-Team", "should be a text"),
        ({"X-Team": None}, "X-Team", "should be a text"),
        ({"X-Team": "a" * 1001}, "X-Team", "should be at most 1000 characters long"),
        (
            {"x-team": "a", "X-Team": "b"},
            "X-Team",
            "should be given once: a header has one name, in capitals or not",
        ),
        ("X-Team:a,x-team:a", "x-team", "should be given once: a header has one name, in capitals or not"),
        ({f"X-{n}": "a" for n in range(31)}, "", "should hold at most 30 headers"),
    ],
)
def test_a_header_that_cannot_be_sent_is_named(written: Any, name: str, sentence: str) -> None:
    """With a sentence that says what would be right."""
    with pytest.raises(HeaderFault) as caught:
        read_headers(written)

    assert (name, sentence) == (caught.value.name, str(caught.value))


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        " a",
        "a ",
        "a\r\nX-Other: b",
        "a\nb",
        "a\tb",
        "a\0b",
        "a\x7f",
        "a\x85b",
        "a\xa0",
        "€",
        "\ud800",
        "日",
    ],
)
def test_a_value_is_visible_latin_1(value: str) -> None:
    """No line end smuggles a second header in, and nothing is lost on the wire."""
    with pytest.raises(HeaderFault) as caught:
        read_headers({"X-Team": value})

    assert "should hold visible characters of Latin-1, with spaces only between them" == str(caught.value)


RELAYS = [
    "Authorization",
    "Content-Type",
    "content-length",
    "Content-Encoding",
    "Host",
    "User-Agent",
    "Accept-Encoding",
]
HOP_BY_HOP = [
    "Connection",
    "Keep-Alive",
    "Proxy-Authorization",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Expect",
]
FORGED = [
    "Cookie",
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "x-real-ip",
    "Via",
    "True-Client-IP",
    "X_Forwarded_For",
]
REROUTING = [
    "X-HTTP-Method-Override",
    "X-Method-Override",
    "X-HTTP-Method",
    "X-Original-URL",
    "X-Rewrite-URL",
]


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (RELAYS, "is the relay's to set"),
        (HOP_BY_HOP, "is about one connection, and not about what is asked"),
        (FORGED, "would claim what the receiver has to find out by itself"),
        (REROUTING, "would turn the call into another one; the settings name its method and address"),
    ],
)
def test_some_headers_are_not_for_people_to_set(names: list[str], why: str) -> None:
    """In any spelling, and the reason is said."""
    for name in [*names, *map(str.upper, names)]:
        with pytest.raises(HeaderFault) as caught:
            read_headers({name: "x"})

        assert (name, f"should be left out: {name} {why}") == (caught.value.name, str(caught.value))


def test_a_callback_may_carry_a_token_for_its_receiver() -> None:
    """A CRM's own API needs one."""
    assert {"Authorization": "Bearer x"} == read_headers({"Authorization": "Bearer x"}, callback=True)


@pytest.mark.parametrize(
    "name", ["webhook-id", "Webhook-Timestamp", "WEBHOOK-SIGNATURE", "Content-Type", "Host", "Cookie"]
)
def test_a_callback_keeps_its_signature(name: str) -> None:
    """And the rest of the rules hold for it too."""
    with pytest.raises(HeaderFault) as caught:
        read_headers({name: "x"}, callback=True)

    assert name == caught.value.name


def test_a_call_to_calendly_may_carry_what_only_callbacks_reserve() -> None:
    """A call is not signed."""
    assert {"webhook-id": "x"} == read_headers({"webhook-id": "x"})


NAMES = st.from_regex(r"[A-Za-z0-9-]{1,20}", fullmatch=True)
VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), min_size=1, max_size=20)


@given(
    st.dictionaries(NAMES, VALUES, max_size=5) | st.text(max_size=60) | st.dictionaries(st.text(), st.text())
)
def test_what_is_taken_can_be_sent(written: Any) -> None:
    """As it is: nothing in it ends a line, and names differ."""
    try:
        headers = read_headers(written)
    except HeaderFault:
        headers = {}

    lines = [f"{name}: {value}".encode("latin-1") for name, value in headers.items()]
    assert not any(set(line) & {*range(0x20), 0x7F} for line in lines)
    assert len(headers) == len({name.lower() for name in headers})


@given(st.dictionaries(NAMES, st.text("abc XYZ:/é", min_size=1, max_size=10), max_size=5))
def test_both_forms_say_the_same(written: dict[str, str]) -> None:
    """Where no value holds a comma, or blanks at its ends."""
    plain = {name: value.strip() for name, value in written.items()}
    text = ",".join(f"{name}:{value}" for name, value in plain.items())

    assert _outcome(plain) == _outcome(text)


def _outcome(written: object) -> object:
    try:
        return read_headers(written)
    except HeaderFault as exc:
        return exc.name, str(exc)

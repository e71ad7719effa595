"""A person is found in stored texts however the address is written, and nobody else is."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.model.person import ERASED, Person

ADA = Person("Ada@Example.com")


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.com",
        "ADA@EXAMPLE.COM",
        '{"email":"Ada@example.com"}',
        '{"ada@example.com":{"seen":true}}',
        "Calendly: ada@example.com has already been invited.",
        "Write to ada@example.com.",
        "mailto:ada@example.com?subject=x",
        "Ada <ada@example.com>, Bob <bob@example.com>",
        "https://api.calendly.com/invitations?email=ada%40example.com&count=1",
        "https://crm.example/go?to=https%3A%2F%2Fx.example%2F%3Fe%3Dada%2540example.com",
        r'{"email":"ada\u0040example.com"}',
        r'{"email":"\u0061\u0064\u0061@example.com"}',
        r'{"nested":"{\"email\":\"ada@example.com\"}"}',
        r'{"nested":"{\"email\":\"ada\\u0040example.com\"}"}',
        r'{"text":"first line\nada@example.com\tand more"}',
        "\uff21da\uff20example.com",
        "ada@example.com_old",
        "\u5199\u4fe1\u7ed9ada@example.com\u8c22\u8c22",
        "[ada@example.com]",
        "'ada@example.com'",
        "(('ada@example.com', 1))",
        "x?a=1&email=ada@example.com",
        "<p>ada&#64;example.com</p>",
        "&lt;ada&commat;example.com&gt;",
        "a: 1 & ada@example.com",
        "\u043f\u043e\u0447\u0442\u0430:ada@example.com",
    ],
)
def test_an_address_is_found(text: str) -> None:
    """In any case, in keys, within sentences, in the escapes of JSON, URLs and HTML and in layers of them."""
    assert ADA.is_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "example.com",
        "ada+news@example.com",
        "news+ada@example.com",
        "lada@example.com",
        "x.ada@example.com",
        "x-ada@example.com",
        "x_ada@example.com",
        "o'ada@example.com",
        r'{"email":"o\u0027ada@example.com"}',
        "bob&ada@example.com",
        "\u00e9ada@example.com",
        "bo\u017cada@example.com",
        "\u0430ada@example.com",
        "ada@example.com.au",
        "ada@example.community",
        "ada@example.com-pany.example",
        "ada@sub.example.com",
        "https://x.example/?e=lada%40example.com",
    ],
)
def test_other_addresses_are_other_people(text: str) -> None:
    """A subaddress is another address, and so is one that only ends or begins like it."""
    assert not ADA.is_in(text)


@pytest.mark.parametrize(
    ("email", "text"),
    [
        ("jos\u00e9@example.com", "jose\u0301@EXAMPLE.com"),
        ("jos\u00e9@example.com", r'"jos\u00c9@example.com"'),
        ("jos\u00e9@example.com", "x?e=jos%C3%A9%40example.com"),
        ("ada@b\u00fccher.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@B\u00dcCHER.example"),
        ("\U0001f600@example.com", r'"\ud83d\ude00@example.com"'),
    ],
)
def test_letters_beyond_ascii_are_found_in_each_of_their_forms(email: str, text: str) -> None:
    """Composed or not, escaped, and a domain as DNS has it."""
    assert Person(email).is_in(text)


PLAIN = st.text(st.characters(codec="utf-8"), max_size=20)


@given(PLAIN, PLAIN, st.integers(0, 2), st.booleans(), st.booleans())
def test_no_text_around_an_address_hides_it(
    before: str, after: str, layers: int, ascii_only: bool, in_url: bool
) -> None:
    """Whatever a record says beside it, as long as it does not go on the address."""
    text = f"{before} aDa@eXample.com {after}"
    if in_url:
        text = f"https://x.example/?q={quote(text)}"
    for _ in range(layers):
        text = json.dumps({"said": [text]}, ensure_ascii=ascii_only)

    assert ADA.is_in(text)


@given(st.text(st.characters(codec="utf-8", exclude_characters="@%\\\uff20\ufe6b"), max_size=50))
def test_nobody_is_found_where_there_is_no_address(text: str) -> None:
    """Neither the at sign nor an escape that could stand for one."""
    assert not ADA.is_in(text)


def test_what_named_somebody_says_that_it_was_erased() -> None:
    """The whole text, in lists, values and names; all else stays."""
    value = {"note": "Ada (ada@example.com) called", "n": 1, "who": ["bob@example.com", "ADA@example.com"]}

    assert {"note": ERASED, "n": 1, "who": ["bob@example.com", ERASED]} == ADA.without(value)


def test_nobody_sees_whom_it_is_about() -> None:
    """Tracebacks show arguments."""
    assert "ada" not in repr(ADA)

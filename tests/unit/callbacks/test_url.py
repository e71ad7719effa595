"""Callback URLs as a destination is saved: what can be one, and what would be right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.callbacks import check_callback_url


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example/hooks/calendly",
        "https://crm.example",
        "https://CRM.example:8443/hooks?key=a%20b&x=y",
        "https://crm.example:443/",
        "https://bücher.example/",
        "https://93.184.215.14/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/",
        "https://localhost.example.com/",
    ],
)
@pytest.mark.parametrize("allow_private", [True, False])
def test_public_urls_are_taken_as_they_are(url: str, allow_private: bool) -> None:
    """Unchanged, to the letter."""
    assert url == check_callback_url(url, allow_private=allow_private)


PRIVATE = [
    "http://127.0.0.1:8001/callbacks/demo",
    "http://localhost:8001/",
    "http://crm.example/",
    "https://10.0.0.7/",
    "https://192.168.1.1/",
    "https://[::1]/",
    "https://[fd12::1]/",
    "https://[::ffff:7f00:1]/",
    "https://relay.localhost/",
    "https://printer.local/",
    "https://service.internal./",
]


@pytest.mark.parametrize("url", PRIVATE)
def test_private_urls_are_taken_where_they_are_allowed(url: str) -> None:
    """Also in clear."""
    assert url == check_callback_url(url, allow_private=True)


@pytest.mark.parametrize("url", PRIVATE)
def test_private_urls_are_refused_where_they_are_not(url: str) -> None:
    """When it is saved, and not only when it is called."""
    with pytest.raises(ValueError):
        check_callback_url(url, allow_private=False)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "should start with https:// or http://"),
        ("crm.example/hooks", "should start with https:// or http://"),
        ("//crm.example/hooks", "should start with https:// or http://"),
        ("ftp://crm.example/", "should start with https:// or http://"),
        ("javascript:alert(1)", "should start with https:// or http://"),
        ("https://", "should name a host, such as https://crm.example/hooks/calendly"),
        ("https:///hooks", "should name a host, such as https://crm.example/hooks/calendly"),
        ("https://someone:s3cret@crm.example/", "should hold no user name or password before the host"),
        ("https://@crm.example/", "should hold no user name or password before the host"),
        ("https://crm.example/#part", "should hold no # part: it would never be sent"),
        ("https://crm.example/a b", "should hold no blanks, line ends or control characters"),
        ("https://crm.example/\r\nX: y", "should hold no blanks, line ends or control characters"),
        (" https://crm.example/", "should hold no blanks, line ends or control characters"),
        ("https://crm.example\\@127.0.0.1/", "should hold no backslash"),
        ("https://crm.example/\ud800", "should hold no halves of characters"),
        ("https://crm.example:99999/", "should be a URL, such as https://crm.example/hooks/calendly"),
        ("https://crm.example:http/", "should be a URL, such as https://crm.example/hooks/calendly"),
        ("https://[::1/", "should be a URL, such as https://crm.example/hooks/calendly"),
        ("https://crm.example:25/", "should use port 80, 443, or one from 1024 up"),
        ("https://crm.example:0/", "should use port 80, 443, or one from 1024 up"),
        ("https://2130706433/", "should name a host by its plain name or address"),
        ("https://0x7f.0.0.1.%00/", "should name a host by its plain name or address"),
        ("https://127.1/", "should name a host by its plain name or address"),
        ("https://crm..example/", "should name a host by its plain name or address"),
        ("https://169.254.169.254/", "should lead to an address that may be called: this one never may"),
        (
            "https://[::ffff:169.254.169.254]/",
            "should lead to an address that may be called: this one never may",
        ),
        ("https://168.63.129.16/", "should lead to an address that may be called: this one never may"),
        ("https://0.0.0.0/", "should lead to an address that may be called: this one never may"),
        ("https://crm.example/" + "a" * 2000, "should be at most 2000 characters long"),
    ],
)
def test_the_sentence_says_what_would_be_right(url: str, sentence: str) -> None:
    """Whatever is allowed, these are no callback URLs; the sentence never repeats what was sent."""
    with pytest.raises(ValueError) as refused:
        check_callback_url(url, allow_private=True)

    assert sentence == str(refused.value)


@given(st.text(max_size=60), st.booleans())
def test_any_text_is_taken_or_refused(text: str, allow_private: bool) -> None:
    """Nothing but ValueError comes out, and its sentence never holds what was sent."""
    for url in (text, f"https://{text}", f"https://crm.example/{text}"):
        try:
            taken = check_callback_url(url, allow_private=allow_private)
        except ValueError as refused:
            assert str(refused).startswith("should ")  # noqa: PT017 - both ways are fine, and each has its promise
            continue
        assert url == taken

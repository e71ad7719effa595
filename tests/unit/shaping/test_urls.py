"""URLs of manual calls: what they may be, and that a record's values stay in their places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from relay.shaping.paths import Path
from relay.shaping.urls import MissingPlaceholder, parse_manual_url

API = "https://api.calendly.com"
LOCAL = "http://127.0.0.1:8000/api"


def _of(record: Mapping[str, Any]) -> Callable[[Path], Any]:
    def lookup(path: Path) -> Any:
        found: Any = record
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    return lookup


@pytest.mark.parametrize(
    ("text", "written", "names"),
    [
        ("/shares", "/shares", ()),
        ("/shares/{id}?x={y}", "/shares/{id}?x={y}", ("id", "y")),
        (f"{API}/shares/{{id}}", "/shares/{id}", ("id",)),
        ("HTTPS://API.calendly.com:443/shares", "/shares", ()),
        (f"{LOCAL}/shares", "/shares", ()),
        ("/shares/{contact.id}", "/shares/{contact.id}", ("contact.id",)),
        ('/shares/{ "a.b".c }', '/shares/{ "a.b".c }', ('"a.b".c',)),
        ("/a{b}{c}d", "/a{b}{c}d", ("b", "c")),
        ("/x?a=%20&b[]=1".replace("[]", "%5B%5D"), "/x?a=%20&b%5B%5D=1", ()),
        ("/x?next=../y//z", "/x?next=../y//z", ()),
        ("/", "/", ()),
    ],
)
def test_a_url_is_a_path_under_the_api(text: str, written: str, names: tuple[str, ...]) -> None:
    """Or a whole URL under it, which is cut."""
    url = parse_manual_url(text, [API, LOCAL])

    assert (written, names) == (url.text, url.names)
    assert url == parse_manual_url(url.text, [])


ELSEWHERE = "should be a path such as /shares/{id}, or start with https://api.calendly.com/"
STEPS = "should hold no . or .. between slashes, encoded or not"
BRACES = "should close each { with a }, and open no { inside another"
NAMES = "should name an attribute in each pair of braces, such as {contact.id}: it should be names with dots between"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ELSEWHERE),
        ("shares", ELSEWHERE),
        ("?x=1", ELSEWHERE),
        (API, ELSEWHERE),
        (f"{API}?x=1", ELSEWHERE),
        ("https://evil.example/shares", ELSEWHERE),
        ("https://api.calendly.com.evil.example/shares", ELSEWHERE),
        ("https://api.calendly.com:8443/shares", ELSEWHERE),
        ("https://api.calendly.com:x/shares", ELSEWHERE),
        ("https://api.calendly.com./shares", ELSEWHERE),
        ("http://api.calendly.com/shares", ELSEWHERE),
        ("ftp://api.calendly.com/shares", ELSEWHERE),
        ("https:/api.calendly.com/shares", ELSEWHERE),
        ("https:///shares", ELSEWHERE),
        ("https://[/shares", ELSEWHERE),
        ("https://\uff41pi.calendly.com/shares", ELSEWHERE),
        ("javascript:alert(1)", ELSEWHERE),
        ("https://me:pw@api.calendly.com/shares", "should hold no user name or password before the host"),
        ("https://api.calendly.com@evil.example/", "should hold no user name or password before the host"),
        (
            "https://{host}/shares",
            "should hold placeholders in the path and the query only, never in the host",
        ),
        (
            "https://api.calendly.com{x}/shares",
            "should hold placeholders in the path and the query only, never in the host",
        ),
        ("//evil.example/shares", "should have one slash before the path: two would name another host"),
        (f"{API}//evil.example/shares", "should have one slash before the path: two would name another host"),
        ("/shares#top", "should hold no # part: it would never be sent"),
        ("/\\evil.example", "should hold no backslash"),
        ("/a\r\nHost: evil", "should hold no line ends or control characters"),
        ("/a\tb", "should hold no line ends or control characters"),
        ("/a/../users", STEPS),
        ("/a/./users", STEPS),
        ("/..", STEPS),
        ("/a/%2e%2E/users", STEPS),
        ("/a/.%2e", STEPS),
        ("/a/%252e%252e/users", STEPS),
        ("/a/..%2fusers", STEPS),
        ("/a/..%5cusers", STEPS),
        ("/a/..;/users", STEPS),
        ("/a b", "should write “ ” percent-encoded, as %20 stands for a blank"),
        ("/größe", "should write “ö” percent-encoded, as %20 stands for a blank"),
        ("/50%", "should write “%” percent-encoded, as %20 stands for a blank"),
        ("/%2{x}", "should write “%” percent-encoded, as %20 stands for a blank"),
        ("/x?a[]=1", "should write “[” percent-encoded, as %20 stands for a blank"),
        ("/{id", BRACES),
        ("/id}", BRACES),
        ("/{{id}}", BRACES),
        ("/{a{b}}", BRACES),
        (
            "/{}",
            "should name an attribute in each pair of braces, such as {contact.id}: it should not be empty",
        ),
        ("/{a..b}", NAMES),
        ("/{.}", NAMES),
        ('/{"a}', NAMES),
        ("/" + "a" * 2000, "should be at most 2000 characters long"),
        ("/" + "{a}" * 51, "should hold at most 50 placeholders"),
        ("/{a.b.c}/{a}", "should not name both a and a.b.c: one value cannot be a text and an object"),
        ("/{a.b}/{a.b.c}", "should not name both a.b and a.b.c: one value cannot be a text and an object"),
    ],
)
def test_a_url_that_leads_elsewhere_is_refused(text: str, sentence: str) -> None:
    """When the destination is saved, with a sentence."""
    with pytest.raises(ValueError) as caught:
        parse_manual_url(text, [API])

    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:8000/shares", "http://127.0.0.1:8000/apishares", "http://127.0.0.1:8000/api"]
)
def test_a_whole_url_goes_on_after_the_path_of_its_base(text: str) -> None:
    """A neighbour on the same host is not the API."""
    with pytest.raises(ValueError):
        parse_manual_url(text, [LOCAL])


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("abc", "abc"),
        ("a b/c?d#e&f=g%+", "a%20b%2Fc%3Fd%23e%26f%3Dg%25%2B"),
        ("Zoë", "Zo%C3%AB"),
        (7, "7"),
        (2**70, str(2**70)),
        (1.0, "1.0"),
        (1e22, "1e%2B22"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        ("...", "..."),
        ("a\nb", "a%0Ab"),
    ],
)
def test_values_are_percent_encoded(value: Any, written: str) -> None:
    """As JSON writes them, a text without its quotes."""
    url = parse_manual_url("/shares/{contact.id}?x={contact.id}", [])

    assert f"/shares/{written}?x={written}" == url.fill(_of({"contact": {"id": value}}))


@pytest.mark.parametrize("value", [None, "", " ", [], {}, ["a"], {"a": 1}])
def test_a_placeholder_needs_a_value(value: Any) -> None:
    """The record that has none is refused, and the placeholder is named."""
    with pytest.raises(MissingPlaceholder) as caught:
        parse_manual_url("/{a}/{contact.id}", []).fill(_of({"a": 1, "contact": {"id": value}}))

    assert "contact.id" == caught.value.name
    assert "should be a text that is not empty, a number, or true or false: the address needs it" == str(
        caught.value
    )


@pytest.mark.parametrize(
    "value", ["\ud800", "a\0", float("inf"), float("nan"), pytest.param(10**4300, id="long")]
)
def test_a_value_is_one_that_an_address_can_carry(value: Any) -> None:
    """Nothing is cut or replaced."""
    with pytest.raises(MissingPlaceholder) as caught:
        parse_manual_url("/{id}", []).fill(_of({"id": value}))

    assert ("id", "should hold only what an address can carry") == (caught.value.name, str(caught.value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("/a/{id}", "."),
        ("/a/{id}", ".."),
        ("/a/{id}/b", ".."),
        ("/a/.{id}", "."),
        ("/{id}{id}", "."),
        ("/a/%2e{id}/b", "."),
        ("/a/{id}", "../users"),
        ("/a/{id}", "x/../../users"),
        ("/a/{id}", "..\\users"),
        ("/a/{id}", "%2e%2e"),
        ("/a/{id}", "%2e%2e%2fusers"),
        ("/a/{id}", "..;"),
    ],
)
def test_a_value_that_would_be_a_step_is_refused(text: str, value: str) -> None:
    """Even where a server decodes too much."""
    with pytest.raises(MissingPlaceholder) as caught:
        parse_manual_url(text, []).fill(_of({"id": value}))

    assert ("id", "should not be or hold a step such as .. that could lead elsewhere") == (
        caught.value.name,
        str(caught.value),
    )


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("/a?b={id}", "/a?b=.."),
        ("/a/x{id}", "/a/x.."),
        ("/a{id}/b", "/a../b"),
        ("/a/{id}.json", "/a/...json"),
    ],
)
def test_dots_elsewhere_are_only_dots(text: str, filled: str) -> None:
    """In the query, and in a longer segment."""
    assert filled == parse_manual_url(text, []).fill(_of({"id": ".."}))


def test_a_filled_url_has_a_longest() -> None:
    """The longest value is told."""
    with pytest.raises(MissingPlaceholder) as caught:
        parse_manual_url("/{a}/{b}", []).fill(_of({"a": 1, "b": "x" * 8000}))

    assert ("b", "should be shorter: the address may have 8000 characters") == (
        caught.value.name,
        str(caught.value),
    )


VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.text(
    "./\\;%2eE?&#=+ ", max_size=8
)


@given(VALUES, VALUES, VALUES, VALUES)
def test_values_come_back_as_they_went_in(first: str, second: str, key: str, value: str) -> None:
    """Each in its own segment or parameter, and none anywhere else."""
    url = parse_manual_url("/shares/{a}/of-{b}?{c}={d}&e=1", [])
    try:
        filled = url.fill(_of({"a": first, "b": second, "c": key, "d": value}))
    except MissingPlaceholder:
        assume(False)

    parts = urlsplit(f"{API}{filled}")
    assert ("https", "api.calendly.com", "") == (parts.scheme, parts.netloc, parts.fragment)
    assert ["", "shares", first, f"of-{second}"] == [unquote(segment) for segment in parts.path.split("/")]
    assert [(key, value), ("e", "1")] == parse_qsl(parts.query, keep_blank_values=True)
    assert filled.isascii()
    assert filled.isprintable()


PIECES = [
    *"/{}?#.%\\@: ",
    "..",
    "%2e",
    "a",
    "{id}",
    "{a.b}",
    "https://",
    "api.calendly.com",
    "//",
    "evil.example",
    ";",
    "%2F",
]


@given(
    st.sampled_from(["", "/", f"{API}/", "/{id}/"]),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    VALUES,
)
def test_no_template_and_no_value_leave_the_api(start: str, rest: str, value: str) -> None:
    """Whatever is taken stays under its address: with the same number of segments, and none of them a step."""
    try:
        url = parse_manual_url(start + rest, [API])
        filled = url.fill(lambda _: value)
    except ValueError:  # MissingPlaceholder is one; what is refused goes nowhere
        return

    parts = urlsplit(f"{API}{filled}")
    segments = parts.path.split("/")
    assert ("https", "api.calendly.com") == (parts.scheme, parts.netloc)
    assert url.fill(lambda _: "x").partition("?")[0].count("/") == len(segments) - 1
    assert not {".", ".."} & {unquote(segment) for segment in segments}
    assert not filled.startswith("//")

"""Which headers people may add to a call or a callback, and in which two forms they write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

MOST_HEADERS = 30
LONGEST_NAME = 100  # characters
LONGEST_VALUE = 1000  # characters

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x21-\x7e\xa1-\xff](?:[\x20-\x7e\xa0-\xff]*[\x21-\x7e\xa1-\xff])?")


class HeaderFault(ValueError):
    """A header cannot be sent; the message says what would be right, `name` which one it is (or "")."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


def read_headers(value: object, *, callback: bool = False) -> dict[str, str]:
    """Give the headers of an object or of a text `header1:value1,header2:value2`; HeaderFault for what cannot be sent.

    A callback may carry `Authorization`, which a CRM's API needs; its signature's headers are the relay's.
    """
    headers: dict[str, str] = {}
    for name, content in _pairs(value):
        checked_name = _checked_name(name, callback=callback)
        if checked_name.lower() in {each.lower() for each in headers}:
            raise HeaderFault(name, "should be given once: a header has one name, in capitals or not")
        headers[checked_name] = _checked_value(name, content)
        if len(headers) > MOST_HEADERS:
            raise HeaderFault("", f"should hold at most {MOST_HEADERS} headers")
    return headers


def _pairs(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, str):
        for piece in value.split(",") if value.strip() else ():
            name, colon, content = piece.partition(":")
            if not colon:
                raise HeaderFault("", _NO_COLON)
            yield name.strip(" \t"), content.strip(" \t")
    else:
        raise HeaderFault(
            "", 'should be an object, such as {"X-Team": "rev-ops"}, or a text such as X-Team:rev-ops'
        )


_NO_COLON = 'should hold a colon in each piece between commas; where a value holds a comma, write {"header1": "value1"}'


def _checked_name(name: object, *, callback: bool) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise HeaderFault(
            str(name)[:LONGEST_NAME],
            f"should have a name of letters, digits and hyphens, at most {LONGEST_NAME} characters long",
        )
    why = _reserved(name, callback=callback)
    if why:
        raise HeaderFault(name, f"should be left out: {name} {why}")
    return name


def _checked_value(name: str, content: object) -> str:
    if not isinstance(content, str):
        raise HeaderFault(name, "should be a text")
    if len(content) > LONGEST_VALUE:
        raise HeaderFault(name, f"should be at most {LONGEST_VALUE} characters long")
    if not _VALUE.fullmatch(content):
        raise HeaderFault(name, "should hold visible characters of Latin-1, with spaces only between them")
    return content


_RELAYS = frozenset({"accept-encoding", "authorization", "host", "user-agent"})  # and content-*
_SIGNATURE = frozenset({"webhook-id", "webhook-timestamp", "webhook-signature"})
_HOP_BY_HOP = frozenset(
    {"connection", "expect", "http2-settings", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
_FORGED = frozenset(
    {
        "cf-connecting-ip",
        "client-ip",
        "cookie",
        "cookie2",
        "fastly-client-ip",
        "forwarded",
        "set-cookie",
        "true-client-ip",
        "wl-proxy-client-ip",
        "x-appengine-user-ip",
        "x-azure-clientip",
        "via",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-forward-for",
        "x-forwarded",
        "x-host",
        "x-http-host-override",
        "x-original-forwarded-for",
        "x-proxyuser-ip",
        "x-original-host",
        "x-originating-ip",
        "x-real-ip",
        "x-remote-addr",
        "x-remote-ip",
    }
)
_REROUTING = frozenset(
    {"x-http-method", "x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"}
)


def _reserved(name: str, *, callback: bool) -> str:
    """Say in words why a header is not for people to set; "" when it is."""
    name = name.lower().replace("_", "-")  # many servers read the two alike
    if name == "authorization" and callback:
        return ""
    if name in _RELAYS or name.startswith("content-") or (callback and name in _SIGNATURE):
        return "is the relay's to set"
    if name in _HOP_BY_HOP or name.startswith("proxy-"):
        return "is about one connection, and not about what is asked"
    if name in _FORGED or name.startswith("x-forwarded-"):
        return "would claim what the receiver has to find out by itself"
    if name in _REROUTING:
        return "would turn the call into another one; the settings name its method and address"
    return ""

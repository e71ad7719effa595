"""Addresses: of people, and of webhook receivers."""

from __future__ import annotations

import re
from typing import Any

from relay.catalogue.fields.base import WHITE_PATTERN, RecordField, trimmed

LONGEST_EMAIL = 254  # bytes, RFC 5321 with erratum 1690
LONGEST_LOCAL_PART = 64  # bytes, RFC 5321
LONGEST_URL = 2048  # characters; our own bound, Calendly names none

# Letters beyond ASCII are accepted on both sides: a person with such an address can be invited and has a right to be
# forgotten, and Calendly can still say no. Quoted local parts and numeric hosts are not. So the sets say what is not in
# them; naming the million characters beyond instead would cost every process 20 ms when it starts.
_NEVER = r"\x00-\x20\x7f-\xa0"  # control characters and blanks
_LETTER = rf"[^{_NEVER}!-@\[-`{{-~]"
_LETTER_OR_DIGIT = rf"[^{_NEVER}!-/:-@\[-`{{-~]"
_INNER = rf"[^{_NEVER}!-,./:-@\[-`{{-~]"  # a hyphen as well
_ATOM = rf'[^{_NEVER}"(),.:;<>@\[\\\]]+'
_LABEL = f"{_LETTER_OR_DIGIT}(?:{_INNER}{{0,61}}{_LETTER_OR_DIGIT})?"
_LAST_LABEL = f"{_LETTER}(?:{_INNER}{{0,61}}{_LETTER_OR_DIGIT})"
_EMAIL = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?:{_LABEL}\.)+{_LAST_LABEL}")

_URL = (
    r"https://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?:[/?](?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?"
)


class Email(RecordField[str]):
    """One email address, as it would be typed: no name, no brackets, no `mailto:`."""

    def __init__(self, *, required: bool = False) -> None:
        super().__init__("one email address, such as ada@example.com", required=required)

    def take(self, value: Any) -> str:
        """Accept an address with a full domain, without the white space around it, its case kept."""
        address = trimmed(value)
        # Printable excludes invisible characters, white space and lone surrogates, so that encoding cannot fail.
        if address is None or len(address) > LONGEST_EMAIL or not address.isprintable():
            raise self.wrong()
        parts = _EMAIL.fullmatch(address)
        if (
            not parts
            or len(parts["local"].encode()) > LONGEST_LOCAL_PART
            or len(address.encode()) > LONGEST_EMAIL
        ):
            raise self.wrong()
        return address

    def json_schema(self) -> dict[str, Any]:
        """Give a looser pattern: `format: email` would refuse letters beyond ASCII."""
        return {"type": "string", "pattern": rf"^{WHITE_PATTERN}[^\s@]+@[^\s@]+\.[^\s@]+{WHITE_PATTERN}$"}


class HttpsUrl(RecordField[str]):
    """The https URL of a receiver, as RFC 3986 writes it: other characters are percent-encoded.

    A user name or password in it is refused, since Calendly shows the URL in lists; so is a fragment, which is never sent.
    """

    def __init__(self, *, required: bool = False) -> None:
        super().__init__(
            "an https URL without user name or fragment, such as https://crm.example/hooks", required=required
        )

    def take(self, value: Any) -> str:
        """Accept the URL without the white space around it."""
        url = trimmed(value)
        if url is None or len(url) > LONGEST_URL:
            raise self.wrong()
        parts = re.fullmatch(_URL, url)
        if not parts or not 0 < int(parts["port"] or 443) < 65_536 or ".." in url.split("/")[2]:
            raise self.wrong()
        return url

    def json_schema(self) -> dict[str, Any]:
        """Give the pattern, without the bounds of the port."""
        pattern = _URL.replace("?P<port>", "?:")
        return {"type": "string", "pattern": f"^{WHITE_PATTERN}{pattern}{WHITE_PATTERN}$"}

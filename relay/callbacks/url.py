"""Whether a callback URL can be one at all, said when a destination is saved.

Where a name leads is checked again for every connection: names may change what they point at.
"""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from ssrfguard import BlockedAddressError, BlockedURLError, Policy

from relay.outgoing import callback_policy

LONGEST_URL = 2000  # characters
LOCAL_NAMES = (".localhost", ".local", ".internal", ".localdomain")


def check_callback_url(text: str, *, allow_private: bool) -> str:
    """Give the URL back when callbacks may go there; ValueError with a sentence that says what would be right."""
    if len(text) > LONGEST_URL:
        raise ValueError(f"should be at most {LONGEST_URL} characters long")
    _check_characters(text)
    parts = _split(text)
    _check_parts(parts, allow_private=allow_private)
    _check_port(parts)
    if not allow_private:
        _check_name(parts.hostname or "")
    _check_policy(text, callback_policy(allow_private=allow_private), allow_private=allow_private)
    return text


def _check_characters(text: str) -> None:
    if any(ord(character) <= 0x20 or ord(character) == 0x7F for character in text):
        raise ValueError("should hold no blanks, line ends or control characters")
    if "\\" in text:
        raise ValueError("should hold no backslash")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise ValueError("should hold no halves of characters")


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # read here, since it raises for a bad one
    except ValueError:
        raise ValueError("should be a URL, such as https://crm.example/hooks/calendly") from None
    return parts


def _check_parts(parts: SplitResult, *, allow_private: bool) -> None:
    if parts.scheme not in ({"https", "http"} if allow_private else {"https"}):
        raise ValueError("should start with https://" + (" or http://" if allow_private else ""))
    if not parts.hostname:
        raise ValueError("should name a host, such as https://crm.example/hooks/calendly")
    if "@" in parts.netloc:
        raise ValueError("should hold no user name or password before the host")
    if parts.fragment:
        raise ValueError("should hold no # part: it would never be sent")


def _check_port(parts: SplitResult) -> None:
    if parts.port is not None and parts.port not in {80, 443} and parts.port < 1024:
        raise ValueError("should use port 80, 443, or one from 1024 up")


def _check_name(host: str) -> None:
    if f".{host}".rstrip(".").lower().endswith(LOCAL_NAMES):
        raise ValueError("should name a public host: callbacks to private ones are not allowed here")


def _check_policy(text: str, policy: Policy, *, allow_private: bool) -> None:
    """Ask the guard, which knows every spelling of an address and every range that is not public."""
    try:
        policy.check_url(text)
    except BlockedURLError as exc:
        # The guard's own text would repeat the URL, which may hold a secret.
        raise ValueError(_what_is_right(exc, allow_private=allow_private)) from None


def _what_is_right(refusal: BlockedURLError, *, allow_private: bool) -> str:
    if not isinstance(refusal.__cause__, BlockedAddressError):
        return "should name a host by its plain name or address"
    if allow_private:
        return "should lead to an address that may be called: this one never may"
    return "should lead to a public address: callbacks to private ones are not allowed here"

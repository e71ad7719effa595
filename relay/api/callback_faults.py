"""Whether callbacks can go where a destination sends them, in the form that it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from relay.callbacks import check_callback_url, check_secret
from relay.errors import FieldError
from relay.model.pointers import escaped
from relay.shaping.expressions import BadExpression, compiled
from relay.shaping.header_rules import HeaderFault, read_headers
from relay.web.masks import Kept, is_mask
from relay.web.services import Services


def callback_faults(services: Services, callback: Mapping[str, Any]) -> Iterator[FieldError]:
    """Find what is wrong with a callback's settings, whose form is right."""
    allow_private = services.settings.allow_private_callbacks
    fault = _url_fault(callback["url"], allow_private=allow_private)
    if fault:
        # Where the setting alone stands in the way, whoever runs the relay should learn its name.
        opened = not allow_private and not _url_fault(callback["url"], allow_private=True)
        hint = "; RELAY_ALLOW_PRIVATE_CALLBACKS would allow this one" if opened else ""
        yield FieldError("#/callback/url", fault + hint)
    for name in ("secret", "previous_secret"):
        if isinstance(callback.get(name), str):
            try:
                check_secret(callback[name])
            except ValueError as exc:
                yield FieldError(f"#/callback/{name}", str(exc))
    yield from _header_faults(callback["headers"])
    if callback["body"]:
        try:
            compiled(callback["body"])
        except BadExpression as exc:
            yield FieldError("#/callback/body", str(exc))


def readable_headers(headers: object) -> object:
    """Give the headers of a callback with a stand-in for those that are kept, so that their names can be checked."""
    if not isinstance(headers, Mapping):
        return headers
    return {name: "kept" if isinstance(value, Kept) else value for name, value in headers.items()}


def _header_faults(headers: object) -> Iterator[FieldError]:
    readable = readable_headers(headers)
    if isinstance(readable, dict):
        for name in [name for name, value in readable.items() if is_mask(value)]:
            yield FieldError(f"#/callback/headers/{escaped(name)}", "is the mask of a secret, not a secret")
            readable[name] = "masked"  # one fault is enough
    try:
        read_headers(readable, callback=True)
    except HeaderFault as exc:
        below = f"/{escaped(exc.name)}" if exc.name else ""
        yield FieldError(f"#/callback/headers{below}", str(exc))


def _url_fault(url: str, *, allow_private: bool) -> str:
    try:
        check_callback_url(url, allow_private=allow_private)
    except ValueError as exc:
        return str(exc)
    return ""

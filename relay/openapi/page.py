"""The page of the API, made from its document. It asks for nothing else: no script, no font, no picture."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask import render_template
from markupsafe import Markup, escape

from relay.errors import RelayError
from relay.openapi.shown import operations_of, tables_of

_CODE = re.compile(r"`([^`]+)`")
_FAILURES = frozenset({500, 502})


@dataclass(frozen=True, slots=True)
class Page:
    """A page as HTML, and the policy by which a browser applies its own style and loads nothing."""

    text: str
    policy: str


def page_of(document: Mapping[str, Any]) -> Page:
    """Make the page."""
    style = render_template("api.css")
    text = render_template(
        "api.html",
        document=document,
        style=Markup(style),  # noqa: S704 - a file of ours
        prose=prose,
        operations=operations_of(document),
        tags=[tag["name"] for tag in document["tags"]],
        schemas=tables_of(document),
        problems=problems(),
        keys=document["components"]["securitySchemes"],
    )
    digest = b64encode(sha256(style.encode()).digest()).decode()
    only_style = f"default-src 'none'; style-src 'sha256-{digest}'"
    return Page(text, f"{only_style}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")


def prose(text: str) -> Markup:
    """Give words of ours as HTML: paragraphs, and code between backticks. All else is escaped."""
    paragraphs = [_CODE.sub(r"<code>\1</code>", str(escape(each))) for each in text.split("\n\n")]
    if len(paragraphs) == 1:
        return Markup(paragraphs[0])  # noqa: S704 - escaped above
    return Markup("".join(f"<p>{each}</p>" for each in paragraphs))  # noqa: S704 - escaped above


def problems() -> list[tuple[int, str, str]]:
    """Give the problems that requests meet: the status, code and sentence of each. What is our own failure is one."""
    ours = {each for each in _below(RelayError) if each.__module__ == RelayError.__module__}
    met = [each for each in ours if each.status not in _FAILURES]
    told = [(each.status, each.code, (each.__doc__ or "").strip()) for each in met]
    return sorted([*told, (500, "internal_error", "The relay failed over this request. Its log says where.")])


def _below(kind: type[RelayError]) -> Iterator[type[RelayError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)

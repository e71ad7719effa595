"""What the documents of credentials and destinations look like: what a name means that is left out, and where secrets stand.

The defaults are the relay's; a test compares them with what it answers.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from relay.cli.placeholders import Filled

Kind = Literal["credential", "destination"]
Document = dict[str, Any]
Path = tuple[str, ...]

KINDS: tuple[Kind, ...] = get_args(Kind)  # in the order in which one needs the other
COLLECTION = {kind: f"/{kind}s" for kind in KINDS}
MASK = "••••"

USUAL: dict[Kind, Document] = {
    "credential": {"organization": None, "rate": {"limit": 500, "window": 60}},
    "destination": {
        "name": "",
        "inbound": {"auth": {"parameter": "token"}, "records": None, "when": None},
        "mapping": {},
        "constants": {},
        "exclude": [],
        "headers": {},
        "manual": {"format": "json"},
        "batch": {"size": 100, "window": 5, "grouping": "arrival", "attribute": None, "wrap": None},
        "partial": False,
        "dedupe": None,
        "callback": {"headers": {}, "body": None, "on": "settled"},
        "delivery": {
            "concurrency": 4,
            "strict_order": False,
            "max_attempts": 12,
            "max_age": 86400,
            "on_unknown": "default",
            "gone_is_done": False,
            "max_waiting": None,
        },
        "allow": {},
        "when_inactive": "hold",
        "retention": {"days": None, "keep_payload": True},
    },
}
READ_ONLY = {
    "credential": {
        *("user", "connected", "scopes", "expires_at", "trouble", "destinations", "created_at", "updated_at"),
    },
    "destination": {"paused_because", "counts", "created_at", "updated_at", "activated_at"},
}
_READ_ONLY_BELOW = {"inbound": {"url"}, "callback": {"previous_until", "stopped_because"}}
# Objects that mean something by being there, even with nothing but defaults in them.
_MAY_BE_ABSENT = {"manual", "batch", "callback"}
_SECRETS: dict[Kind, tuple[Path, ...]] = {
    "credential": (("token",),),
    "destination": (
        ("inbound", "auth", "key"),
        ("inbound", "auth", "password"),
        ("callback", "secret"),
        ("callback", "previous_secret"),
    ),
}
_SECRET_NAMES: dict[Kind, tuple[Path, ...]] = {"credential": (), "destination": (("callback", "headers"),)}
_HEADERS: dict[Kind, tuple[Path, ...]] = {
    "credential": (),
    "destination": (("headers",), ("callback", "headers")),
}


def spelled_out(kind: Kind, document: Document) -> Document:
    """Give a document as the relay shows it: headers as an object, though they may be written as a text."""
    document = copy.deepcopy(document)
    for path in _HEADERS[kind]:
        text = at(document, path)
        if isinstance(text, str):
            put(document, path, _headers(text))
    if isinstance(allow := document.get("allow"), dict):
        document["allow"] = {name: _once_each(values) for name, values in allow.items() if values}
    return document


def _once_each(values: Any) -> Any:
    return (
        [each for place, each in enumerate(values) if each not in values[:place]]
        if isinstance(values, list)
        else values
    )


def _headers(text: str) -> Document | str:
    pairs = [piece.partition(":") for piece in text.split(",") if piece.strip()]
    if not all(colon for _, colon, _ in pairs):
        return text  # the relay says what is wrong with it
    # Which of the values came from the environment can no longer be told apart, so none of them is shown.
    hide = isinstance(text, Filled)
    values = {name.strip(" \t"): value.strip(" \t") for name, _, value in pairs}
    return {name: Filled(value, MASK) if hide else value for name, value in values.items()}


def bare(kind: Kind, document: Mapping[str, Any]) -> Document:
    """Give a document without what only answers carry and without what is the default anyway."""
    changeable = {name: value for name, value in document.items() if name not in READ_ONLY[kind]}
    for part, shown in _READ_ONLY_BELOW.items():
        if isinstance(below := changeable.get(part), dict):
            changeable[part] = {name: value for name, value in below.items() if name not in shown}
    return _bare(changeable, USUAL[kind])


def _bare(document: Mapping[str, Any], usual: Mapping[str, Any]) -> Document:
    left: Document = {}
    for name, value in document.items():
        standard = usual.get(name)
        if value is None or (name in usual and name not in _MAY_BE_ABSENT and same(value, standard)):
            continue
        kept = value
        if isinstance(value, dict) and isinstance(standard, dict):
            kept = _bare(value, standard)
            if not kept and name not in _MAY_BE_ABSENT:
                continue
        left[name] = kept
    return left


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same JSON; true is not 1 there."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def usual_at(kind: Kind, path: Path) -> Any:
    """Give the default of a setting, or None where it has none."""
    value = at(USUAL[kind], path)
    return None if path[-1] in _MAY_BE_ABSENT else value


def at(document: Any, path: Path) -> Any:
    """Give what stands at a path, or None."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def put(document: Document, path: Path, value: Any) -> None:
    """Put a value at a path whose objects are there."""
    for name in path[:-1]:
        document = document[name]
    document[path[-1]] = value


def secrets_of(kind: Kind, document: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Give the place of each secret in a document, and what stands there."""
    for path in _SECRETS[kind]:
        if (found := at(document, path)) is not None:
            yield path, found
    for path in _SECRET_NAMES[kind]:
        named = at(document, path)
        for name, value in named.items() if isinstance(named, dict) else ():
            yield (*path, name), value


def is_secret(kind: Kind, path: Path) -> bool:
    """Tell whether a secret stands at a path."""
    return path in _SECRETS[kind] or path[:-1] in _SECRET_NAMES[kind]


def is_mask(value: Any) -> bool:
    """Tell whether a value is what the relay shows in place of a secret."""
    return isinstance(value, str) and value.startswith(MASK)

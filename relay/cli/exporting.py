"""From what the relay has to the file that `apply` makes it from. Pure."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any

from relay.cli.placeholders import escape, placeholder, variable
from relay.cli.plan import Standing
from relay.cli.shapes import KINDS, USUAL, Document, Kind, Path, bare, put, secrets_of
from relay.cli.yaml_text import write_yaml

_FIRST = ("id", "name", "kind", "template", "credential", "inbound")
_LAST = ("state", "acknowledge")
_FOUND = frozenset({"organization"})  # the relay asks Calendly for it
_HEAD = (
    "# Made by `python -m relay export`. Secrets are never shown; `apply` takes them from these variables:\n"
)


def write_export(standing: Standing, identifiers: Collection[str] = ()) -> str:
    """Give the file. With identifiers, only those credentials and destinations."""
    variables: list[str] = []
    sections: Document = {}
    for kind in KINDS:
        documents = standing.documents[kind]
        chosen = [documents[each] for each in sorted(documents) if not identifiers or each in identifiers]
        if chosen:
            sections[f"{kind}s"] = [_exported(kind, each, standing, variables) for each in chosen]
    head = _HEAD + "".join(f"#   {name}\n" for name in variables) if variables else ""
    return head + write_yaml(sections)


def _exported(kind: Kind, document: Document, standing: Standing, variables: list[str]) -> Document:
    left: Document = _escaped(bare(kind, copy.deepcopy(document)))
    for path, _ in list(secrets_of(kind, left)):
        words = _words(path)
        put(left, path, placeholder(document["id"], *words))
        variables.append(variable(document["id"], *words))
    if left.get("state") == "active" and document.get("template") in standing.irreversible:
        left["acknowledge"] = "irreversible"
    return _in_order(kind, left)


def _words(path: Path) -> Path:
    """Give what a secret is called after its id: INBOUND_KEY, CALLBACK_SECRET, TOKEN."""
    return tuple("header" if step == "headers" else step for step in path if step != "auth")


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, list):
        return [_escaped(each) for each in value]
    if isinstance(value, dict):
        return {name: _escaped(each) for name, each in value.items()}
    return value


def _in_order(kind: Kind, document: Mapping[str, Any]) -> Document:
    known = [name for name in USUAL[kind] if name not in _FIRST]
    rest = sorted(set(document) - {*_FIRST, *known, *_LAST})
    names = [name for name in (*_FIRST, *known, *rest, *_LAST) if name in document and name not in _FOUND]
    return {name: document[name] for name in names}

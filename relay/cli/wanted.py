"""Reading files that say which credentials and destinations there should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from relay.cli.endings import Trouble
from relay.cli.placeholders import Filling
from relay.cli.shapes import KINDS, Document, Kind, is_mask, secrets_of, spelled_out
from relay.cli.yaml_text import read_yaml

STATES = ("draft", "active", "paused")
_SECTIONS: dict[str, Kind] = {f"{kind}s": kind for kind in KINDS}


@dataclass(slots=True)
class Wanted:
    """What the files say, by kind and id. A kind that no file speaks of is not there."""

    documents: dict[Kind, dict[str, Document]] = field(default_factory=dict)

    def each(self) -> Iterator[tuple[Kind, str, Document]]:
        """Give every document, credentials first."""
        for kind in KINDS:
            for identifier, document in self.documents.get(kind, {}).items():
                yield kind, identifier, document


def read_files(names: Sequence[str], environ: Mapping[str, str]) -> Wanted:
    """Read files, `-` for stdin. Raises Trouble: with a line for each fault, and with all variables that are missing."""
    filling = Filling(environ)
    wanted, faults = Wanted(), list[str]()
    for name in names:
        where = "stdin" if name == "-" else name
        content = filling.fill(read_yaml(_text(name), where))
        faults += [f"{where}: {fault}" for fault in _add(wanted, content)]
    if filling.malformed:
        faults += [
            f"“{text}” should hold ${{NAME}}, or $${{ where ${{ is meant" for text in filling.malformed
        ]
    if filling.missing:
        faults.append(f"These variables are not set in the environment: {', '.join(filling.missing)}.")
    if faults:
        raise Trouble("\n".join([*faults, "Nothing was sent."]))
    return wanted


def _text(name: str) -> str:
    try:
        with click.open_file(name, encoding="utf-8-sig") as file:
            return str(file.read())
    except OSError as exc:
        raise Trouble(f"{name} cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise Trouble(f"{name} is not UTF-8.") from exc


def _add(wanted: Wanted, content: Any) -> Iterator[str]:
    if not isinstance(content, dict):
        yield "should be an object with credentials: and destinations:, each a list"
        return
    for section, documents in content.items():
        kind = _SECTIONS.get(section)
        if kind is None:
            yield f"“{section}” is not known here; known are: {', '.join(_SECTIONS)}"
        elif not isinstance(documents, list | None):
            yield f"{section} should be a list"
        else:
            known = wanted.documents.setdefault(kind, {})
            for number, document in enumerate(documents or [], start=1):
                yield from _add_document(known, kind, document, f"{section}, item {number}")


def _add_document(known: dict[str, Document], kind: Kind, document: Any, place: str) -> Iterator[str]:
    if not isinstance(document, dict) or not isinstance(document.get("id"), str):
        yield f"{place}: should be an object with an id"
        return
    identifier = document["id"]
    name = f"{kind} {identifier}"
    if identifier in known:
        yield f"{name}: is here twice"
    known[identifier] = document = spelled_out(kind, document)
    if document.get("state") not in {*STATES, None}:
        yield f"{name}: state should be one of: {', '.join(STATES)}"
    if document.get("acknowledge") not in {"irreversible", None}:
        yield f"{name}: acknowledge should be irreversible, or left out"
    for path, value in secrets_of(kind, document):
        if is_mask(value):
            yield f"{name}: {'.'.join(path)} holds the mask of a secret, not a secret; write ${{NAME}} and set NAME"

"""What to do so that the relay has what the files say: worked out before anything is sent. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from relay.cli.comparing_secrets import settle_secrets
from relay.cli.differences import changed_lines, new_lines, patch
from relay.cli.shapes import COLLECTION, KINDS, Document, Kind, Path, at, bare
from relay.cli.wanted import Wanted

_NOT_SETTINGS = frozenset({"state", "acknowledge"})
_FIXED: dict[Kind, tuple[Path, ...]] = {
    "credential": (("kind",),),
    "destination": (("template",), ("manual", "method")),
}
_WAYS = {"active": "activate", "paused": "pause"}
# What a deletion loses. While one is being sent, the relay deletes nothing.
WAITING = ("collecting", "queued", "retrying", "uncertain")


@dataclass(frozen=True, slots=True)
class Request:
    """One call to the management API. The body may hold secrets."""

    method: str
    path: str
    body: Document | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """All that happens to one credential or destination. `waiting` is how many deliveries wait in it."""

    sign: Literal["+", "~", "-"]
    kind: Kind
    identifier: str
    lines: tuple[str, ...] = ()
    requests: tuple[Request, ...] = ()
    waiting: int = 0


@dataclass(slots=True)
class Plan:
    """The steps, in their order; what makes them impossible; and secrets that nobody can compare."""

    steps: list[Step] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    incomparable: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the relay has, by kind and id, and which of its templates cannot be undone."""

    documents: Mapping[Kind, Mapping[str, Document]]
    irreversible: frozenset[str] = frozenset()


def make_plan(standing: Standing, wanted: Wanted, *, rotate: bool = False, prune: bool = False) -> Plan:
    """Work out the steps. Kinds that the files do not speak of are left alone, by `prune` too."""
    plan = Plan()
    for kind, identifier, document in wanted.each():
        stands = standing.documents[kind].get(identifier)
        plan.faults += _faults(standing, kind, stands, document)
        if stands is None:
            plan.steps.append(_creation(kind, document))
        else:
            step, unknown = _change(kind, stands, document, rotate=rotate)
            plan.incomparable += [f"{kind} {identifier}: {'.'.join(path)}" for path in unknown]
            plan.steps += [step] if step.requests else []
    if prune:
        plan.steps += _deletions(standing, wanted)
    return plan


def _faults(standing: Standing, kind: Kind, stands: Document | None, document: Document) -> Iterator[str]:
    name = f"{kind} {document['id']}"
    for path in _FIXED[kind] if stands else ():
        old, new = at(stands, path), at(document, path)
        if old is not None and old != new:
            yield f"{name}: {'.'.join(path)} cannot be changed from {old} to {new}; give it another id"
    if kind == "credential":
        return
    before, after = (stands or {}).get("state", "draft"), document.get("state")
    if after == "draft" != before:
        yield f"{name}: is {before} and cannot become a draft again; say paused, or leave state out"
    irreversible = document.get("template") in standing.irreversible
    if after == "active" != before and irreversible and "acknowledge" not in document:
        yield (
            f"{name}: what {document['template']} does at Calendly cannot be undone; "
            "add “acknowledge: irreversible” to activate it"
        )


def _creation(kind: Kind, document: Document) -> Step:
    settings = _settings(document)
    state = document.get("state")
    shown = {name: value for name, value in bare(kind, settings).items() if name != "id"}
    lines = [*new_lines(kind, shown), *([f"state: {state}"] if state in _WAYS else [])]
    requests = [Request("POST", COLLECTION[kind], settings), *_state_requests("draft", document)]
    return Step("+", kind, document["id"], tuple(lines), tuple(requests))


def _change(
    kind: Kind, stands: Document, document: Document, *, rotate: bool
) -> tuple[Step, tuple[Path, ...]]:
    settings = copy.deepcopy(_settings(document))
    other_auth = _auth_kind(stands) != _auth_kind(settings)
    if other_auth:  # the old rule's secret is no secret of the new one
        stands = {**stands, "inbound": {**stands["inbound"], "auth": {"kind": _auth_kind(stands)}}}
    unknown = tuple(settle_secrets(kind, stands, settings, rotate=rotate))
    if kind == "credential":
        settings.setdefault("organization", stands.get("organization"))  # left out, it is found
    before, after = bare(kind, _settings(stands)), bare(kind, settings)
    changes = patch(before, after)
    if other_auth:
        changes["inbound"] = after.get(
            "inbound"
        )  # with another rule the relay merges nothing of the old part
    lines = list(changed_lines(kind, before, after))
    states = list(_state_requests(stands.get("state", "draft"), document))
    if states:
        lines.append(_state_line(stands, document))
    path = f"{COLLECTION[kind]}/{document['id']}"
    patches = [Request("PATCH", path, changes)] if changes else []
    # Paused before it is changed, changed before it is activated: records meet the settings that are meant for them.
    ordered = states + patches if document.get("state") == "paused" else patches + states
    return Step("~", kind, document["id"], tuple(lines), tuple(ordered)), unknown


def _auth_kind(document: Mapping[str, Any]) -> Any:
    return at(document, ("inbound", "auth", "kind"))


def _settings(document: Mapping[str, Any]) -> Document:
    return {name: value for name, value in document.items() if name not in _NOT_SETTINGS}


def _state_requests(before: str, document: Document) -> Iterator[Request]:
    after = document.get("state")
    if after in _WAYS and after != before:
        known = {name: document[name] for name in ("acknowledge",) if name in document and after == "active"}
        yield Request("POST", f"/destinations/{document['id']}/{_WAYS[after]}", known or None)


def _state_line(stands: Document, document: Document) -> str:
    because = f" ({stands['paused_because']})" if stands.get("paused_because") else ""
    held = waiting_in(stands)
    released = (
        f"; deliveries that wait and may go out: {held}" if held and document["state"] == "active" else ""
    )
    return f"state: {stands['state']}{because} → {document['state']}{released}"


def _deletions(standing: Standing, wanted: Wanted) -> Iterator[Step]:
    for kind in reversed(KINDS):
        for identifier, stands in standing.documents[kind].items():
            if kind in wanted.documents and identifier not in wanted.documents[kind]:
                yield Step("-", kind, identifier, waiting=waiting_in(stands))


def waiting_in(stands: Document) -> int:
    """Give how many deliveries of a destination wait, as its counts tell."""
    counts = stands.get("counts") or {}
    return sum(counts.get(state, 0) for state in WAITING)

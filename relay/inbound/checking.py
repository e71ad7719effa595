"""From records to what is stored of them: all of them are right, or the destination takes the good ones alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from relay.catalogue.template import Template
from relay.errors import FieldError, Invalid
from relay.model.delivery import NewRecord
from relay.model.masks import hidden, masked
from relay.shaping.shape import Shaped, Shapes
from relay.store.vault import Vault

MOST_FAULTS = 1000  # kept of one request, whose records may be thousands with dozens of faults each


def refuse_wrong(shapes: Shapes, records: int, *, partial: bool) -> None:
    """Raise Invalid, which counts the wrong records and names their faults, unless good ones are taken without them."""
    if not shapes.wrong or (partial and shapes.right):
        return
    faults = [fault for each in shapes.wrong.values() for fault in each]
    detail = f"{_how_many(len(shapes.wrong), records)} wrong; nothing was accepted."
    raise Invalid(detail, errors=tuple(faults[:MOST_FAULTS]))


def rejected(wrong: dict[int, tuple[FieldError, ...]]) -> list[dict[str, Any]]:
    """Give the wrong records as an answer lists them, MOST_FAULTS of their faults at most."""
    room = MOST_FAULTS
    listed = []
    for index, faults in wrong.items():
        errors = [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults[:room]]
        room -= len(errors)
        listed.append({"index": index, "errors": errors})
    return listed


def new_records(
    template: Template, shaped: list[Shaped], new_id: Callable[[], str], vault: Vault
) -> list[NewRecord]:
    """Give what is stored of each record, its secrets sealed."""
    return [
        NewRecord(
            id=new_id(),
            # The record is for people and for the callback: a secret in it is theirs already, and no longer to be seen.
            record=_shown(template, each),
            fields=vault.seal_some(each.fields, template.secret_fields),
            group=each.group,
            weight=each.weight,
            dedupe=each.dedupe,
            digest=each.digest,
        )
        for each in shaped
    ]


def _shown(template: Template, shaped: Shaped) -> dict[str, Any]:
    """Give the record as people may see it; a secret may have been mapped from an attribute of any name."""
    secrets = {shaped.fields[name] for name in template.secret_fields if name in shaped.fields}
    shown = masked(shaped.record, template.secret_fields)
    return dict(hidden(shown, secrets)) if secrets else shown


def _how_many(wrong: int, records: int) -> str:
    if records == 1:
        return "The record is"
    return f"{wrong} of {records} records {'is' if wrong == 1 else 'are'}"

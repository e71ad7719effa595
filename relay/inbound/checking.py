"""From records to deliveries: all of them are right, or none is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from relay.catalogue.template import InvalidRecord, Template
from relay.errors import FieldError, Invalid
from relay.model.delivery import NewDelivery
from relay.model.masks import masked
from relay.store.vault import Vault

MOST_FAULTS = 1000  # kept of one request, whose records may be thousands with dozens of faults each


def make_deliveries(
    template: Template,
    allow: Mapping[str, tuple[str, ...]],
    records: Sequence[dict[str, Any]],
    new_id: Callable[[], str],
    vault: Vault,
) -> list[NewDelivery]:
    """Give one delivery a record, in order, its secrets sealed.

    Raises Invalid, which counts the wrong records and names their faults, the first MOST_FAULTS of them.
    """
    checked: list[dict[str, Any]] = []
    faults: list[FieldError] = []
    wrong = 0
    for index, record in enumerate(records):
        try:
            checked.append(template.read(record, allow))
        except InvalidRecord as exc:
            wrong += 1
            room = MOST_FAULTS - len(faults)
            faults += [replace(fault, index=index) for fault in exc.errors[:room]]
    if wrong:
        raise Invalid(f"{_how_many(wrong, len(records))} wrong; nothing was accepted.", errors=tuple(faults))
    return [
        NewDelivery(
            id=new_id(),
            # The record is for people and for the callback: a secret in it is theirs already, and no longer to be seen.
            records=[masked(record, template.secret_fields)],
            fields=vault.seal_some(fields, template.secret_fields),
        )
        for record, fields in zip(records, checked, strict=True)
    ]


def _how_many(wrong: int, records: int) -> str:
    if records == 1:
        return "The record is"
    return f"{wrong} of {records} records {'is' if wrong == 1 else 'are'}"

"""What a delivery's hash holds of its records and fields: of one record, or of each that shares the delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relay.store.texts import from_json


def is_batch(item: Mapping[str, str]) -> bool:
    """Tell whether the delivery is made to hold several records, even if it holds one."""
    return "batch_count" in item


def has_records(item: Mapping[str, str]) -> bool:
    """Tell whether the records were read as well: lists are made from outlines."""
    return "batch:1" in item or "records" in item


def records_of(item: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give the delivery's records, in order of acceptance."""
    if is_batch(item):
        return [record for record, _ in entries_of(item)]
    return from_json(item.get("records")) or []


def fields_of(item: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give the template's fields for each of the delivery's records."""
    if is_batch(item):
        return [fields for _, fields in entries_of(item)]
    return [from_json(item.get("fields")) or {}]


def entries_of(item: Mapping[str, str]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Give each record of a batch with its fields."""
    return [tuple(from_json(text)) for text in _texts(item)]


def halves_of(item: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Give a batch's entries in two halves, as the texts that are stored: numbers stay as they were written."""
    texts = _texts(item)
    middle = (len(texts) + 1) // 2
    return texts[:middle], texts[middle:]


def _texts(item: Mapping[str, str]) -> list[str]:
    return [item[f"batch:{number}"] for number in range(1, int(item["batch_count"]) + 1)]

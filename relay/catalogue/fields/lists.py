"""A list of values, without repeats."""

from __future__ import annotations

import copy
from typing import Any, Literal

from marshmallow import Schema, ValidationError, fields

from relay.catalogue.fields.base import RecordField

MOST_FAULTS = 100  # named of one list: more help nobody, and each costs as much as a whole value


class ListOf(RecordField[list[str]]):
    """At least one value, at most `most`. A repeat is either dropped or refused.

    Values that differ in anything differ, be it in the case of one letter: nobody knows how Calendly compares addresses,
    and one that is dropped as a repeat could be a person who is not forgotten.
    """

    def __init__(
        self,
        item: RecordField[str],
        what: str,
        *,
        repeats: Literal["dropped", "refused"],
        most: int,
        required: bool = False,
    ) -> None:
        super().__init__(what, required=required)
        self.item = item
        self.repeats = repeats
        self.most = most

    @property
    def is_open(self) -> bool:
        """Tell whether the items can be values beyond those that the template knows."""
        return self.item.is_open

    def take(self, value: Any) -> list[str]:
        """Check each item, and name those that are wrong by their place, at most MOST_FAULTS of them."""
        if not isinstance(value, list) or not value:
            raise self.wrong()
        if len(value) > self.most:
            raise ValidationError(f"should hold at most {self.most} values, not {len(value)}")
        taken: dict[str, None] = {}  # in order, and quick to look into
        faults: dict[int, list[str]] = {}
        for place, each in enumerate(value):
            try:
                self._add(each, taken)
            except ValidationError as exc:
                faults[place] = list(exc.messages)
                if len(faults) == MOST_FAULTS:
                    break
        if faults:
            raise ValidationError(faults)
        return list(taken)

    def _add(self, value: Any, taken: dict[str, None]) -> None:
        item: str = self.item.deserialize(value)
        if item in taken and self.repeats == "refused":
            raise ValidationError("should not repeat an earlier one")
        taken[item] = None

    def json_schema(self) -> dict[str, Any]:
        """Say how many and of what kind."""
        bounds: dict[str, Any] = {"minItems": 1, "maxItems": self.most}
        if self.repeats == "refused":
            bounds["uniqueItems"] = True
        return {"type": "array", "items": self.item.json_schema(), **bounds}

    def _bind_to_schema(self, field_name: str, parent: Schema | fields.Field[Any]) -> None:
        """Let the items know their schema as well, as marshmallow's own list does: `allow` is found there."""
        super()._bind_to_schema(field_name, parent)
        self.item = copy.deepcopy(self.item)
        self.item._bind_to_schema(field_name, self)  # noqa: SLF001 # marshmallow's hook for fields within fields

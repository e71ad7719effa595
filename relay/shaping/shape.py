"""From records to what will be sent: which of them count, their fields, their batch, and the key of their repeats.

Pure: acceptance and preview both stand on it, so that what a preview shows is what is sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from relay.catalogue.template import InvalidRecord
from relay.errors import FieldError, TooLarge
from relay.model.destination import Destination
from relay.model.pointers import escaped
from relay.shaping.expression_budget import Budget
from relay.shaping.expressions import ExpressionFailed, compiled, truth
from relay.shaping.paths import parse_path, without
from relay.shaping.templates import template_of

MOST_STEPS = (
    1_000_000  # of all expressions over one record: about a second of one processor at the very worst
)
MOST_STEPS_IN_ALL = 5_000_000  # over all records of a request
LONGEST_KEY = 1000  # characters of what a dedupe expression gives


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """A record that counts and is right. Its repeats are known by `dedupe`; `digest` tells what it sends, and under which settings.

    `group` is empty for a delivery of its own; records of one group may share one.
    """

    index: int
    record: dict[str, Any]
    fields: dict[str, Any]
    group: str = ""
    weight: int = 1
    dedupe: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Shapes:
    """What became of a request's records; places are those in the request."""

    right: list[Shaped] = field(default_factory=list)
    wrong: dict[int, tuple[FieldError, ...]] = field(default_factory=dict)
    skipped: list[int] = field(default_factory=list)


def shape(destination: Destination, records: Sequence[Any]) -> Shapes:
    """Read each record as the destination's settings say; what is no JSON object is wrong.

    Raises TooLarge where the records together take more work than the relay does for one request.
    """
    shaper = _Shaper(destination)
    shapes = Shapes()
    for index, record in enumerate(records):
        try:
            shaped = shaper.shaped(index, record)
        except InvalidRecord as exc:
            shapes.wrong[index] = tuple(replace(shaper.told_where(each), index=index) for each in exc.errors)
            continue
        if shaped:
            shapes.right.append(shaped)
        else:
            shapes.skipped.append(index)
    return shapes


class _Shaper:
    """What the records of one request are read with: looked up once, with a budget for the expressions over each."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._settings = destination.shape
        self._template = template_of(destination)
        self._names = tuple(self._template.fields())
        self._excluded = tuple(map(parse_path, self._settings.exclude))
        self._budget = Budget(MOST_STEPS)
        self._left = MOST_STEPS_IN_ALL
        self._under = _settings_digest(destination) if self._settings.dedupe else ""

    def shaped(self, index: int, record: Any) -> Shaped | None:
        """Read one record; None where it does not count. Raises InvalidRecord and TooLarge."""
        if not isinstance(record, dict):
            raise InvalidRecord((FieldError("#", "should be a JSON object"),))
        self._left -= self._budget.spent
        if self._left < 0:
            raise TooLarge(
                "The expressions of this destination take too much work for so many records: send fewer at a time."
            )
        self._budget = Budget(MOST_STEPS)  # one record that is dear makes no other one wrong
        when = self._settings.when
        if when and not truth(self._evaluated(when, record, "inbound.when")):
            return None
        fields = self._fields(record)
        dedupe = self._dedupe_key(record)
        return Shaped(
            index=index,
            record=record,
            fields=fields,
            group=self._group(record, fields),
            weight=self._template.weight(fields),
            dedupe=dedupe,
            digest=f"{self._under}.{digest_of(fields)}" if dedupe else "",
        )

    def told_where(self, fault: FieldError) -> FieldError:
        """Say where a wrong value came from, if not from the record's attribute of that name."""
        name = fault.pointer.removeprefix("#/").partition("/")[0]
        sources = (text for known, text in self._settings.mapping.items() if escaped(known) == name)
        source = next(sources, None)
        return replace(fault, detail=f"{fault.detail} (mapped from: {source})") if source else fault

    def _fields(self, record: dict[str, Any]) -> dict[str, Any]:
        """Give the template's fields. Raises InvalidRecord, which names every field that is wrong."""
        mapped: dict[str, Any] = {}
        faults: dict[str, FieldError] = {}
        for name, text in self._settings.mapping.items():
            try:
                mapped[name] = self._evaluated(text, record, f"mapping.{name}", name)
            except InvalidRecord as exc:
                faults[name] = exc.errors[0]
        try:
            fields = self._template.read(self._values(record, mapped), self._destination.allow)
        except InvalidRecord as exc:
            # What a mapping could not give is no field that is missing.
            pointers = {fault.pointer for fault in faults.values()}
            others = tuple(each for each in exc.errors if each.pointer not in pointers)
            raise InvalidRecord((*faults.values(), *others)) from exc
        if faults:
            raise InvalidRecord(tuple(faults.values()))
        return fields

    def _values(self, record: dict[str, Any], mapped: Mapping[str, Any]) -> dict[str, Any]:
        """Give the values that the template reads: constants, then what is mapped, then attributes of the same name."""
        settings = self._settings
        if self._destination.manual is not None:
            # The template itself leaves out what is excluded, once its URL is filled.
            return {**record, **mapped, **settings.constants}
        plain = without(record, self._excluded) if self._excluded else record
        names = [name for name in self._names if name not in settings.mapping]
        return {**{name: plain[name] for name in names if name in plain}, **mapped, **settings.constants}

    def _group(self, record: dict[str, Any], fields: Mapping[str, Any]) -> str:
        """Name the batch that a record may join: by what it has in common, and by the address that it goes to."""
        batch = self._destination.batch
        if batch is None:
            return ""
        by_attribute = batch.grouping == "attribute"
        common = self._evaluated(batch.attribute, record, "batch.attribute") if by_attribute else None
        address = fields["path"] if self._destination.manual is not None else ""
        return digest_of([common, address])

    def _dedupe_key(self, record: dict[str, Any]) -> str:
        """Give the digest of the key by which a repeat of this record is known; null gives none."""
        text = self._settings.dedupe
        key = self._evaluated(text, record, "dedupe") if text else None
        if _says_nothing(key):
            return ""
        if len(json.dumps(key)) > LONGEST_KEY:
            detail = f"should give a key of at most {LONGEST_KEY} characters for the destination's dedupe"
            raise InvalidRecord((FieldError("#", detail),))
        return digest_of(key)

    def _evaluated(self, text: str, record: dict[str, Any], setting: str, name: str = "") -> Any:
        """Give what an expression makes of a record. Raises InvalidRecord, which names the setting that it stands in."""
        try:
            return compiled(text).search(record, self._budget)
        except ExpressionFailed as exc:
            pointer = f"#/{escaped(name)}" if name else "#"
            detail = f"cannot be found by the destination's {setting}: {exc}"
            raise InvalidRecord((FieldError(pointer, detail),)) from exc


def _settings_digest(destination: Destination) -> str:
    """Give a digest of what decides a record's fields: a change of settings is no change of the record."""
    manual = destination.manual
    return digest_of([asdict(destination.shape), manual and asdict(manual), dict(destination.allow)])[:8]


def _says_nothing(key: Any) -> bool:
    """Tell whether a key is null or empty, or made of such parts alone: many records would have it in common."""
    if isinstance(key, (list, dict)):
        return all(map(_says_nothing, key.values() if isinstance(key, dict) else key))
    return key is None or key == ""


def digest_of(value: Any) -> str:
    """Give a text that is the same for the same JSON value, and short."""
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(written.encode()).hexdigest()[:32]

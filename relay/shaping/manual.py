"""The template of a manual destination: its method and URL are the destination's, its body is the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from relay.catalogue.manual import HARMLESS
from relay.catalogue.manual import TEMPLATE as MANUAL
from relay.catalogue.template import InvalidRecord, Template
from relay.errors import FieldError
from relay.model.call import Call
from relay.model.destination import ManualSettings
from relay.model.pointers import escaped
from relay.shaping.paths import Path, parse_path, without
from relay.shaping.urls import ManualUrl, MissingPlaceholder, parse_manual_url

WITHOUT_BODY = frozenset({"GET", "DELETE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualTemplate(Template):
    """What a manual destination calls. The fields of a record are `method`, `path` (filled) and `body`."""

    url: ManualUrl
    exclude: tuple[Path, ...] = ()
    wrap: str = ""

    @property
    def takes_batches(self) -> bool:
        """Tell whether the method has a body for several records to share."""
        return self.method not in WITHOUT_BODY

    def weight(self, fields: Mapping[str, Any]) -> int:
        """Give 1: only the number of records counts."""
        del fields
        return 1

    def merged(self, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Give the one call for a batch, all of whose records fill in the same path: an array of their bodies."""
        bodies = [each["body"] for each in records]
        return {**records[0], "body": {self.wrap: bodies} if self.wrap else bodies}

    def read(
        self, record: Mapping[str, Any], allow: Mapping[str, tuple[str, ...]] | None = None
    ) -> dict[str, Any]:
        """Fill the URL from a record and take the rest as the body. Raises InvalidRecord for a missing placeholder."""
        del allow
        try:
            path = self.url.fill(lambda steps: _found(record, steps))
        except MissingPlaceholder as exc:
            pointer = "#/" + "/".join(map(escaped, parse_path(exc.name)))
            raise InvalidRecord((FieldError(pointer, str(exc)),)) from exc
        return {"method": self.method, "path": path, "body": without(record, self.exclude)}

    def fits(self, fields: Mapping[str, Any]) -> bool:
        """Tell whether the fields were read for this method: what is harmless to repeat depends on it."""
        return fields.get("method") == self.method

    def call(self, fields: Mapping[str, Any], organization: str = "") -> Call:
        """Make the call for fields that `read` gave."""
        del organization
        return Call(self.method, fields["path"], None if self.method in WITHOUT_BODY else fields["body"])


@lru_cache(maxsize=1024)
def manual_template(settings: ManualSettings, exclude: tuple[str, ...], wrap: str) -> ManualTemplate:
    """Give the template that these settings make."""
    usual = {each.name: getattr(MANUAL, each.name) for each in fields(Template)}
    own = {
        "method": settings.method,
        "path": settings.path,
        "harmless_to_repeat": settings.method in HARMLESS,
        "gone_is_done_after_unknown": settings.method == "DELETE",
    }
    return ManualTemplate(
        **{**usual, **own},
        url=parse_manual_url(settings.path, ()),
        exclude=tuple(map(parse_path, exclude)),
        wrap=wrap,
    )


def _found(record: Any, steps: Path) -> Any:
    for step in steps:
        record = record.get(step) if isinstance(record, Mapping) else None
    return record

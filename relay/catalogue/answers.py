"""Answers of Calendly's that mean something in particular, described as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.model.call import Answer


@dataclass(frozen=True, slots=True)
class Says:
    """An answer of Calendly's, known by its status, title and message; an empty text stands for any."""

    status: int
    title: str = ""
    message: str = ""
    meaning: str = ""  # a sentence for the log

    def matches(self, answer: Answer) -> bool:
        """Tell whether `answer` is this one. Texts are compared without case; a message may stand inside another."""
        body = answer.body if isinstance(answer.body, dict) else {}
        title, message = str(body.get("title", "")), str(body.get("message", ""))
        return (
            answer.status == self.status
            and self.title.lower() in {"", title.lower()}
            and self.message.lower() in message.lower()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """A look-up that decides whether a refusal means "done already": Calendly says that something stands, not what.

    `on` is the refusal. The list at `path` is asked with the fields named in `query`. Its row whose attributes equal
    the fields of `match`, and agree in `same`, is the wished thing; lists agree in any order. A field that the call
    leaves out may be anything in the row, and a row with a value of `never` does not count.
    """

    on: Says
    path: str
    query: tuple[str, ...]
    match: Mapping[str, str]  # attribute of the row -> field of the call
    same: tuple[str, ...]
    never: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = ""  # what it means when no row is the wished thing, in a sentence

    def parameters(self, fields: Mapping[str, Any], organization: str) -> dict[str, str]:
        """Give the query of the look-up. `organization` is the credential's, for fields that leave it out."""
        wished = _wished(fields, organization)
        return {name: str(wished[name]) for name in self.query if name in wished}

    def holds(
        self, fields: Mapping[str, Any], organization: str, rows: Iterable[Any]
    ) -> dict[str, Any] | None:
        """Give the row that is the wished thing, or None: then the refusal stands."""
        wished = _wished(fields, organization)
        return next((row for row in rows if isinstance(row, dict) and self._is_wished(row, wished)), None)

    def _is_wished(self, row: Mapping[str, Any], wished: Mapping[str, Any]) -> bool:
        if any(row.get(name) == value for name, value in self.never.items()):
            return False
        pairs = [*self.match.items(), *((name, name) for name in self.same)]
        return all(_agree(row.get(theirs), wished[ours]) for theirs, ours in pairs if ours in wished)


def _wished(fields: Mapping[str, Any], organization: str) -> dict[str, Any]:
    return {"organization": organization, **fields}


def _agree(theirs: Any, ours: Any) -> bool:
    if isinstance(theirs, list) and isinstance(ours, list):
        return {str(one) for one in theirs} == {str(one) for one in ours}
    return bool(theirs == ours)

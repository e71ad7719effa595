"""Finding out whether a call took effect that was not answered, or what stands in the way of one that was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relay.calendly.client import LookUpFailed
from relay.calendly.places import Asking, rows_at, values_of
from relay.calendly.says import says_gone
from relay.catalogue.look_up import spellings
from relay.catalogue.proof import Evidence, Proof
from relay.catalogue.template import Template
from relay.model.call import Answer, Outcome


@dataclass(frozen=True, slots=True)
class Stands:
    """The effect stands. `resource` is what shows it, None where that is gone; `answer` what Calendly would have answered."""

    meaning: str
    resource: dict[str, Any] | None
    answer: Answer


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing shows the effect: at the moment of the look-up there was none."""


@dataclass(frozen=True, slots=True)
class Untold:
    """The look-up came to nothing; `outcome` says how."""

    outcome: Outcome
    reason: str


Shown = Stands | Absent | Untold


def needs_explaining(template: Template, outcome: Outcome) -> bool:
    """Tell whether this refusal can only be understood by looking at what stands."""
    explains = template.proof.explains if template.proof else None
    return explains is not None and isinstance(outcome, Answer) and explains.matches(outcome)


def prove(asking: Asking, template: Template, fields: Mapping[str, Any]) -> Shown | None:
    """Look whether the effect of a call with these fields stands; None where nothing could show it. It costs calls of the budget."""
    if template.proof is None:
        return None
    try:
        return _proved(asking, template, template.proof, fields)
    except LookUpFailed as exc:
        return Untold(exc.outcome, exc.detail)


def _proved(asking: Asking, template: Template, proof: Proof, fields: Mapping[str, Any]) -> Stands | Absent:
    for evidence in proof.evidence:
        if evidence.gone:
            if _is_gone(asking, evidence, fields):
                return Stands(evidence.meaning, None, Answer(min(template.success)))
            continue
        resource = _seen(asking, evidence, fields)
        if resource is not None:
            body = {"resource": resource if evidence.answers else None}
            return Stands(evidence.meaning, resource, Answer(min(template.success), {}, body))
    return Absent()


def _seen(asking: Asking, evidence: Evidence, fields: Mapping[str, Any]) -> dict[str, Any] | None:
    wished = {"organization": asking.credential.organization, **fields}
    for spelt in spellings(fields, evidence.match.values()):
        seen = rows_at(asking, evidence.listing, values_of(asking.credential, spelt))
        resource = evidence.shown_by(seen, wished)
        if resource is not None:
            return resource
    return None


def _is_gone(asking: Asking, evidence: Evidence, fields: Mapping[str, Any]) -> bool:
    try:
        any(rows_at(asking, evidence.listing, values_of(asking.credential, fields)))
    except LookUpFailed as exc:
        if says_gone(exc.outcome):
            return True
        raise
    return False

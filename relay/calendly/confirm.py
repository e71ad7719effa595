"""A refusal that may be good news: look whether what stands at Calendly already is what was wished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relay.calendly.client import Calendly, LookUpFailed
from relay.calendly.paging import rows
from relay.catalogue.template import Template
from relay.model.call import Answer, Outcome
from relay.model.credential import Credential


@dataclass(frozen=True, slots=True)
class Stands:
    """What was wished stands already: this is it."""

    resource: dict[str, Any]
    meaning: str = "It stands already, just as wished."


@dataclass(frozen=True, slots=True)
class Differs:
    """Something else stands in the way."""

    meaning: str = "What stands there is not what was wished."


@dataclass(frozen=True, slots=True)
class Untold:
    """The look-up came to nothing; `outcome` says how."""

    outcome: Outcome
    reason: str


Confirmed = Stands | Differs | Untold


def needs_confirming(template: Template, outcome: Outcome) -> bool:
    """Tell whether this refusal can only be understood by looking at what stands."""
    rule = template.confirm
    return rule is not None and isinstance(outcome, Answer) and rule.on.matches(outcome)


def confirm(
    calendly: Calendly,
    credential: Credential,
    token: str,
    template: Template,
    fields: Mapping[str, Any],
    outcome: Outcome,
) -> Confirmed | None:
    """Look up what stands at Calendly; None where the outcome needs no look-up. It costs calls of the budget."""
    rule = template.confirm
    if rule is None or not needs_confirming(template, outcome):
        return None
    query = rule.parameters(fields, credential.organization)
    try:
        standing = list(rows(calendly, credential, token, rule.path, query))
    except LookUpFailed as exc:
        return Untold(exc.outcome, exc.detail)
    resource = rule.holds(fields, credential.organization, standing)
    if resource is None:
        return Differs(rule.otherwise) if rule.otherwise else Differs()
    return Stands(resource, rule.on.meaning) if rule.on.meaning else Stands(resource)

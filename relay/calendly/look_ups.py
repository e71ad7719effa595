"""Making look-ups: asking Calendly's lists, and finding the one row that is meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError

from relay.calendly.client import LookUpFailed
from relay.calendly.places import Asking, rows_at, values_of
from relay.calendly.sieve import Sieve
from relay.calendly.verdicts import read_failed_look_up
from relay.catalogue.look_up import Listing, LookUp
from relay.catalogue.template import Template
from relay.model.call import Answer, NotSent, Silence
from relay.model.credential import Credential
from relay.model.verdict import Refused


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up found: the field that was missing, and what people are shown of the thing."""

    fields: dict[str, Any]
    shown: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Give the find as the delivery keeps it."""
        return {"fields": self.fields, "thing": self.shown}


def find(
    asking: Asking,
    template: Template,
    look_up: LookUp,
    fields: Mapping[str, Any],
    now: datetime | None = None,
) -> Found:
    """Find the field that `fields` leaves out. Exactly one thing may fit.

    Raises LookUpFailed: with a refusal that lists the candidates where none or several fit, else with what came
    instead of Calendly's list.
    """
    now = now or datetime.now(UTC)
    sieve = Sieve(look_up, fields)
    for spelt in look_up.spellings(fields):
        for row in _rows(asking, look_up, _values(asking.credential, spelt, now)):
            sieve.take(row)
        if sieve.found:
            break
    if sieve.trouble:
        raise LookUpFailed(sieve.trouble, NotSent(sieve.trouble, forbidden=True))
    taken, shown = sieve.the_one
    return Found({look_up.finds: _value(template, look_up, taken)}, shown)


def _value(template: Template, look_up: LookUp, uri: str) -> Any:
    """Give the field's value for the URI that a list names. What is no URI of such a thing is not acted on."""
    try:
        if "/" in uri:
            return template.fields()[look_up.finds].take(uri)
    except ValidationError:
        pass
    reason = f"Calendly's list names the {look_up.one} in a way that is of no use"
    raise LookUpFailed(reason, Silence(reason))


def _rows(asking: Asking, look_up: LookUp, values: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Give the rows of all listings that count."""
    refused: LookUpFailed | None = None
    looked = False
    for listing in look_up.listings:
        if not _is_known_whose(listing, values) or (listing.where_refused and refused is None):
            continue
        try:
            yield from rows_at(asking, listing, values)
            looked = True
        except LookUpFailed as exc:
            if not (listing.for_managers and _is_for_managers_only(exc)):
                raise LookUpFailed(
                    f"The {look_up.one} could not be looked up. {exc.detail}", exc.outcome
                ) from exc
            refused = exc
    if not looked:
        raise _nowhere_to_look(look_up, refused)


def _is_known_whose(listing: Listing, values: Mapping[str, str]) -> bool:
    """Tell whether it is known whose list this is."""
    whose = {"{organization}", "{user}"}
    return all(values[text[1:-1]] for text in listing.query.values() if text in whose)


def _values(credential: Credential, fields: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """Give what paths and queries can name: the fields, whose they are, and what follows from them."""
    values = {
        **values_of(credential, fields),
        "user": credential.user,
        "earliest": _told(now),
        "latest": "",
    }
    if "start_time" in values:
        start = datetime.fromisoformat(values["start_time"])
        ends = {"earliest": start.replace(microsecond=0), "latest": start.replace(microsecond=999_999)}
        values |= {name: _told(end) for name, end in ends.items()}
    return values


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _is_for_managers_only(failed: LookUpFailed) -> bool:
    """Tell whether Calendly refused the list to this user: not for a scope that the token lacks, which can be mended."""
    status = failed.outcome.status if isinstance(failed.outcome, Answer) else None
    return status == 403 and isinstance(read_failed_look_up(failed.outcome, failed.detail), Refused)


def _nowhere_to_look(look_up: LookUp, refused: LookUpFailed | None) -> LookUpFailed:
    if refused is not None:
        return LookUpFailed(f"The {look_up.one} could not be looked up. {refused.detail}", refused.outcome)
    reason = (
        f"The {look_up.one} could not be looked up: the credential does not know its own user or organization"
    )
    return LookUpFailed(reason, NotSent(reason, forbidden=True))

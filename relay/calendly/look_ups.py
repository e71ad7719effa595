"""Making look-ups: asking Calendly's lists, and finding the one row that is meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from marshmallow import ValidationError

from relay.calendly.client import Calendly, LookUpFailed
from relay.calendly.paging import rows, thing
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


@dataclass(frozen=True, slots=True)
class Asking:
    """A way to Calendly, and as whom."""

    calendly: Calendly
    credential: Credential
    token: str


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
        query = _query(listing, values)
        if query is None or (listing.where_refused and refused is None):
            continue
        try:
            yield from _listed(asking, listing, values, query)
            looked = True
        except LookUpFailed as exc:
            if not (listing.for_managers and _is_for_managers_only(exc)):
                raise LookUpFailed(
                    f"The {look_up.one} could not be looked up. {exc.detail}", exc.outcome
                ) from exc
            refused = exc
    if not looked:
        raise _nowhere_to_look(look_up, refused)


def _listed(
    asking: Asking, listing: Listing, values: Mapping[str, str], query: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    path = listing.path.format_map({name: quote(value, safe="") for name, value in values.items()})
    if listing.single:
        yield thing(asking.calendly, asking.credential, asking.token, path)
    else:
        yield from rows(asking.calendly, asking.credential, asking.token, path, query)


def _query(listing: Listing, values: Mapping[str, str]) -> dict[str, str] | None:
    """Fill the query; None where whose list it is, is not known."""
    whose = {"{organization}", "{user}"}
    if any(text in whose and not values[text[1:-1]] for text in listing.query.values()):
        return None
    filled = {name: text.format_map(values) for name, text in listing.query.items()}
    return {name: value for name, value in filled.items() if value}


def _values(credential: Credential, fields: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """Give what paths and queries can name: the fields, whose they are, and what follows from them."""
    values = {
        "organization": credential.organization,
        "organization_uuid": _last(credential.organization),
        "user": credential.user,
        "earliest": _told(now),
        "latest": "",
        **{name: value for name, value in fields.items() if isinstance(value, str)},
    }
    if "start_time" in values:
        start = datetime.fromisoformat(values["start_time"])
        ends = {"earliest": start.replace(microsecond=0), "latest": start.replace(microsecond=999_999)}
        values |= {name: _told(end) for name, end in ends.items()}
    if "invitee" in values:
        event, _, _ = values["invitee"].rpartition("/invitees/")
        values |= {"invitee_event_uuid": _last(event), "invitee_uuid": _last(values["invitee"])}
    return values


def _last(uri: str) -> str:
    return uri.rstrip("/").rpartition("/")[2]


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

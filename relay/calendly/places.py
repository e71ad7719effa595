"""Looking at one place of Calendly's: a list or a thing, whose address is filled from what is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from relay.calendly.client import Calendly
from relay.calendly.paging import rows, thing
from relay.catalogue.look_up import Listing
from relay.model.credential import Credential


@dataclass(frozen=True, slots=True)
class Asking:
    """A way to Calendly, and as whom."""

    calendly: Calendly
    credential: Credential
    token: str


def rows_at(asking: Asking, listing: Listing, values: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Give each row of the list there, or the one thing. Raises LookUpFailed."""
    path = listing.path.format_map({name: quote(value, safe="") for name, value in values.items()})
    if listing.single:
        yield thing(asking.calendly, asking.credential, asking.token, path)
    else:
        yield from rows(asking.calendly, asking.credential, asking.token, path, _query(listing.query, values))


def values_of(credential: Credential, fields: Mapping[str, Any]) -> dict[str, str]:
    """Give what an address can name: the call's fields, the credential's organization, and what follows from them."""
    values = {
        "organization": credential.organization,
        "organization_uuid": _last(credential.organization),
        **{name: value for name, value in fields.items() if isinstance(value, str)},
    }
    if "invitee" in values:
        event, _, _ = values["invitee"].rpartition("/invitees/")
        values |= {"invitee_event_uuid": _last(event), "invitee_uuid": _last(values["invitee"])}
    return values


def _query(query: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Fill the query; what is not known is left out."""
    filled = {
        name: values.get(text[1:-1], "") if text.startswith("{") else text for name, text in query.items()
    }
    return {name: value for name, value in filled.items() if value}


def _last(uri: str) -> str:
    return uri.rstrip("/").rpartition("/")[2]

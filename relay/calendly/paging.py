"""Calendly's lists, page by page, whole or not at all: a row that is missed could be the second one that fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from relay.calendly.client import Calendly, LookUpFailed
from relay.calendly.says import what_it_says
from relay.model.call import Answer, Call, NotSent
from relay.model.credential import Credential

ROWS_A_PAGE = 100  # Calendly's most
MOST_PAGES = 100  # a list; our own bound
LONGEST_TOKEN = 4096  # characters; our own bound


def rows(
    calendly: Calendly, credential: Credential, token: str, path: str, query: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Give each row of one of Calendly's lists, in its order; pages are asked for as they are needed.

    Pages are asked for by their token on our own base address; the address that Calendly names is never followed, so
    that the credential's token stays with its host. Raises LookUpFailed when a page does not come, when Calendly does
    not say how to go on, or when there are more than MOST_PAGES.
    """
    asked = {**query, "count": str(ROWS_A_PAGE)}
    seen: set[str] = set()
    for _ in range(MOST_PAGES):
        page, following = _page(calendly, credential, token, Call("GET", f"{path}?{urlencode(asked)}"))
        yield from page
        if not following:
            return
        if following in seen or len(following) > LONGEST_TOKEN:
            raise _refused("Calendly's list does not come to an end: a page leads nowhere new")
        seen.add(following)
        asked["page_token"] = following
    most = MOST_PAGES * ROWS_A_PAGE
    raise _refused(
        f"Calendly's list is longer than {MOST_PAGES} pages, {most:,} rows, which is as far as the relay looks"
    )


def thing(calendly: Calendly, credential: Credential, token: str, path: str) -> dict[str, Any]:
    """Give the one thing at a path. Raises LookUpFailed when it does not come."""
    answer = _answer(calendly, credential, token, Call("GET", path))
    resource = _object(_object(answer.body).get("resource"))
    if answer.status != 200 or not resource:
        raise LookUpFailed(f"Calendly did not give it: {what_it_says(answer)}", answer)
    return resource


def _page(
    calendly: Calendly, credential: Credential, token: str, call: Call
) -> tuple[list[dict[str, Any]], str]:
    """Give the rows of one page and the token of the next, empty at the end."""
    answer = _answer(calendly, credential, token, call)
    body = _object(answer.body)
    found = body.get("collection")
    if answer.status != 200 or not isinstance(found, list):
        raise LookUpFailed(f"Calendly did not give the list: {what_it_says(answer)}", answer)
    return [row for row in found if isinstance(row, dict)], _following(_object(body.get("pagination")))


def _answer(calendly: Calendly, credential: Credential, token: str, call: Call) -> Answer:
    outcome = calendly.send(credential, token, call)
    if not isinstance(outcome, Answer):
        raise LookUpFailed(f"Calendly could not be asked: {outcome.reason}", outcome)
    return outcome


def _following(pagination: Mapping[str, Any]) -> str:
    """Give the token of the next page, empty if this page is the last. Where none is told, it may stand in an address."""
    told: Any = pagination.get("next_page_token")
    address = pagination.get("next_page")
    if "next_page_token" not in pagination and address:
        told = _token_in(str(address))
    elif told is None:
        return ""
    if not isinstance(told, str) or (address and not told):
        raise _refused("Calendly's list has a next page, but does not say its token")
    return told


def _token_in(address: str) -> str:
    try:
        return parse_qs(urlsplit(address).query).get("page_token", [""])[0]
    except ValueError:  # no address at all
        return ""


def _refused(reason: str) -> LookUpFailed:
    # Asking again would find the list no different.
    return LookUpFailed(reason, NotSent(reason, forbidden=True))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

"""Calendly's refusals in a sentence: title, message and details, as far as they are there."""

from __future__ import annotations

from typing import Any

from relay.catalogue.answers import Says
from relay.model.call import Answer, Outcome

LONGEST = 500  # characters
GONE = Says(404, title="Resource Not Found")  # the one way in which Calendly says it, whatever is gone


def is_somebodys_page(answer: Answer) -> bool:
    """Tell whether somebody else answered, such as a proxy: Calendly speaks JSON, or says nothing."""
    return isinstance(answer.body, str) and bool(answer.body.strip())


def says_gone(outcome: Outcome) -> bool:
    """Tell whether Calendly says that there is no such thing: a 404 of a proxy or a gateway says nothing of Calendly's."""
    return isinstance(outcome, Answer) and GONE.matches(outcome)


def what_it_says(answer: Answer) -> str:
    """Give status, title, message and details in one line of at most 500 characters.

    It may name a person (Calendly puts addresses into some messages): it belongs into the delivery's own log and
    callback, never into the log of the process.
    """
    body = answer.body if isinstance(answer.body, dict) else {}
    title, message = _text(body.get("title")), _text(body.get("message"))
    said = ": ".join(part for part in (title, message) if part)
    faults = _details(body.get("details"))
    if faults:
        said = f"{said} ({faults})" if said else faults
    if not said and isinstance(answer.body, str):
        said = " ".join(answer.body.split())
    line = f"{answer.status} {said}".rstrip()
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _details(details: Any) -> str:
    """Give what `details` says about each parameter."""
    items = details if isinstance(details, list) else []
    said = [
        " ".join(part for part in (_text(item.get("parameter")), _text(item.get("message"))) if part)
        for item in items
        if isinstance(item, dict)
    ]
    return "; ".join(part for part in said if part)


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""

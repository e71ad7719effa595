"""What the address of a management call names, as the log may show it: people paste keys and e-mail addresses there."""

from __future__ import annotations

import re

from relay.model.ids import ALPHABET
from relay.web.keys import SHORTEST, prefix_in
from relay.web.slugs import is_slug

# Refused though the thing is there, by its name: whatever else is refused may have been looked for under any text.
CONFLICT = 409
_DELIVERY = re.compile(f"dlv_[{ALPHABET}]{{25}}")


def shown(name: str, status: int) -> str:
    """Give a name whole where there is such a thing, or where it is too short and plain to be a secret or a person."""
    if status < 400 or status == CONFLICT or _DELIVERY.fullmatch(name):
        return name
    if is_slug(name) and len(name) < SHORTEST:
        return name
    return f"{prefix_in(name)}…"

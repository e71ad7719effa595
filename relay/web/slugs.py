"""Slugs: the ids that people choose for destinations and credentials."""

from __future__ import annotations

import re

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
RULE = "should be 1 to 63 lower-case letters, digits and hyphens, and begin with a letter or digit"


def is_slug(text: str) -> bool:
    """Tell whether `text` can be the id of a destination or a credential."""
    return SLUG.fullmatch(text) is not None

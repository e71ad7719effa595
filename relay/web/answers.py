"""How values become JSON answers: UTF-8, in reading order, times in ISO 8601 with Z."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from flask.json.provider import DefaultJSONProvider


class ReadableJson(DefaultJSONProvider):
    """JSON as a person would write it: keys in the order given, letters as they are, no NaN."""

    sort_keys = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Give JSON text that can always be encoded as UTF-8."""
        options = {"allow_nan": False, "sort_keys": False, **kwargs}
        text = json.dumps(obj, **{**options, "ensure_ascii": False})
        try:
            text.encode()
        except UnicodeEncodeError:
            # Half a surrogate pair, out of an answer that Calendly gave: only an escape can carry it.
            return json.dumps(obj, **{**options, "ensure_ascii": True})
        return text


def iso(seconds: float | None) -> str | None:
    """Give a moment in Unix seconds as ISO 8601 in UTC with milliseconds; None and 0 (never) as None."""
    if not seconds:
        return None
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

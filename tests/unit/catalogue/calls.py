"""Calendly's document as the judge of a call."""

from __future__ import annotations

import json

from relay.model.call import Call
from tests.calendly_contract import check_request

ORGANIZATION = "https://api.calendly.com/organizations/ZZZZZZZZZZZZZZZZ"
HEADERS = {"Authorization": "Bearer token", "Content-Type": "application/json"}


def check_call(call: Call) -> None:
    """Fail unless Calendly's document allows the call, sent as JSON in UTF-8."""
    body = (
        None
        if call.body is None
        else json.dumps(call.body, allow_nan=False, ensure_ascii=False).encode("utf-8")
    )
    check_request(call.method, call.path, HEADERS, body)

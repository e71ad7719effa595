"""How operations are called with curl, made from the examples of the document."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from relay.openapi.operations.model import JSON

WIDEST = 90  # characters of JSON in one line
_KEYS = {"admin": "<admin key>", "inbound_bearer": "<inbound key>"}


def calls_of(
    document: Mapping[str, Any], path: str, method: str, operation: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """Give a call with curl for each example, or one where there is no body."""
    lines = [
        f"curl -sS{'' if method == 'GET' else f' -X {method}'} {shlex.quote(_address(document, path, operation))}"
    ]
    key = next((name for each in operation["security"] for name in each), "")
    if key:
        lines.append(f"  -H {shlex.quote(f'Authorization: Bearer {_KEYS[key]}')}")
    content = operation.get("requestBody", {}).get("content", {}).get(JSON)
    if content is None:
        yield "", " \\\n".join(lines)
        return
    lines.append(f"  -H 'Content-Type: {JSON}'")
    for example in content["examples"].values():
        yield example["summary"], " \\\n".join([*lines, f"  -d {shlex.quote(pretty(example['value']))}"])


def _address(document: Mapping[str, Any], path: str, operation: dict[str, Any]) -> str:
    for each in operation.get("parameters", ()):
        if each["in"] == "path":
            path = path.replace("{" + each["name"] + "}", each["example"])
    return str(document["servers"][0]["url"]) + path


def pretty(value: Any) -> str:
    """Give JSON for people: in one line where it is short."""
    flat = json.dumps(value, ensure_ascii=False)
    return flat if len(flat) <= WIDEST else json.dumps(value, ensure_ascii=False, indent=2)

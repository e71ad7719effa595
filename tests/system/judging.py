"""Whether what Calendly counted is what the relay's own log says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.system.calendly_double import CalendlyDouble
from tests.system.upstream import Upstream


class Delivery:
    """A delivery as Redis holds it: its state, its verdicts, and how many seconds it waited for its first attempt."""

    def __init__(self, item: dict[str, str]) -> None:
        attempts = [json.loads(item[f"attempt:{number + 1}"]) for number in range(int(item["attempt"]))]
        self.state = item["state"]
        self.verdicts = tuple(each["verdict"] for each in attempts)
        self.waited = (attempts[0]["started_at"] - int(item["accepted_at"])) / 1000


def subject(fields: Mapping[str, Any]) -> str:
    """Give the uuid that a record's call acts on, as the double counts it."""
    return str(fields.get("event_uuid") or fields.get("owner") or fields["invitee"]).rpartition("/")[2]


def verdicts(upstream: Upstream, summary: Mapping[str, Any]) -> list[str]:
    """Give the verdicts of a delivery's attempts in order, empty for one in flight."""
    return [each["verdict"] for each in upstream.delivery(summary["id"])["attempts"]]


def mismatches(
    upstream: Upstream, calendly: CalendlyDouble, destination: str, ids: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """Tell of each accepted delivery whose state, attempts and calls at Calendly do not go together.

    `ids` holds the record of each accepted delivery. A call may be there twice only where the log has an attempt
    with the verdict "unknown" in front of the repeat; one that was delivered at the first attempt is there once.
    Whether a repeat did harm, `calendly.world.effects` tells.
    """
    log, counts = upstream.log(destination), calendly.counts()
    for identifier, record in ids.items():
        told = log.get(identifier)
        calls = counts[subject(record)]
        if told is None:
            yield f"{identifier} is not in the log, with {calls} calls"
        elif told["state"] not in {"delivered", "uncertain"}:
            yield f"{identifier} is {told['state']}: {told['reason']}"
        elif told["attempts"] == 1 and told["state"] == "delivered":
            if calls != 1:
                yield f"{identifier} was delivered at once, with {calls} calls"
        else:
            yield from _after_trouble(identifier, verdicts(upstream, told), calls, told["state"])


def _after_trouble(identifier: str, attempts: list[str], calls: int, state: str) -> Iterator[str]:
    unknown = attempts.count("unknown")
    least = 0 if state == "uncertain" else 1
    if not least <= calls <= unknown + least:
        yield f"{identifier} is {state} with {calls} calls after {attempts}"
    if state == "delivered" and attempts[-1] not in {"delivered", "done_already"}:
        yield f"{identifier} is delivered after {attempts}"

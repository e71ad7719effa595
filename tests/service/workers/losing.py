"""Losing answers on purpose, and counting what came of it at Calendly."""

from __future__ import annotations

from typing import Any

from relay.catalogue import CATALOGUE
from relay.model.delivery import DeliveryLog
from sandbox import seed
from tests.good_records import CALENDLY, GOOD_RECORDS
from tests.rig import Rig

ORGANIZATION = f"{CALENDLY}/organizations/{seed.ORGANIZATION}"


def lose(rig: Rig, fault: str, template: str, **how: Any) -> None:
    """Let the sandbox lose a template's calls in this way: the first, or as many as it is told."""
    one = CATALOGUE[template]
    path = "*" if template == "manual" else one.call(one.read(GOOD_RECORDS[template]), ORGANIZATION).path
    rig.sandbox.faults.add(fault, **{"match": {"method": one.method, "path": path}, **how})


def lose_look_ups(rig: Rig, fault: str, **how: Any) -> None:
    """Let the sandbox fail those calls that only look."""
    rig.sandbox.faults.add(fault, **{"match": {"method": "GET"}, **how})


def sent(rig: Rig, template: str, **changes: Any) -> DeliveryLog:
    """Send one record the whole way."""
    rig.destination(template, **changes)
    (identifier,) = rig.accept(GOOD_RECORDS[template])
    return rig.outcome(identifier)


def retried(rig: Rig, delivery: DeliveryLog) -> DeliveryLog:
    """Have a person retry it."""
    rig.manage("POST", f"/deliveries/{delivery.id}/retry")
    return rig.outcome(delivery.id)


def writes(rig: Rig) -> int:
    """Count the calls that were to change something."""
    return len([call for call in rig.sandbox.calls() if call.method != "GET"])


def effects(rig: Rig) -> int:
    """Count the calls that did change something."""
    return len([call for call in rig.sandbox.calls() if call.effect])


def verdicts(delivery: DeliveryLog) -> list[str]:
    """Give the verdicts of the attempts."""
    return [each.verdict for each in delivery.attempts]


def decisions(delivery: DeliveryLog) -> list[str]:
    """Give what followed the attempts, without the seconds."""
    return [each.decision.partition(" in ")[0].partition(":")[0] for each in delivery.attempts]

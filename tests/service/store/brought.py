"""Deliveries in any state that one can be found in."""

from __future__ import annotations

from relay.store.attempts import NewPart
from tests.service.store.one_lane import OneLane, ended

IN_A_LANE = ("collecting", "queued", "retrying")


def brought_to(here: OneLane, state: str) -> str:
    """Give a delivery in that state. Others that are due in the lane may be claimed on the way, and are let go."""
    collects = state in {"collecting", "split"}
    (identifier,) = here.accept(here.new(group="g") if collects else 1)
    if state == "canceled":
        here.store.operations.cancel(identifier)
    if state in {"queued", "canceled", "collecting"}:
        return identifier
    if collects:
        here.make_due()
    lease, attempts = here.claim()
    for claimed in attempts:
        if claimed.id != identifier:
            here.settle(claimed, ended("retrying", wait=0.0, spent=0))
        elif state != "sending":
            wait = 600.0 if state == "retrying" else None
            parts = (
                tuple(
                    NewPart(here.store.new_delivery_id(here.identifier), ['[{"a":1},{"b":2}]']) for _ in "ab"
                )
                if state == "split"
                else ()
            )
            here.settle(claimed, ended(state, wait=wait, spent=9, known=state != "uncertain", parts=parts))
    here.store.lanes.release(lease)
    return identifier

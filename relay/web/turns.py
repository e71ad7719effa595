"""Asking for a turn right away where there is new work. It is a courtesy: the attention list finds the lane anyway."""

from __future__ import annotations

from typing import Literal

import structlog

from relay.errors import StoreUnavailable
from relay.store import Lane
from relay.web.services import services

log = structlog.get_logger()


def ask_for_turn(destination: str, kind: Literal["delivery", "test"] = "delivery") -> None:
    """Ask for a turn of the destination's deliveries, or of its tests. A failure is logged and harms nothing."""
    try:
        services().store.turns.ask(Lane(kind, destination))
    except StoreUnavailable as exc:
        log.warning("turn.not_asked", destination=destination, exc_info=exc)

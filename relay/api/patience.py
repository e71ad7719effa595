"""How long a management call may wait for Redis in all: each command has a time of its own, and a call makes several."""

from __future__ import annotations

from contextlib import ExitStack

from flask import Response, g, request

from relay.store.patience import waiting_at_most

USUAL = 5.0  # seconds
LONG = 20.0
# What goes through much, piece by piece, and can be asked again where it was broken off.
GOES_THROUGH_MUCH = frozenset(
    {
        "api.audit.list_deeds",
        "api.credentials.pause_destinations",
        "api.credentials.resume_destinations",
        "api.deliveries.list_deliveries",
        "api.destinations.delete_destination",
        "api.forgetting.forget",
        "api.replays.replay",
    }
)


def begin_patience() -> None:
    """Count from now on what this request waits for Redis; once all of its time is spent it is StoreUnavailable."""
    g.patience = ExitStack()
    g.patience.enter_context(waiting_at_most(LONG if request.endpoint in GOES_THROUGH_MUCH else USUAL))


def end_patience(answer: Response) -> Response:
    """Stop counting: what was done is written into the audit, however long it took."""
    _close()
    return answer


def forget_patience(error: BaseException | None) -> None:
    """Stop counting in any case: the thread goes on to somebody else's request."""
    del error
    _close()


def _close() -> None:
    if "patience" in g:
        g.patience.close()

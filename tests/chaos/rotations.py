"""Secrets of callbacks that were rotated by hand: what comes after that is signed with the new one, and with the one before."""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos.history import History, Violation
from tests.processes import CALLBACK_SECRET

SIGNED_BEFORE = 25.0  # seconds for which what was claimed by the earlier settings may still arrive: a lease, a call, and grace


def misled(history: History) -> Iterator[Violation]:
    """Give each callback that one of the secrets did not sign that certainly signed at that time."""
    for name in history.lanes:
        for since, until, secrets in _times(history, name):
            for callback in history.callbacks:
                told = history.log.get(callback.delivery)
                if told is None or told.lane != name or not since + SIGNED_BEFORE < callback.at < until:
                    continue
                if not secrets <= callback.secrets:
                    yield Violation(
                        "undone", callback.delivery, f"{callback.webhook_id} is not signed as was rotated"
                    )


def _times(history: History, name: str) -> Iterator[tuple[float, float, set[str]]]:
    """Give each time between two rotations, and the secrets that signed in it."""
    rotations = [deed for deed in history.deeds if deed.kind == "rotate secret" and deed.about == name]
    began = [deed.began for deed in rotations] + [float("inf")]
    standing, doubtful_until = {CALLBACK_SECRET}, 0.0
    for deed, until in zip(rotations, began[1:], strict=True):
        if deed.refused:
            continue
        if not deed.done or deed.began < doubtful_until:
            standing, doubtful_until = set(), max(doubtful_until, deed.over_at)
            continue
        yield deed.ended, until, {*standing, deed.asked["secret"]}
        standing = {deed.asked["secret"]}

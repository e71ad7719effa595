"""What operators may have done: of a deed that was not answered nobody knows whether, or when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tests.chaos.history import Deed

# What each kind of deed is called in the audit.
AUDITED = {
    "pause": "destination.paused",
    "activate": "destination.activated",
    "pause credential": "credential.paused",
    "resume credential": "credential.resumed",
    "change": "destination.changed",
    "rotate secret": "destination.callback_secret_rotated",
    "delete": "destination.deleted",
    "create": "destination.created",
    "retry": "delivery.retried",
    "cancel": "delivery.canceled",
    "resolve": "delivery.resolved",
    "retry callback": "delivery.callback_retried",
    "replay": "destination.replayed",
}


class Deeds:
    """The deeds of a run, by what they were about."""

    def __init__(self, deeds: Iterable[Deed]) -> None:
        self._about: dict[tuple[str, str], list[Deed]] = defaultdict(list)
        for deed in deeds:
            self._about[deed.kind, deed.about].append(deed)

    def may_have(self, kind: str, about: str, since: float = float("-inf")) -> bool:
        """Tell whether something of that kind may have been done, then or later."""
        return any(not deed.refused and deed.over_at > since for deed in self._about[kind, about])

    def moved(self, delivery: str, destination: str, since: float) -> bool:
        """Tell whether a delivery may have been put back into its lane by hand, then or later."""
        retried = self.may_have("retry", delivery, since)
        return retried or self.may_have("replay", destination, since)

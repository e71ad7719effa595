"""Deleting a destination with what waits in it, and making it anew, while records keep coming."""

from __future__ import annotations

import re
from typing import Any

from tests.chaos.desk import Desk, patiently
from tests.chaos.history import Deed
from tests.chaos.lanes import ChaosLane
from tests.chaos.receiver import ChaosReceiver
from tests.system.upstream import destination_document

PATIENCE = 5.0  # seconds for calls on their way to end, before the destination is opened again as it is
WAITING = re.compile(r"(\d+) deliver(?:y|ies)")


class Replacing:
    """Replaces one destination. Each step may be refused or lost; what is then half done is completed later."""

    def __init__(self, desk: Desk, lane: ChaosLane, receiver: ChaosReceiver) -> None:
        self._desk = desk
        self._lane = lane
        self._receiver = receiver
        self._discard: int | None = None

    def begin(self) -> None:
        """Delete it with as much as waits, and make it again; if calls stay on their way, only open it again."""
        name = self._lane.name
        if self._desk.do("pause", name, "POST", f"/destinations/{name}/pause").done:
            patiently(self._delete, PATIENCE, every=0.2)
        self.complete()

    def complete(self) -> bool:
        """Make it if it is gone, and activate it unless it is active; tell whether it is."""
        name = self._lane.name
        shown = self._desk.look(name)
        if shown.status == 404:
            self._desk.do("create", name, "POST", "/destinations", self._document())
        if shown.answer.get("state") != "active":
            body = {"acknowledge": "irreversible"}
            return self._desk.do("activate", name, "POST", f"/destinations/{name}/activate", body).done
        return True

    def _delete(self) -> bool:
        """Ask for it with the number that the last refusal named; tell whether it is gone."""
        body = {} if self._discard is None else {"discard": self._discard}
        deed = self._desk.do("delete", self._lane.name, "DELETE", f"/destinations/{self._lane.name}", body)
        self._discard = _waiting(deed)
        return deed.done or deed.status == 404

    def _document(self) -> dict[str, Any]:
        lane = self._lane
        return destination_document(lane.name, lane.template, self._receiver.url(lane.name), **lane.settings)


def _waiting(deed: Deed) -> int | None:
    found = WAITING.search(str(deed.answer.get("detail", "")))
    return int(found[1]) if found else None

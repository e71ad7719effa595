"""Reading the relay's own log, once everything is at rest."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from tests.chaos.desk import OPERATOR
from tests.chaos.history import Audited, Told
from tests.chaos.lanes import ChaosLane, subjects
from tests.system.upstream import Upstream

LOST_NOTE = '"event": "audit.lost"'  # Redis went away between a deed and its note
READERS = 4  # at a time
CUT = (
    "closed the connection",
    "broke the connection off",
    "was lost",
    "broke off",
)  # in the reason of an attempt


def read_log(upstream: Upstream, lanes: tuple[ChaosLane, ...]) -> tuple[dict[str, Told], dict[str, Any]]:
    """Give what the log tells of each delivery, and each delivery as the API shows it."""
    ids = [identifier for lane in lanes for identifier in upstream.log(lane.name)]
    with ThreadPoolExecutor(READERS) as readers:
        shown = dict(zip(ids, readers.map(upstream.delivery, ids), strict=True))
    return {identifier: _told(document) for identifier, document in shown.items()}, shown


def _told(shown: dict[str, Any]) -> Told:
    return Told(
        id=shown["id"],
        lane=shown["destination"],
        state=shown["state"],
        subjects=subjects("", json.dumps(shown["records"])),
        verdicts=tuple(attempt["verdict"] for attempt in shown["attempts"]),
        cut=sum(any(words in attempt["reason"] for words in CUT) for attempt in shown["attempts"]),
        reason=shown["reason"] or "",
        begun=tuple(unix(attempt["started_at"]) for attempt in shown["attempts"]),
        parts=tuple(shown["parts"]),
        part_of=shown["part_of"] or "",
        callbacks=tuple((each["id"], each["type"], each["state"]) for each in shown["callbacks"]),
        looked_up=_looked_up(shown),
    )


def read_audit(upstream: Upstream) -> list[Audited]:
    """Give what the audit tells of operators' deeds."""
    found: list[Audited] = []
    page = upstream.manage("GET", "/audit?limit=200")
    while True:
        found += [
            Audited(entry["request_id"], entry["what"], tuple(entry["on"].values()))
            for entry in page["entries"]
            if (entry["request_id"] or "").startswith(OPERATOR)
        ]
        if page["next_cursor"] is None:
            return found
        page = upstream.manage("GET", f"/audit?limit=200&cursor={page['next_cursor']}")


def lost_notes(said: str) -> list[str]:
    """Give each deed of which a process wrote down that the audit has no note of it."""
    return [json.loads(line)["request_id"] for line in said.splitlines() if LOST_NOTE in line]


def unix(moment: str) -> float:
    """Give the Unix seconds of a moment as answers show it."""
    return datetime.fromisoformat(moment).timestamp()


def _looked_up(shown: dict[str, Any]) -> bool:
    """Tell whether the last attempt took a look where an earlier one had got no answer."""
    verdicts = [attempt["verdict"] for attempt in shown["attempts"]]
    return "unknown" in verdicts[:-1] and verdicts[-1] == "done_already"

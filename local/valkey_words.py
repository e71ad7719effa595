"""What the embedded Redis says when it cannot start, in our words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from local.valkey_binary import Make

STAMP = re.compile(r"^\d+:\w .*?\d\d:\d\d:\d\d\.\d+ [#*.-] ")  # process, time and level
ADVICE = re.compile(
    r"[:.,;]?\s*(make a backup|use \S*(redis|valkey)-check|\S*(redis|valkey)-check-).*", re.IGNORECASE
)
UNREADABLE = re.compile(
    r"bad file format|rdb format version|short read|unexpected end of file|checksum", re.IGNORECASE
)


def without_advice(line: str) -> str:
    """Cut from a server's line what it advises to do with its files: that may cost data which another one reads well."""
    return ADVICE.sub("", line)


def why_not(said: Iterable[str], make: Make, directory: Path) -> str:
    """Give one sentence for the last lines of a server that did not start."""
    lines = [STAMP.sub("", line) for line in said]
    if any(UNREADABLE.search(line) for line in lines):
        return (
            f"The embedded Redis, {make}, cannot read its data in {directory}, and left it as it is: "
            "put a good copy of that folder in its place, or name another data folder with RELAY_DATA_DIR."
        )
    return f"The embedded Redis did not start in {directory}: {lines[-1] if lines else 'it said nothing'}"

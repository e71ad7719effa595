"""Who wrote the embedded Redis's data. It stays with the server that wrote it: another one may not be able to read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from local.errors import CannotStart
from local.kept import keep
from local.valkey_binary import Make, Server

NOTE = "written-by"


def has_data(directory: Path) -> bool:
    """Tell whether a server has kept anything in the folder."""
    return any((directory / "appendonlydir").glob("*"))


def writer_of(directory: Path) -> Make | None:
    """Give what kind of server wrote the data; None where there is no note about it."""
    try:
        note = json.loads((directory / NOTE).read_text(encoding="utf-8"))
        major, minor = note["version"]
        return Make(str(note["origin"]), str(note["family"]), (int(major), int(minor)))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def note_writer(directory: Path, make: Make) -> None:
    """Remember what kind of server has the data open; writes nothing if that is known."""
    if writer_of(directory) != make:
        note = {"origin": make.origin, "family": make.family, "version": list(make.version)}
        keep(directory / NOTE, json.dumps(note))


def server_for(directory: Path, servers: Sequence[Server]) -> Server:
    """Choose the server that is to open the folder. Raises CannotStart if none here can read what is there."""
    if not servers:
        raise CannotStart(
            "There is no Redis server for this machine: install redis-server or valkey-server 7.0 or newer, "
            "or set REDIS_URL to a Redis that runs elsewhere."
        )
    if not has_data(directory):
        return servers[0]
    writer = writer_of(directory)
    # Without a note the bundled one comes first, since it is the newest that reads both families.
    able = [server for server in servers if writer is None or server.make.opens(writer)]
    if not able:
        raise CannotStart(
            f"The data in {directory} was written by {writer}, and no server here can read it: install "
            f"that one or a newer one, or name another folder with RELAY_DATA_DIR."
        )
    return min(able, key=lambda server: _strangeness(server.make, writer))


def _strangeness(make: Make, writer: Make | None) -> tuple[bool, bool]:
    """Rank a server: the kind that wrote the data first, then the bundled one."""
    same = writer is not None and (make.origin, make.family) == (writer.origin, writer.family)
    return (not same, make.origin != "bundled")

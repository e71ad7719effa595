"""Whether a secret in a file is the one that the relay has, as far as anybody can tell: secrets are never read back.

The relay shows masks. Most end in the secret's last four characters, and those are compared. Where a mask shows nothing, as that of
an inbound key, the secret counts as unchanged; `rotate` sends it anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from relay.cli.shapes import MASK, Document, Kind, Path, at, is_mask, put, secrets_of

SHORTEST_HINTED = 16  # characters; the relay shows nothing of a shorter secret
_REQUIRED = frozenset({"key", "password", "secret", "token"})


def settle_secrets(
    kind: Kind, stands: Mapping[str, Any], wanted: Document, *, rotate: bool
) -> Iterator[Path]:
    """Write the relay's mask over each secret of `wanted` that stays as it is, and give those that nobody can compare."""
    for path, given in list(secrets_of(kind, wanted)):
        mask = at(stands, path)
        if not is_mask(mask) or rotate:
            continue
        if mask == MASK:
            yield path
        if mask == MASK or _fits(str(given), mask):
            put(wanted, path, mask)
    _keep_those_left_out(kind, stands, wanted)


def _fits(given: str, mask: str) -> bool:
    return len(given) >= SHORTEST_HINTED and given.endswith(mask.removeprefix(MASK))


def _keep_those_left_out(kind: Kind, stands: Mapping[str, Any], wanted: Document) -> None:
    for path, mask in secrets_of(kind, stands):
        around = at(wanted, path[:-1]) if path[:-1] else wanted
        # A header that is left out goes; so does a previous secret that the file says is null.
        stays = path[-1] in _REQUIRED or (path[-1] == "previous_secret" and path[-1] not in (around or {}))
        if isinstance(around, dict) and around.get(path[-1]) is None and stays:
            put(wanted, path, mask)

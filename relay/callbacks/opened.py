"""What a callback needs that is kept sealed: the secrets that sign it, and the headers that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from relay.model.destination import CallbackSettings
from relay.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Opened:
    """In clear, for no longer than it takes to send. The first secret is the newest; while they rotate, there are two."""

    secrets: tuple[str, ...] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def open_callback(vault: Vault, callback: CallbackSettings, now: float) -> Opened:
    """Open the secrets that sign at `now` (Unix seconds), and the headers. Raises CannotOpen."""
    sealed = [callback.secret, callback.previous_secret_at(now)]
    return Opened(
        tuple(vault.open(each) for each in sealed if each),
        {name: vault.open(value) for name, value in callback.headers.items()},
    )

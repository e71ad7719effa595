"""A store whose scripts go by a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from relay.config import Settings
from relay.store import Store, open_store, scripts
from relay.store.cluster import Cluster
from tests.service.store.clock import Clock, by_hand


@pytest.fixture
def clocked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty store that goes by the test's clock."""
    own = by_hand()
    monkeypatch.setattr(scripts, "sources", lambda: own)
    opened = open_store(settings)
    if isinstance(opened.redis, Cluster):
        pytest.skip("the clock is one key, and a script on a Cluster reaches those of its own slot only")
    yield opened
    opened.close()


@pytest.fixture
def clock(clocked: Store) -> Clock:
    """The clock that `clocked` goes by."""
    return Clock(clocked.redis)

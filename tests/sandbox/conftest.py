"""A sandbox of one's own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.server import Sandbox
from tests.sandbox.calling import Client


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A fresh sandbox, served on a free port."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    """A client of that sandbox."""
    made = Client(sandbox.url)
    yield made
    made.session.close()

"""A relay whose authorization server is the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.server import Sandbox
from tests.conftest import MakeSettings
from tests.consent import oauth_settings
from tests.rig import Rig


@pytest.fixture
def rig(make_settings: MakeSettings, sandbox: Sandbox) -> Iterator[Rig]:
    """The whole service in one process, without a credential."""
    built = Rig(make_settings(**oauth_settings(sandbox)), sandbox)
    yield built
    built.store.close()

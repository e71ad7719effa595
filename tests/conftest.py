"""What the rings share: a real Redis per test process, emptied for each test, and the sandbox as Calendly."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from local.valkey import EmbeddedValkey
from relay.config import Settings
from relay.store import Store, open_store
from relay.store.connection import connect
from sandbox.server import Sandbox
from tests.apps import free_all
from tests.logged import watched_log
from tests.recorder import Recorder
from tests.rig import Rig

pytest_plugins = ("tests.compiled", "tests.spread")

ADMIN_KEY = "admin-key-for-tests"
SECRET_KEY = "a secret key that is only for tests"

MakeSettings = Callable[..., Settings]

# A third of hypothesis's usual examples, and no time limit for one of them: machines that run tests are busy.
hypothesis_settings.register_profile("suite", max_examples=30, deadline=None)
# For `make fuzz`, which takes its time.
hypothesis_settings.register_profile("long", max_examples=1000, deadline=None)
hypothesis_settings.load_profile("suite")


@pytest.fixture(scope="session")
def log_of_the_run() -> Iterator[list[str]]:
    """What should not stand in any log line of this test process, and does."""
    with watched_log() as found:
        yield found


@pytest.fixture(autouse=True)
def no_secret_in_the_log(log_of_the_run: list[str]) -> Iterator[None]:
    """Whatever a test does, no log line holds a secret or somebody's address."""
    log_of_the_run.clear()
    yield

    assert [] == log_of_the_run


@pytest.fixture(autouse=True)
def each_with_its_own_applications() -> Iterator[None]:
    """No test changes an application that another one still uses."""
    yield
    free_all()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """A server of this test process's own. Tests that stop or kill a server start one for themselves."""
    directory: Path = tmp_path_factory.mktemp("valkey")
    with EmbeddedValkey(directory, fsync="no") as server:
        yield server


@pytest.fixture
def redis_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty Redis: of this test process's own, unless the environment names another to be tried."""
    url = os.environ.get("RELAY_TEST_REDIS_URL") or request.getfixturevalue("valkey").url
    with connect(url) as client:
        client.flushall()
    return str(url)


@pytest.fixture(scope="session")
def one_sandbox() -> Iterator[Sandbox]:
    """The one sandbox of this test process."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(one_sandbox: Sandbox) -> Sandbox:
    """A sandbox in its seeded state, without faults, without a memory of earlier calls."""
    one_sandbox.reset()
    return one_sandbox


@pytest.fixture
def make_settings(redis_url: str) -> MakeSettings:
    """Settings for tests: the real defaults, but that waits are short and callbacks may be private."""

    def make(**changes: Any) -> Settings:
        usual: dict[str, Any] = {
            "redis_url": redis_url,
            "secret_keys": (SECRET_KEY,),
            "admin_key": ADMIN_KEY,
            "allow_private_callbacks": True,
            "call_timeout": 5.0,
            "callback_timeout": 5.0,
            "retry_base": 0.01,
            "callback_retries": (0.01, 0.01, 0.01),
            "worker_threads": 4,
        }
        return Settings(**{**usual, **changes})

    return make


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    """The usual settings for tests."""
    return make_settings()


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """An empty store."""
    opened = open_store(settings)
    yield opened
    opened.close()


@pytest.fixture
def rig(make_settings: MakeSettings, sandbox: Sandbox) -> Iterator[Rig]:
    """The whole service in one process, with a credential for the sandbox."""
    built = Rig(make_settings(sandbox_url=sandbox.url), sandbox)
    built.credential()
    yield built
    built.store.close()


@pytest.fixture
def rig_and_recorder(make_settings: MakeSettings, sandbox: Sandbox) -> Iterator[tuple[Rig, Recorder]]:
    """The whole service in one process, whose calls reach a server that only records them."""
    recorder = Recorder()
    built = Rig(make_settings(sandbox_url=recorder.url), sandbox)
    built.credential()
    yield built, recorder
    built.store.close()
    recorder.stop()

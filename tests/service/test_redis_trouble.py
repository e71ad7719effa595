"""Redis in trouble of every kind: senders are told while it lasts, people are told why, and it passes by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from structlog.testing import capture_logs

from local.valkey import EmbeddedValkey
from relay.store import open_store, patience
from relay.store.lookout import Lookout
from sandbox.server import Sandbox
from tests.conftest import MakeSettings
from tests.good_records import GOOD_RECORDS
from tests.problems import assert_problem
from tests.redis_trouble import Trouble
from tests.rig import Rig
from tests.waiting import until

STEP = 0.5  # seconds for which each thing is waited for; an exchange is two such things, and alone it has the time
RECORD = GOOD_RECORDS["cancel_scheduled_event"]


@pytest.fixture
def trouble(valkey: EmbeddedValkey, redis_url: str) -> Iterator[Trouble]:
    """An empty Redis that is well."""
    assert redis_url == valkey.url
    trouble = Trouble(valkey)
    yield trouble
    trouble.close()


@pytest.fixture
def rig(trouble: Trouble, make_settings: MakeSettings, sandbox: Sandbox) -> Iterator[Rig]:
    """The whole service in one process, with a destination."""
    rig = Rig(make_settings(redis_url=trouble.url, sandbox_url=sandbox.url), sandbox)
    rig.credential()
    rig.destination("cancel_scheduled_event")
    yield rig
    rig.store.close()


@pytest.mark.parametrize(
    ("kind", "because"),
    [
        ("gone", "cannot be reached"),
        ("dark", "did not answer in time"),
        ("read_only", "replica"),
        ("full", None),
        ("locked", "refuses the user or the password"),
    ],
)
def test_trouble_is_told_while_it_lasts_and_passes(
    rig: Rig, trouble: Trouble, kind: str, because: str | None
) -> None:
    """503 and Retry-After, whatever it is; soon after it a request is taken and delivered."""
    with trouble.put_on(kind):
        refused = rig.post(RECORD)
        ready = rig.client.get("/readyz").get_json() if because else {"detail": ""}
    rig.store.presence.note("worker-1")
    accepted = until(lambda: rig.post(RECORD).get_json().get("accepted"))
    identifier = accepted[0]["delivery"]
    rig.drain()

    assert_problem(refused, 503, "store_unavailable")
    assert because is None or because in ready["detail"]
    assert "delivered" == rig.delivery(identifier).state
    assert 200 == rig.client.get("/readyz").status_code


class Hasty:
    """A clock that goes on whenever somebody looks at it, so that whatever is waited for takes its time."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Give the time."""
        self.now += STEP
        return self.now


def test_a_slow_redis_keeps_no_sender_waiting(
    rig: Rig, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many exchanges a request needs, and a connection begins with several: all of them have one time together."""
    trouble.proxy.cut()
    with monkeypatch.context() as slow:
        slow.setattr(patience, "time", Hasty())
        refused = rig.post(RECORD)

    assert_problem(refused, 503, "store_unavailable")
    until(lambda: rig.post(RECORD).status_code == 202)


def test_what_redis_may_lose_is_told_once(rig: Rig, trouble: Trouble) -> None:
    """By a process when it starts, and again when it changes; and by the readiness at any time."""
    trouble.redis.config_set("maxmemory-policy", "allkeys-lru")
    with capture_logs() as events:
        lookout = Lookout(rig.store)
        lookout.look()
        lookout.look()
        rig.store.presence.note("worker-1")
        warned = [each["code"] for each in rig.client.get("/readyz").get_json()["warnings"]]
        trouble.redis.config_set("maxmemory-policy", "noeviction")
        lookout.look()
    told = [(each["event"], each["problem"]) for each in events]

    assert ["eviction", "persistence"] == warned
    assert [
        ("store.problem", "eviction"),
        ("store.problem", "persistence"),
        ("store.problem_over", "eviction"),
    ] == told


def test_nobody_is_warned_of_what_redis_does_not_tell(
    valkey: EmbeddedValkey, redis_url: str, make_settings: MakeSettings
) -> None:
    """Some forbid CONFIG, and even INFO: then nothing is known, and the process works all the same."""
    with redis.Redis.from_url(redis_url) as admin:
        admin.execute_command("ACL", "SETUSER", "tenant", "on", ">pw", "~*", "+@all", "-config", "-info")
        store = open_store(make_settings(redis_url=f"redis://tenant:pw@127.0.0.1:{valkey.port}/0"))
        with capture_logs() as events:
            Lookout(store).look()
        store.close()
        admin.execute_command("ACL", "DELUSER", "tenant")

    assert [] == events

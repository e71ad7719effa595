"""Many callers at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests

from sandbox import seed
from sandbox.server import Sandbox
from tests.sandbox.addresses import INVITATIONS, event_path, hook

CALLERS = 50


@pytest.mark.parametrize(
    ("path", "body", "otherwise"),
    [
        (INVITATIONS, {"email": "wanted@new.example"}, 400),
        ("/webhook_subscriptions", hook(), 409),
        (event_path(seed.FUTURE_EVENT, "cancellation"), {}, 403),
    ],
)
def test_of_fifty_equal_calls_one_succeeds(
    sandbox: Sandbox, path: str, body: dict[str, object], otherwise: int
) -> None:
    """Whatever the order, exactly one finds the way free."""
    together = Barrier(CALLERS)

    def call() -> int:
        together.wait()
        headers = {"Authorization": "Bearer sandbox"}
        return requests.post(sandbox.url + path, json=body, headers=headers, timeout=30).status_code

    with ThreadPoolExecutor(CALLERS) as pool:
        statuses = [future.result() for future in [pool.submit(call) for _ in range(CALLERS)]]

    assert Counter({otherwise: CALLERS - 1, 201: 1}) == Counter(statuses)
    assert 1 == len(sandbox.calls(effect=True))


def test_the_window_grants_exactly_its_limit(sandbox: Sandbox) -> None:
    """Calls that come at the same moment are counted one by one."""
    sandbox.add_token("ten", limit=10)

    def call(_: int) -> int:
        headers = {"Authorization": "Bearer ten"}
        return requests.get(sandbox.url + "/users/me", headers=headers, timeout=30).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(call, range(40)))

    assert Counter({429: 30, 200: 10}) == Counter(statuses)

"""Calls that wait for Calendly leave threads to everybody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Event

import pytest

from relay.api.credential_asking import Asked
from relay.store import Store
from tests.conftest import MakeSettings
from tests.over_http import SCHEDULING_RECORD, OverHttp, a_destination, keep_credential
from tests.problems import assert_problem
from tests.waiting import until

CHECK = "/api/v1/credentials/acme/check"


def test_half_of_the_threads_are_kept_for_who_waits_for_nobody(
    make_settings: MakeSettings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call more than may wait is refused at once, a record is taken meanwhile, and places are given back."""
    web = OverHttp(make_settings(web_threads=4), store)
    keep_credential(store)
    web.api("POST", "/destinations", a_destination())
    answers = Event()
    begun: list[bool] = []

    def hangs(*_: object) -> Asked:
        begun.append(True)
        answers.wait(60)
        return Asked(unanswered="Calendly does not answer.")

    monkeypatch.setattr(import_module("relay.api.credentials"), "ask", hangs)
    with ThreadPoolExecutor(2) as threads:
        waiting = [
            threads.submit(lambda: web.app.test_client().post(CHECK, headers=_key(web))) for _ in range(2)
        ]
        until(lambda: len(begun) == 2)
        refused = web.api("POST", "/credentials/acme/check")
        taken = web.post("booking-links", SCHEDULING_RECORD)
        answers.set()
        statuses = {each.result().status_code for each in waiting}
    after = web.api("POST", "/credentials/acme/check")

    assert_problem(refused, 503, "too_many_waiting")
    assert ("5", 202) == (refused.headers["Retry-After"], taken.status_code)
    assert 503 not in statuses | {after.status_code}


def _key(web: OverHttp) -> dict[str, str]:
    return {"Authorization": f"Bearer {web.settings.admin_key}"}

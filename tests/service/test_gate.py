"""Whoever tries keys is slowed, and whoever has the right one never waits for others."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from relay.config import Settings
from relay.store import Store
from relay.web import gate
from relay.web.gate import LIMIT, MANY
from tests.conftest import MakeSettings
from tests.over_http import KEY, SCHEDULING_RECORD, OverHttp, a_destination, keep_credential
from tests.problems import assert_problem
from tests.rig import everything_in

ATTACKER, SENDER, PROXY = "8.8.8.7", "8.8.8.8", "8.8.4.1"
INSIDE = "10.1.2.3"  # as a platform's own proxies have
WRONG = "not-the-key-of-upstream"


@pytest.fixture
def web(settings: Settings, store: Store) -> OverHttp:
    """A relay with two destinations."""
    return a_relay(settings, store)


def a_relay(settings: Settings, store: Store) -> OverHttp:
    """Give a relay with two destinations, one of which takes user name and password."""
    keep_credential(store)
    web = OverHttp(settings, store)
    web.api("POST", "/destinations", a_destination())
    basic = {"auth": {"kind": "basic", "username": "crm", "password": KEY}}
    web.api("POST", "/destinations", a_destination(id="by-password", inbound=basic))
    return web


def post(
    web: OverHttp, key: str, address: str = ATTACKER, to: str = "booking-links", **headers: str
) -> TestResponse:
    """Hand a record over from an address; the answer is read to its end, as clients do."""
    base = {"REMOTE_ADDR": address}
    answer = web.post(to, SCHEDULING_RECORD, key=key, headers=headers, environ_base=base)
    answer.get_data()
    answer.close()
    return answer


def fail(web: OverHttp, times: int, address: str = ATTACKER, **headers: str) -> list[int]:
    """Show wrong keys, and give the statuses."""
    return [post(web, WRONG, address, **headers).status_code for _ in range(times)]


def test_many_wrong_keys_shut_the_gate_for_their_address(web: OverHttp) -> None:
    """From then on no key of it is looked at: ten tries a minute is all that an attacker gets."""
    statuses = fail(web, LIMIT + 2)
    right = post(web, KEY)

    assert [401] * LIMIT + [429] * 2 == statuses
    assert_problem(right, 429, "too_many_wrong_keys")
    assert 0 < int(right.headers["Retry-After"]) <= 60


def test_nobody_else_waits(web: OverHttp) -> None:
    """Neither another address, nor another destination, nor the management API."""
    fail(web, LIMIT + 2)

    basic = "Basic " + base64.b64encode(f"crm:{KEY}".encode()).decode()
    assert 202 == post(web, KEY, SENDER).status_code
    assert 202 == post(web, "", to="by-password", Authorization=basic).status_code
    assert (
        200
        == web.client.get(
            "/api/v1/templates",
            headers={"Authorization": f"Bearer {web.settings.admin_key}"},
            environ_base={"REMOTE_ADDR": ATTACKER},
        ).status_code
    )


def test_an_attacker_cannot_have_a_sender_refused_who_shares_the_address(
    web: OverHttp, settings: Settings, store: Store
) -> None:
    """A proxy, a cloud: where right keys come from, they always pass, in every process; wrong ones are told to wait."""
    before = post(web, KEY, SENDER).status_code
    other = OverHttp(settings, store)  # another process, which has not seen the sender
    statuses = fail(other, LIMIT + 2, SENDER)

    assert 202 == before
    assert [401] * LIMIT + [429] * 2 == statuses
    assert [202, 202] == [post(each, KEY, SENDER).status_code for each in (web, other)]


def test_a_sender_stays_known_while_the_secret_key_is_replaced(
    web: OverHttp, settings: Settings, store: Store
) -> None:
    """Addresses are noted with a key of the settings, and those that it replaces are still good."""
    post(web, KEY, SENDER)
    rotated = replace(settings, secret_keys=("a new secret key, only for tests", *settings.secret_keys))
    other = OverHttp(rotated, store)
    fail(other, LIMIT + 2, SENDER)

    assert 202 == post(other, KEY, SENDER).status_code


def test_the_gate_is_never_shut_for_a_proxy_that_nobody_named(web: OverHttp) -> None:
    """Everybody comes from its address: wrong keys are told to wait, and right ones pass, also the first one."""
    statuses = fail(web, LIMIT + 2, INSIDE)

    assert [401] * LIMIT + [429] * 2 == statuses
    assert 202 == post(web, KEY, INSIDE).status_code


def test_processes_count_together(web: OverHttp, settings: Settings, store: Store) -> None:
    """More processes give an attacker one try more each, no more."""
    other = OverHttp(settings, store)

    statuses = fail(web, LIMIT // 2) + fail(other, LIMIT // 2) + fail(web, 1) + fail(other, 1)

    assert [401] * LIMIT + [429, 429] == statuses


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def monotonic(self) -> float:
        """Give the time."""
        return self.now


def test_the_gate_opens_again(web: OverHttp, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the minute is over, and not a minute after the last wrong key."""
    clock = Clock()
    monkeypatch.setattr(gate, "time", clock)
    fail(web, LIMIT)
    for name in store.redis.scan_iter("relay:{wrong *"):
        store.redis.expire(name, 20)  # a minute of which a third is left
    fail(web, 1)

    shut = post(web, KEY).status_code
    clock.now += 20

    assert (429, 202) == (shut, post(web, KEY).status_code)


def test_the_management_api_has_a_gate_of_its_own(web: OverHttp) -> None:
    """For wrong keys of every kind; a key that may do less is no wrong key."""
    made = web.api("POST", "/keys", {"name": "Grafana", "scope": "read"}).get_json()

    def ask(key: str, address: str) -> int:
        return web.client.post(
            "/api/v1/keys",
            json={},
            headers={"Authorization": f"Bearer {key}"},
            environ_base={"REMOTE_ADDR": address},
        ).status_code

    wrong = [ask(key, ATTACKER) for key in [WRONG, made["prefix"] + "0" * 64] * (LIMIT // 2 + 1)]
    narrow = [ask(made["key"], SENDER) for _ in range(LIMIT + 2)]

    assert [401] * LIMIT + [429] * 2 == wrong
    assert [403] * (LIMIT + 2) == narrow


def test_what_happened_is_told_once(web: OverHttp, capsys: pytest.CaptureFixture[str]) -> None:
    """By the network and the route, without a key and without a person's address."""
    capsys.readouterr()
    fail(web, LIMIT + 5)
    for number in range(MANY - LIMIT):
        post(web, WRONG, f"8.8.9.{number}")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = [line for line in lines if line["event"].startswith("keys.")]
    assert [
        ("keys.wrong", "in/booking-links", "8.8.8.0/24"),
        ("keys.wrong_from_everywhere", "in/booking-links", None),
    ] == [(each["event"], each["route"], each.get("network")) for each in told]
    assert not [line for line in lines if WRONG in str(line) or ATTACKER in str(line)]


def test_redis_holds_no_address(web: OverHttp, store: Store) -> None:
    """A digest is enough to count, and it ends by itself."""
    fail(web, 1)
    post(web, KEY, SENDER)

    kept = everything_in(store.redis)
    lives: list[Any] = [store.redis.ttl(name) for name in store.redis.scan_iter("relay:{wrong *")]
    assert [False, False] == [address in kept for address in (ATTACKER, SENDER)]
    assert 3 == len(lives)  # two counts, and the address of the sender
    assert min(lives) > 0


def test_a_right_key_costs_nothing_more(web: OverHttp, store: Store) -> None:
    """Its address is noted once in an hour, after the answer."""
    post(web, KEY, SENDER)
    store.redis.config_resetstat()

    post(web, KEY, SENDER)

    asked: Any = store.redis.info("commandstats")
    assert set() == {"cmdstat_incr", "cmdstat_ttl", "cmdstat_set"} & set(asked)


@pytest.mark.parametrize(("proxies", "statuses"), [(1, [202, 429]), (0, [429, 429])])
def test_senders_are_told_apart_behind_a_proxy_that_is_named(
    make_settings: MakeSettings, store: Store, proxies: int, statuses: list[int]
) -> None:
    """By what the proxy adds, and not by what a sender writes before it."""
    web = a_relay(make_settings(trusted_proxies=proxies), store)
    for number in range(LIMIT + 1):
        fail(web, 1, PROXY, X_Forwarded_For=f"10.0.0.{number}, {ATTACKER}")

    asked = [post(web, KEY, PROXY, X_Forwarded_For=each) for each in (SENDER, f"{SENDER}, {ATTACKER}")]

    assert statuses == [each.status_code for each in asked]


SCHEMES = st.sampled_from(["", "Bearer", "bearer ", "Bearer rly_", "Basic ", "Basic Og==", "Digest ", "\t"])
TEXT = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=120)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/v1/templates"), ("POST", "/in/booking-links"), ("POST", "/in/by-password")],
)
@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scheme=SCHEMES, rest=TEXT, number=st.integers(0, 2**32 - 1))
def test_any_authorization_is_answered(
    web: OverHttp, method: str, path: str, scheme: str, rest: str, number: int
) -> None:
    """With a problem that says so: no header that chance makes opens anything, or breaks anything."""
    from_somewhere = {"REMOTE_ADDR": f"2001:4860:{number >> 16:x}:{number & 0xFFFF:x}::1"}
    answer = web.client.open(
        path, method=method, data=b"{", headers={"Authorization": scheme + rest}, environ_base=from_somewhere
    )

    assert answer.status_code in {401, 429}, answer.get_data(as_text=True)

"""What turns do with grants: renew when Calendly refuses a token, once, and pause when there is nothing to renew."""

from __future__ import annotations

from typing import Any

import pytest

from relay.store import Lane
from tests.consent import alter_grant, connect, grant_of, run_out, token_calls
from tests.good_records import GOOD_RECORDS
from tests.rig import Rig
from tests.service.store.one_lane import OneLane
from workers.work import work_on

LINK = GOOD_RECORDS["create_scheduling_link"]
LANE = Lane("delivery", "here")


@pytest.fixture
def ready(rig: Rig) -> Rig:
    """A relay with a connected credential and an active destination."""
    connect(rig)
    rig.destination("create_scheduling_link")
    return rig


def refuse_access_tokens(rig: Rig) -> None:
    """Let Calendly's API refuse the access tokens that are there, before their time."""
    rig.sandbox.app.test_client().post("/_sandbox/oauth/expire")


def revoke_grants(rig: Rig) -> None:
    """Let the users take back what they granted."""
    rig.sandbox.app.test_client().post("/_sandbox/oauth/revoke")


def state(rig: Rig, identifier: str = "here") -> str:
    """Give a destination's state."""
    return rig.store.destinations.get(identifier).state


def test_a_token_refused_before_its_time_is_renewed_and_the_record_goes_out(ready: Rig) -> None:
    """Nobody is paused, and no attempt is spent."""
    refuse_access_tokens(ready)

    (delivery,) = ready.accept(LINK)
    ready.drain()

    done = ready.delivery(delivery)
    assert ("delivered", "active", 1) == (done.state, state(ready), token_calls(ready.sandbox))
    assert ["unauthorized", "delivered"] == [each.verdict for each in done.attempts]
    assert None is ready.manage("GET", "/credentials/acme")["trouble"]


def test_many_attempts_that_meet_a_refusal_renew_once(ready: Rig) -> None:
    """They flew together with the same token."""
    refuse_access_tokens(ready)

    ready.accept([LINK] * 20)
    ready.drain()

    assert {"delivered": 20} == ready.states()
    assert 1 == token_calls(ready.sandbox)


def test_a_token_refused_again_after_its_renewal_pauses(ready: Rig) -> None:
    """It is Calendly's word against Calendly's: a person has to look. Activating tries no further renewal."""
    ready.sandbox.faults.add("401", times=None, match={"path": "/scheduling_links"})
    deliveries = ready.accept(LINK)
    ready.drain()
    paused, calls = state(ready), token_calls(ready.sandbox)

    ready.activate("here")
    ready.drain()

    assert ("paused", 1, "paused", 1) == (paused, calls, state(ready), token_calls(ready.sandbox))
    assert ready.manage("GET", "/credentials/acme")["trouble"]
    assert "retrying" == ready.delivery(deliveries[0]).state


def test_the_next_pair_may_be_doubted_again(ready: Rig) -> None:
    """One renewal for each pair: the one that comes in its due time starts anew."""
    refuse_access_tokens(ready)
    ready.accept(LINK)
    ready.drain()
    run_out(ready)
    ready.accept(LINK)
    ready.drain()

    refuse_access_tokens(ready)
    ready.accept(LINK)
    ready.drain()

    assert ({"delivered": 3}, 3) == (ready.states(), token_calls(ready.sandbox))


def test_a_missing_scope_renews_nothing(ready: Rig) -> None:
    """A new token would have no other scopes."""
    body = {"title": "Insufficient scope", "message": "no", "required_scopes": ["scheduling_links:write"]}
    ready.sandbox.faults.add("403", match={"method": "POST"}, body=body)

    ready.accept(LINK)
    ready.drain()

    assert ("paused", 0) == (state(ready), token_calls(ready.sandbox))


def test_a_revoked_grant_pauses_its_destinations_and_keeps_their_records(ready: Rig) -> None:
    """And says so; connected again and activated, they go out. Another credential's destinations go on."""
    connect(ready, "globex")
    ready.destination("create_scheduling_link", "too")
    ready.destination("create_scheduling_link", "elsewhere", credential="globex")
    desk = ready.sandbox.simulator.desk
    desk.revoke(desk.grants[0])
    deliveries = ready.accept([LINK] * 3)
    ready.drain()
    because = ready.store.destinations.get("too").paused_because
    states = [state(ready, name) for name in ("here", "too", "elsewhere")]
    held = ready.states()

    connect(ready)
    ready.activate("here")
    ready.drain()

    assert ["paused", "paused", "active"] == states
    assert (
        "Calendly has ended the grant of credential 'acme', or somebody revoked it (400 invalid_grant"
        in because
    )
    assert 3 == sum(held.values()) == held.get("retrying", 0) + held.get("queued", 0)
    assert {"delivered"} == {ready.delivery(each).state for each in deliveries}


def test_a_destination_without_a_connected_credential_pauses_and_says_what_to_do(rig: Rig) -> None:
    """Its records wait."""
    rig.manage("POST", "/credentials", {"id": "acme", "kind": "oauth"})
    rig.destination("create_scheduling_link")

    rig.accept(LINK)
    rig.drain()

    assert ("paused", {"queued": 1}) == (state(rig), rig.states())
    assert "/api/v1/credentials/acme/connect" in rig.store.destinations.get("here").paused_because


def test_a_lane_waits_while_there_is_no_usable_token(ready: Rig) -> None:
    """Calendly's authorization server is away: nothing is paused, nothing is spent, and later it goes out."""
    run_out(ready)
    ready.sandbox.faults.add("503", match={"path": "/oauth/token"}, times=None)
    (delivery,) = ready.accept(LINK)
    ready.forget_who_was_asked()
    ready.turn()
    waiting = ready.delivery(delivery)

    ready.sandbox.faults.clear()
    redis: Any = ready.store.redis
    redis.hdel("relay:{credential acme}:renewal", "not_before")
    ready.forget_pauses()
    ready.drain()

    assert ("queued", 0, "active") == (waiting.state, waiting.attempt_count, state(ready))
    assert "delivered" == ready.delivery(delivery).state


def test_a_token_that_runs_out_within_a_turn_is_no_doubt(ready: Rig) -> None:
    """Its end had come: it is renewed, and the next one has its second chance still."""
    work = work_on(ready.services, LANE)
    assert work is not None
    run_out(ready)

    doubted = ready.services.grants.doubt(ready.store.credentials.get("acme"))

    grant = grant_of(ready.store.credentials.get("acme"))
    assert (True, False) == (doubted, grant.doubted)


def test_a_token_of_yesterday_is_no_reason_to_doubt_that_of_today(ready: Rig) -> None:
    """An attempt that flew long comes back with a refusal of a pair that was replaced."""
    used = ready.store.credentials.get("acme")
    connect(ready)

    doubted = ready.services.grants.doubt(used)

    assert (True, False) == (doubted, grant_of(ready.store.credentials.get("acme")).doubted)


def test_a_credential_that_is_gone_is_not_doubted(ready: Rig) -> None:
    """Nor one without a grant."""
    used = ready.store.credentials.get("acme")
    ready.store.redis.delete("relay:credential:acme")
    ready.credential("plain")

    assert not ready.services.grants.doubt(used)
    assert not ready.services.grants.doubt(ready.store.credentials.get("plain"))


def test_a_check_renews_a_refused_token_once(ready: Rig) -> None:
    """As a turn does."""
    refuse_access_tokens(ready)
    first = ready.manage("POST", "/credentials/acme/check")
    ready.sandbox.faults.add("401", match={"path": "/users/me"}, times=None)

    second = ready.manage("POST", "/credentials/acme/check")

    assert (True, False, 1) == (first["ok"], second["ok"], token_calls(ready.sandbox))
    assert ready.manage("GET", "/credentials/acme")["trouble"] == second["detail"]
    assert alter_grant(ready).second_chance


def test_what_was_in_flight_as_the_grant_ended_is_settled(ready: Rig) -> None:
    """Its worker died: without a token nothing is begun, but nothing stays on its way for ever either."""
    deliveries = ready.accept([LINK] * 2)
    here = OneLane(ready.store, make=False)
    here.claim(limit=1)
    here.die()
    alter_grant(ready, ended="The grant was revoked.")

    ready.turn()

    assert ["retrying", "queued"] == [ready.delivery(each).state for each in deliveries]
    assert ("paused", None) == (state(ready), here.next_look())
    assert "unknown" == ready.delivery(deliveries[0]).attempts[0].verdict
    ready.manage("DELETE", "/destinations/here", {"discard": 2})

"""Renewing grants: ahead of time, by one process, stored before use, and told truthfully when it goes wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import pytest

from relay.errors import StoreUnavailable, UnknownCredential
from relay.model.credential import Credential
from relay.model.grant import OAuthGrant
from relay.oauth import AuthorizationServer, Broken, Grants, Later, Ready
from relay.oauth.answers import Told
from relay.store import Store, open_store
from relay.store.credentials import Credentials
from relay.store.grants import TOKEN_CALLS
from tests.conftest import SECRET_KEY, MakeSettings
from tests.consent import alter_grant, connect, grant_of, oauth_settings, run_out, token_calls
from tests.rig import Rig
from tests.waiting import until
from workers.renewing import Renewing

TOKEN_PATH = {"path": "/oauth/token"}
NEW_KEY = "another secret key that is only for tests"


def stored(rig: Rig) -> Credential:
    """Give the credential as it is stored."""
    return rig.store.credentials.get("acme")


def nearly_over(rig: Rig) -> OAuthGrant:
    """Let the access token have less than ten minutes of its two hours left."""
    now = time.time()
    return alter_grant(rig, obtained_at=now - 6610, expires_at=now + 590)


def usable(rig: Rig) -> Any:
    """Ask for a token that can be used, as a turn does."""
    return rig.services.grants.usable(stored(rig))


def forget_the_wait(rig: Rig) -> None:
    """Let the time pass for which Calendly is left alone after a failure."""
    redis: Any = rig.store.redis
    redis.hdel("relay:{credential acme}:renewal", "not_before")


class Meanwhile(AuthorizationServer):
    """The real way to the sandbox; something else happens when its answer is there."""

    happens: Callable[[], Any] = staticmethod(lambda: None)

    def renew(self, refresh_token: str) -> Told:
        """Renew, then let it happen."""
        told = super().renew(refresh_token)
        self.happens()
        return told


def grants_meanwhile(rig: Rig, happens: Callable[[], Any]) -> Grants:
    """Give grants during whose renewal something happens."""
    server = Meanwhile(rig.settings)
    server.happens = happens
    return Grants(rig.settings, rig.store, server)


def test_a_grant_is_renewed_ten_minutes_before_its_end(rig: Rig) -> None:
    """By the look that each worker process takes every few seconds; what is not due is left alone."""
    connect(rig)
    renewing = Renewing(rig.services)
    renewing.look()
    before = nearly_over(rig)
    early = token_calls(rig.sandbox)

    renewing.look()
    renewing.look()

    after = stored(rig)
    assert (0, 1) == (early, token_calls(rig.sandbox))
    assert before.id != grant_of(after).id
    assert grant_of(after).expires_at > time.time() + 7000
    desk = rig.sandbox.simulator.desk.grants[0]
    assert (desk.access_token, desk.refresh_token) == (
        rig.store.vault.open(after.token),
        rig.store.vault.open(grant_of(after).refresh_token),
    )


def test_a_token_that_has_run_out_is_renewed_when_it_is_needed(rig: Rig) -> None:
    """And what was known of the credential stays."""
    before = connect(rig)
    run_out(rig)

    readiness = usable(rig)

    assert isinstance(readiness, Ready)
    assert stored(rig) == readiness.credential
    assert before["scopes"] == rig.manage("GET", "/credentials/acme")["scopes"]
    assert rig.manage("POST", "/credentials/acme/check")["ok"]
    assert 1 == token_calls(rig.sandbox)


def test_of_twenty_threads_in_two_processes_one_renews(rig: Rig, make_settings: MakeSettings) -> None:
    """Exactly one token call; all others see what it stored."""
    connect(rig)
    run_out(rig)
    rig.sandbox.faults.add("slow", match=TOKEN_PATH, seconds=0.2)
    settings = make_settings(**oauth_settings(rig.sandbox))
    stores = [open_store(settings), open_store(settings)]
    processes = [Grants(settings, each) for each in stores]
    seen, together = stored(rig), threading.Barrier(20)

    def ask(number: int) -> Any:
        together.wait(10)
        return processes[number % 2].usable(seen, patience=20)

    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(ask, range(20)))

    assert 1 == token_calls(rig.sandbox)
    assert {grant_of(stored(rig)).id} == {grant_of(each.credential).id for each in found}
    assert 1 == rig.sandbox.simulator.desk.grants[0].renewals
    for each in stores:
        each.close()


def test_who_waits_in_vain_comes_back_later(rig: Rig) -> None:
    """A process that died holds the lock until it runs out, and then another one renews."""
    connect(rig)
    run_out(rig)
    rig.store.renewals.lock("acme", "a process that died", 60)

    meanwhile = rig.services.grants.usable(stored(rig), patience=0)
    redis: Any = rig.store.redis
    redis.hset("relay:{credential acme}:renewal", "until", 0)
    readiness = ready(rig)

    assert isinstance(meanwhile, Later)
    assert meanwhile.others
    assert isinstance(readiness, Ready)
    assert 1 == token_calls(rig.sandbox)


def ready(rig: Rig) -> Ready | None:
    """Give the credential if it can be used."""
    readiness = rig.services.grants.usable(stored(rig), patience=0)
    return readiness if isinstance(readiness, Ready) else None


def test_a_pair_that_was_lost_with_its_process_is_told_truthfully(rig: Rig) -> None:
    """It died after Calendly had answered and before it could store the answer: the refresh token is used up."""
    connect(rig)
    grant = run_out(rig)
    rig.destination("create_scheduling_link")
    rig.store.renewals.lock("acme", "a process that dies", 0.01)
    until(lambda: rig.store.renewals.lock("acme", "a process that dies", 60) == 0)
    rig.store.renewals.begin("acme", "a process that dies", grant.id)
    rig.services.grants.server.renew(rig.store.vault.open(grant.refresh_token))
    redis: Any = rig.store.redis
    redis.hset("relay:{credential acme}:renewal", "until", 0)

    readiness = usable(rig)

    assert isinstance(readiness, Broken)
    credential = rig.manage("GET", "/credentials/acme")
    assert credential["trouble"] == readiness.reason
    assert "is lost: a renewal begun at 20" in readiness.reason
    assert not credential["connected"]
    assert "paused" == rig.store.destinations.get("here").state
    assert readiness.reason == rig.store.destinations.get("here").paused_because


def test_an_answer_that_was_lost_on_the_way_is_told_truthfully(rig: Rig) -> None:
    """The connection broke after Calendly had used up the refresh token."""
    connect(rig)
    run_out(rig)
    rig.sandbox.faults.add("cut_after", match=TOKEN_PATH)

    first = usable(rig)
    forget_the_wait(rig)
    second = usable(rig)

    assert isinstance(first, Later)
    assert isinstance(second, Broken)
    assert "is lost: a renewal begun at 20" in second.reason
    assert "invalid_grant" in second.reason


def test_a_grant_that_was_revoked_is_not_called_lost(rig: Rig) -> None:
    """Nothing went wrong here."""
    connect(rig)
    rig.sandbox.app.test_client().post("/_sandbox/oauth/revoke")
    run_out(rig)

    readiness = usable(rig)

    assert isinstance(readiness, Broken)
    assert "Calendly has ended the grant of credential 'acme', or somebody revoked it" in readiness.reason
    assert "/api/v1/credentials/acme/connect" in readiness.reason


def test_a_grant_that_has_ended_is_not_asked_for_again(rig: Rig) -> None:
    """However often somebody looks."""
    connect(rig)
    rig.sandbox.app.test_client().post("/_sandbox/oauth/revoke")
    run_out(rig)
    for _ in range(5):
        usable(rig)
        Renewing(rig.services).look()
        rig.manage("POST", "/credentials/acme/check")

    assert 1 == token_calls(rig.sandbox)


@pytest.mark.parametrize("fault", ["500", "503", "429", "cut_before", "garbage", "400"])
def test_a_token_endpoint_that_fails_leaves_the_old_pair(rig: Rig, fault: str) -> None:
    """While the old access token is good it is used; Calendly is left alone for a while."""
    connect(rig)
    before = nearly_over(rig)
    rig.sandbox.faults.add(fault, match=TOKEN_PATH, times=None)
    renewing = Renewing(rig.services)

    renewing.look()

    assert isinstance(usable(rig), Ready)
    assert (before, "") == (grant_of(stored(rig)), stored(rig).trouble)
    assert 1 == token_calls(rig.sandbox)


def test_the_waits_between_tries_grow(rig: Rig, make_settings: MakeSettings) -> None:
    """By two from the first; a wait that Calendly asks for is kept."""
    connect(rig)
    run_out(rig)
    grants = Grants(make_settings(**oauth_settings(rig.sandbox), retry_base=5.0), rig.store)
    rig.sandbox.faults.add("503", match=TOKEN_PATH, times=3)
    rig.sandbox.faults.add("429", match=TOKEN_PATH, headers={"Retry-After": "77"})
    waits = []
    for _ in range(4):
        readiness = cast(Later, grants.usable(stored(rig)))
        waits.append(readiness.seconds)
        forget_the_wait(rig)

    assert [5.0, 10.0, 20.0, 77.0] == waits


def test_nobody_asks_before_the_wait_is_over(rig: Rig, make_settings: MakeSettings) -> None:
    """Not in another process either."""
    connect(rig)
    run_out(rig)
    grants = Grants(make_settings(**oauth_settings(rig.sandbox), retry_base=100.0), rig.store)
    rig.sandbox.faults.add("503", match=TOKEN_PATH)
    grants.usable(stored(rig))

    readiness = usable(rig)

    assert isinstance(readiness, Later)
    assert 90 < readiness.seconds <= 100
    assert 1 == token_calls(rig.sandbox)


def test_a_token_that_ran_out_meanwhile_is_trouble_that_passes(rig: Rig) -> None:
    """The credential says why nothing goes out, and stops saying so."""
    connect(rig)
    run_out(rig)
    rig.sandbox.faults.add("503", match=TOKEN_PATH)
    usable(rig)
    during = rig.manage("GET", "/credentials/acme")

    forget_the_wait(rig)
    usable(rig)

    assert "the relay tries again. Last reason: 503 server_error" in during["trouble"]
    assert during["connected"]
    assert None is rig.manage("GET", "/credentials/acme")["trouble"]


def test_at_most_eight_token_calls_a_minute(rig: Rig) -> None:
    """The ninth waits: it is no failure, nobody is paused, and Calendly is not asked."""
    connect(rig)
    run_out(rig)
    for _ in range(TOKEN_CALLS):
        rig.store.renewals.count_call("acme")

    readiness = usable(rig)

    assert isinstance(readiness, Later)
    assert 50 < readiness.seconds <= 60
    assert (0, "", True) == (token_calls(rig.sandbox), stored(rig).trouble, stored(rig).connected)


def test_wrong_app_settings_end_no_grant(rig: Rig, make_settings: MakeSettings) -> None:
    """Calendly refuses the relay, not the user: the sentence names the settings."""
    connect(rig)
    run_out(rig)
    wrong = {**oauth_settings(rig.sandbox), "client_secret": "wrong"}

    readiness = Grants(make_settings(**wrong), rig.store).usable(stored(rig))

    assert isinstance(readiness, Later)
    assert "401 invalid_client" in readiness.reason
    assert "CALENDLY_CLIENT_SECRET" in readiness.reason
    assert stored(rig).connected


def test_without_app_settings_a_process_renews_nothing(rig: Rig, make_settings: MakeSettings) -> None:
    """And its API says what is missing."""
    connect(rig)
    without = Rig(make_settings(**{**oauth_settings(rig.sandbox), "client_id": ""}), rig.sandbox)
    shown = without.manage("GET", "/credentials/acme")
    run_out(rig)

    readiness = usable(without)

    assert isinstance(readiness, Later)
    assert "CALENDLY_CLIENT_ID not set" in readiness.reason
    assert "CALENDLY_CLIENT_ID" in shown["trouble"]
    without.store.close()


def test_a_connection_made_during_a_renewal_wins(rig: Rig) -> None:
    """The renewed pair belongs to the old grant and is not written over the new one."""
    connect(rig)
    run_out(rig)
    grants = grants_meanwhile(rig, lambda: connect(rig))

    readiness = grants.usable(stored(rig))

    newest = rig.sandbox.simulator.desk.grants[-1]
    assert isinstance(readiness, Ready)
    assert newest.access_token == rig.store.vault.open(stored(rig).token)


def test_a_late_answer_is_better_than_what_others_concluded(rig: Rig) -> None:
    """A process was stopped past its lock, another one found the refresh token used up; then the first one goes on."""
    connect(rig)
    run_out(rig)
    redis: Any = rig.store.redis

    def another() -> None:
        redis.hset("relay:{credential acme}:renewal", "until", 0)
        assert isinstance(rig.services.grants.usable(stored(rig)), Broken)

    readiness = grants_meanwhile(rig, another).usable(stored(rig))

    assert isinstance(readiness, Ready)
    assert (True, "") == (stored(rig).connected, stored(rig).trouble)


def test_a_refusal_of_the_old_pair_is_not_held_against_the_new_one(rig: Rig) -> None:
    """A process that was stopped sends a refresh token that another one has used up meanwhile."""
    connect(rig)
    seen = run_out(rig)
    refresh_token = rig.store.vault.open(seen.refresh_token)
    server = cast(Any, AuthorizationServer(rig.settings))

    def late(_: str) -> Told:
        redis: Any = rig.store.redis
        redis.hset("relay:{credential acme}:renewal", "until", 0)
        usable(rig)
        return AuthorizationServer(rig.settings).renew(refresh_token)

    server.renew = late
    readiness = Grants(rig.settings, rig.store, server).usable(stored(rig))

    assert isinstance(readiness, Ready)
    assert (True, "") == (stored(rig).connected, stored(rig).trouble)


def test_a_pair_for_a_credential_that_was_deleted_is_revoked(rig: Rig) -> None:
    """Nobody else has it."""
    connect(rig)
    run_out(rig)
    grants = grants_meanwhile(rig, lambda: rig.store.credentials.delete("acme"))

    with pytest.raises(UnknownCredential):
        grants.usable(stored(rig))

    assert rig.sandbox.simulator.desk.grants[0].revoked


class Away(Credentials):
    """Credentials that cannot be written a few times."""

    def __init__(self, store: Store, times: int) -> None:
        super().__init__(store.redis, store.destinations)
        self.times = times

    def change(self, identifier: str, change: Callable[[Credential], Credential]) -> Credential:
        """Fail, or write."""
        self.times -= 1
        if self.times >= 0:
            raise StoreUnavailable
        return super().change(identifier, change)


def test_a_new_pair_is_kept_in_hand_while_redis_is_away(rig: Rig) -> None:
    """There is no other copy of it."""
    connect(rig)
    run_out(rig)
    store = replace(rig.store, credentials=Away(rig.store, 2))

    readiness = Grants(rig.settings, store).usable(stored(rig))

    assert isinstance(readiness, Ready)
    assert stored(rig) == readiness.credential
    assert 1 == token_calls(rig.sandbox)


def test_the_refresh_token_is_sealed_anew_with_the_first_key(rig: Rig, make_settings: MakeSettings) -> None:
    """So that the old key can go; a credential that nobody connected has nothing to seal."""
    connect(rig)
    rig.manage("POST", "/credentials", {"id": "other", "kind": "oauth"})
    both = open_store(make_settings(secret_keys=(NEW_KEY, SECRET_KEY)))
    alone = open_store(make_settings(secret_keys=(NEW_KEY,)))

    resealed = both.resealing.run()

    credential = alone.credentials.get("acme")
    desk = rig.sandbox.simulator.desk.grants[0]
    assert (2, 0) == (resealed, both.resealing.run())
    assert (desk.access_token, desk.refresh_token) == (
        alone.vault.open(credential.token),
        alone.vault.open(grant_of(credential).refresh_token),
    )
    both.close()
    alone.close()


def test_no_token_is_logged_or_at_rest_in_clear(rig: Rig, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither when it goes well nor when it fails."""
    connect(rig)
    seen = []
    for fault in ("503", "garbage", "slow"):
        run_out(rig)
        forget_the_wait(rig)
        rig.sandbox.faults.add(fault, match=TOKEN_PATH, seconds=0.01)
        usable(rig)
        desk = rig.sandbox.simulator.desk.grants[-1]
        seen += [desk.access_token, desk.refresh_token, rig.settings.client_secret]
        connect(rig)

    told = "".join(capfd.readouterr())
    redis: Any = rig.store.redis
    at_rest = str(redis.get("relay:credential:acme")) + str(redis.hgetall("relay:{credential acme}:renewal"))
    assert [] == [secret for secret in seen if secret in told or secret in at_rest]
    assert "grant.not_renewed" in told

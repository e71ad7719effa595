"""The secret key can be changed without losing a secret, and the old one can go."""

from __future__ import annotations

from relay.callbacks import open_callback
from relay.store import open_store
from tests.conftest import SECRET_KEY, MakeSettings
from tests.good_records import GOOD_RECORDS
from tests.rig import Rig

NEW_KEY = "another secret key that is only for tests"


def test_what_an_old_key_sealed_is_sealed_anew_with_the_first(rig: Rig, make_settings: MakeSettings) -> None:
    """After both keys were set for a moment, the new one alone opens every token and callback secret."""
    rig.destination("create_scheduling_link")
    both = open_store(make_settings(secret_keys=(NEW_KEY, SECRET_KEY)))
    alone = open_store(make_settings(secret_keys=(NEW_KEY,)))

    resealed = both.resealing.run()

    callback = alone.destinations.get("here").settings.callback
    assert 2 == resealed
    assert "sandbox" == alone.vault.open(alone.credentials.get("acme").token)
    assert callback is not None
    assert alone.vault.open(callback.secret).startswith("whsec_")
    assert 0 == both.resealing.run()


def test_all_that_is_secret_of_a_callback_is_sealed_anew(rig: Rig, make_settings: MakeSettings) -> None:
    """Both secrets of a rotation, and the value of each header; their names and order stay."""
    headers = {"X-Two": "second-header-value", "Authorization": "Bearer first"}
    callback = {"url": rig.sandbox.callback_url("here"), "headers": headers}
    old = rig.destination("create_scheduling_link", callback=callback)["callback"]["secret"]
    new = rig.manage("POST", "/destinations/here/callback/rotate")["callback"]["secret"]
    both = open_store(make_settings(secret_keys=(NEW_KEY, SECRET_KEY)))
    alone = open_store(make_settings(secret_keys=(NEW_KEY,)))

    resealed = both.resealing.run()

    kept = alone.destinations.get("here").settings.callback
    assert kept is not None
    opened = open_callback(alone.vault, kept, 0.0)
    assert 5 == resealed  # with the credential's token
    assert ((new, old), headers) == (opened.secrets, opened.headers)
    assert list(headers) == list(opened.headers)
    assert 0 == both.resealing.run()


def test_a_secret_that_no_key_opens_is_left_as_it_is(rig: Rig, make_settings: MakeSettings) -> None:
    """A wrong key destroys nothing: with the right one back, everything works."""
    before = rig.store.credentials.get("acme")
    wrong = open_store(make_settings(secret_keys=(NEW_KEY,)))

    resealed = wrong.resealing.run()

    assert (0, before) == (resealed, rig.store.credentials.get("acme"))


def test_a_worker_with_the_wrong_key_harms_nothing(rig: Rig, make_settings: MakeSettings) -> None:
    """It serves no lane whose token it cannot open; the destination stays active for workers that can."""
    rig.destination("create_scheduling_link")
    (delivery,) = rig.accept(GOOD_RECORDS["create_scheduling_link"])
    wrong = Rig(make_settings(sandbox_url=rig.sandbox.url, secret_keys=(NEW_KEY,)), rig.sandbox)
    wrong.forget_who_was_asked()
    wrong.turn()
    calls = [call for call in rig.sandbox.calls() if call.method != "GET"]

    rig.forget_pauses()
    rig.drain()

    assert [] == calls
    assert ("active", "delivered") == (
        rig.store.destinations.get("here").state,
        rig.delivery(delivery).state,
    )


def test_a_receiver_that_wants_no_callbacks_is_not_asked_anew(rig: Rig, make_settings: MakeSettings) -> None:
    """That nobody looked at the destination, only its secrets have another key."""
    made = rig.destination("create_scheduling_link")
    url = made["callback"]["url"]
    rig.store.receivers.note_gone("here", url)
    both = open_store(make_settings(secret_keys=(NEW_KEY, SECRET_KEY)))

    resealed = both.resealing.run()

    assert (2, True) == (resealed, rig.store.receivers.is_gone("here", url))

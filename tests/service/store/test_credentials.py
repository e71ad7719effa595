"""Credentials in the store: changes made at the same moment all count."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from relay.errors import Conflict, UnknownCredential
from relay.model.credential import Credential, Rate
from relay.store import Store, keys
from tests.destinations import a_destination


def a_credential(**changes: str) -> Credential:
    """Give a credential."""
    return Credential(**{"id": "acme", "kind": "personal_access_token", "token": "sealed", **changes})  # type: ignore[arg-type]


def test_an_id_is_taken_once(store: Store) -> None:
    """The first one stands."""
    store.credentials.create(a_credential(token="first"))

    with pytest.raises(Conflict):
        store.credentials.create(a_credential(token="second"))

    assert "first" == store.credentials.get("acme").token


def test_no_change_is_lost_among_many_writers(store: Store) -> None:
    """Each of forty changes builds on the one before."""
    store.credentials.create(a_credential(user="|"))

    def change(number: int) -> None:
        store.credentials.change("acme", lambda stands: replace(stands, user=f"{stands.user}{number}|"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(40)))
    written = store.credentials.get("acme").user.strip("|").split("|")

    assert sorted(map(str, range(40))) == sorted(written)


def test_a_deleted_credential_is_not_brought_back_by_a_change(store: Store) -> None:
    """Also when it goes in the middle of the change."""
    store.credentials.create(a_credential())

    def change(stands: Credential) -> Credential:
        store.credentials.delete("acme")
        return replace(stands, trouble="late")

    with pytest.raises(UnknownCredential):
        store.credentials.change("acme", change)
    assert [] == store.credentials.all()


def test_a_credential_in_use_is_not_deleted(store: Store) -> None:
    """The refusal names who uses it."""
    store.credentials.create(a_credential())
    store.destinations.create(a_destination())

    with pytest.raises(Conflict, match="here"):
        store.credentials.delete("acme")

    assert ["here"] == store.credentials.destinations("acme")


def test_a_deleted_credential_leaves_nothing(store: Store) -> None:
    """Its budget goes with it."""
    store.credentials.create(a_credential())
    store.budget.ask("acme", 1, Rate())

    store.credentials.delete("acme")

    assert [keys.MARK.encode()] == list(store.redis.scan_iter("*"))


def test_one_that_is_made_while_it_is_deleted_is_listed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What exists is always found: a key rotation must not pass it by."""
    store.credentials.create(a_credential())
    delete = store.redis.delete

    def made_anew(*names: str) -> Any:
        deleted = delete(*names)
        if keys.credential("acme") in names:
            store.credentials.create(a_credential())
        return deleted

    monkeypatch.setattr(store.redis, "delete", made_anew)
    store.credentials.delete("acme")

    assert ["acme"] == [each.id for each in store.credentials.all()]

"""The vault: secrets rest sealed, and keys rotate."""

from __future__ import annotations

import pytest

from relay.store.vault import CannotOpen, Vault

OLD, NEW = "the old key, thirty-two characters", "the new key, thirty-two characters"


def test_what_is_sealed_can_be_opened_and_does_not_show() -> None:
    """The sealed text holds nothing of the secret, and two sealings differ."""
    vault = Vault((OLD,))

    sealed = vault.seal("a token")

    assert "a token" == vault.open(sealed)
    assert "token" not in sealed
    assert sealed != vault.seal("a token")


def test_every_key_opens_and_the_first_one_seals() -> None:
    """After a rotation old secrets still open, and new ones need the new key only."""
    sealed = Vault((OLD,)).seal("a token")
    rotated = Vault((NEW, OLD))

    assert "a token" == rotated.open(sealed)
    assert "another" == Vault((NEW,)).open(rotated.seal("another"))
    assert "a token" == Vault((NEW,)).open(rotated.reseal(sealed))


def test_a_removed_key_leaves_its_secrets_closed() -> None:
    """Said in words of ours, without the secret."""
    sealed = Vault((OLD,)).seal("a token")

    with pytest.raises(CannotOpen):
        Vault((NEW,)).open(sealed)
    with pytest.raises(CannotOpen):
        Vault((NEW,)).reseal(sealed)


@pytest.mark.parametrize("text", ["", "gAAAA", "no seal", "\u00e4\u00f6\u00fc", "\N{PILE OF POO}"])
def test_what_was_never_sealed_cannot_be_opened(text: str) -> None:
    """Whatever stands in the store."""
    with pytest.raises(CannotOpen):
        Vault((OLD,)).open(text)

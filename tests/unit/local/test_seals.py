"""Which key may be used on data that is there already."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.data_dir import DataDir
from local.errors import CannotStart
from local.redis_look import Contents, RedisLook
from local.seals import NOTE, check_seals, note_seal
from local.settings import HouseSettings, complete

REDIS = "redis://:hidden@127.0.0.1:6379/2"
OLD, NEW = "o" * 32, "n" * 32


def looked_at(*, holds_relay: bool = True) -> RedisLook:
    """Give a Redis that has been looked at."""
    look = RedisLook(REDIS)
    look.contents = Contents(7, holds_relay)
    return look


def a_house(data_dir: DataDir, key: str | None) -> HouseSettings:
    """Give the settings of a house whose REDIS_URL is given, with this key or with none."""
    given = {"REDIS_URL": REDIS} if key is None else {"REDIS_URL": REDIS, "RELAY_SECRET_KEY": key}
    return complete(given, data_dir, None)


def test_a_made_up_key_never_meets_the_secrets_of_a_relay(tmp_path: Path) -> None:
    """It could open none of them. The refused key is not kept either: the next start would find it and go on."""
    settings = a_house(DataDir(tmp_path), None)

    with pytest.raises(CannotStart, match=r"^The Redis at 127\.0\.0\.1:6379 holds a relay's secrets already"):
        check_seals(settings, DataDir(tmp_path), looked_at())

    assert not DataDir(tmp_path).knows("secret_key")


def test_a_key_that_was_made_up_for_another_redis_is_no_better(tmp_path: Path) -> None:
    """Whoever names a Redis with a relay in it has to give its key too."""
    a_house(DataDir(tmp_path), None).keep_new_keys(DataDir(tmp_path))
    settings = a_house(DataDir(tmp_path), None)

    with pytest.raises(CannotStart, match="a made-up RELAY_SECRET_KEY could not open them"):
        check_seals(settings, DataDir(tmp_path), looked_at())


def test_a_kept_key_is_right_for_the_redis_that_lies_beside_it(tmp_path: Path) -> None:
    """Also where nobody has noted which key sealed what."""
    complete({}, DataDir(tmp_path), REDIS).keep_new_keys(DataDir(tmp_path))

    check_seals(complete({}, DataDir(tmp_path), REDIS), DataDir(tmp_path), looked_at())


def test_a_key_that_somebody_gave_is_trusted_at_first_sight(tmp_path: Path) -> None:
    """The house cannot know better."""
    check_seals(a_house(DataDir(tmp_path), OLD), DataDir(tmp_path), looked_at())


def test_a_made_up_key_is_right_where_no_relay_is(tmp_path: Path) -> None:
    """Other people's data in the same Redis has nothing to do with it."""
    check_seals(a_house(DataDir(tmp_path), None), DataDir(tmp_path), looked_at(holds_relay=False))


@pytest.mark.parametrize("key", [OLD, f"{NEW},{OLD}"])
def test_the_key_that_sealed_is_welcome(tmp_path: Path, key: str) -> None:
    """Alone or behind a newer one."""
    note_seal(a_house(DataDir(tmp_path), OLD), DataDir(tmp_path), looked_at())

    check_seals(a_house(DataDir(tmp_path), key), DataDir(tmp_path), looked_at())


def test_another_key_is_refused(tmp_path: Path) -> None:
    """Also one that the folder kept from before the configured one was set."""
    note_seal(a_house(DataDir(tmp_path), OLD), DataDir(tmp_path), looked_at())

    with pytest.raises(CannotStart, match="RELAY_SECRET_KEY=new,old"):
        check_seals(a_house(DataDir(tmp_path), NEW), DataDir(tmp_path), looked_at())


def test_the_note_says_nothing_about_the_key(tmp_path: Path) -> None:
    """It tells keys apart, and no more."""
    note_seal(a_house(DataDir(tmp_path), OLD), DataDir(tmp_path), looked_at())

    note = (tmp_path / NOTE).read_text(encoding="utf-8")
    assert "127.0.0.1:6379/2" in note
    assert OLD[:6] not in note
    assert "hidden" not in note

"""The banner: the line to paste, and what should be known about keys."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from local.client import Client
from local.data_dir import DataDir
from local.house import House
from local.redis_look import Contents, RedisLook
from local.run import curl_line, notes
from local.settings import complete

REDIS = "redis://:hidden@127.0.0.1:6379/0"


def a_house(path: Path, found: Contents, **given: str) -> House:
    """Give a house on a named Redis in which this was found."""
    data_dir, redis = DataDir(path), RedisLook(REDIS)
    redis.contents = found
    settings = complete({"REDIS_URL": REDIS, **given}, data_dir, None)
    return House(settings, data_dir, Client("http://r", ""), Client("http://s", ""), None, redis)


def test_the_line_to_paste_survives_the_shell() -> None:
    """Quotes and spaces arrive as they are, and it is one line."""
    record = {"owner": "https://api.calendly.com/event_types/E", "deal": 'Ann\'s "big" one'}

    line = curl_line("http://127.0.0.1:8000/in/x", "k-1", record)

    words = shlex.split(line)
    assert "\n" not in line
    assert ["curl", "-sS", "http://127.0.0.1:8000/in/x"] == words[:3]
    assert "Authorization: Bearer k-1" in words
    assert record == json.loads(words[-1])


def test_a_key_that_is_new_to_old_data_is_said(tmp_path: Path) -> None:
    """Others may use that data with a key of their own."""
    house = a_house(tmp_path, Contents(3, holds_relay=True), RELAY_SECRET_KEY="s" * 32)

    note = notes(house)

    assert "This Redis held data already. RELAY_ADMIN_KEY: not set, so made now" in note
    assert str(tmp_path) in note


@pytest.mark.parametrize(
    ("keys", "given"),
    [(0, {}), (3, {"RELAY_SECRET_KEY": "s" * 32, "RELAY_ADMIN_KEY": "a-key-of-my-own-choice"})],
)
def test_there_is_nothing_to_say_otherwise(tmp_path: Path, keys: int, given: dict[str, str]) -> None:
    """Either the Redis is new too, or the keys were given."""
    assert "" == notes(a_house(tmp_path, Contents(keys, holds_relay=False), **given))

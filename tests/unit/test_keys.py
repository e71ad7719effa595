"""Keys: what one script touches lives in one slot, and no name can be mistaken for another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay import store
from relay.model.ids import IdMaker
from relay.store import keys
from relay.store.keys import Lane

SLUG = st.from_regex(r"[a-z0-9][a-z0-9-]{0,40}", fullmatch=True)
SCRIPTS = Path(store.__file__).parent / "scripts"


def tag(key: str) -> str:
    """Give the part of a key that decides about its slot."""
    found = re.search(r"\{(.+?)\}", key)
    assert found
    return found.group(1)


@given(destination=SLUG)
def test_all_keys_of_a_destination_share_a_slot(destination: str) -> None:
    """So its scripts run on a Redis Cluster."""
    shard = keys.shard_of(destination)
    delivery = IdMaker().make("dlv_", shard)
    lanes = [Lane("delivery", destination), Lane("callback", destination)]
    touched = [
        keys.destination(destination),
        keys.gone_receiver(destination),
        keys.attention(shard),
        keys.delivery(delivery),
        keys.callback(IdMaker().make("cbk_", shard)),
        keys.log(shard),
        keys.log(shard, None, "dead"),
        keys.log(shard, destination),
        keys.log(shard, destination, "dead"),
        *(name(lane) for lane in lanes for name in (keys.lane_of, keys.due, keys.flight)),
    ]

    assert {shard} == {tag(key) for key in touched}
    assert len(touched) == len(set(touched))
    assert all(key.startswith(lanes[0].prefix) for key in touched)


@given(destination=SLUG, kind=st.sampled_from(["delivery", "callback"]))
def test_a_lane_is_found_again_by_its_name(destination: str, kind: str) -> None:
    """Jobs and the attention list carry names only."""
    lane = Lane(kind, destination)  # type: ignore[arg-type]  # one of the two

    assert lane == Lane.named(lane.name)


@pytest.mark.parametrize("name", ["", "delivery", "lane/here", "here", "/here", "Delivery/here"])
def test_what_names_no_lane_is_refused(name: str) -> None:
    """A job with such an argument was not written by us."""
    with pytest.raises(ValueError, match="not a lane"):
        Lane.named(name)


@pytest.mark.parametrize("state", ["queued", "dead", "delivered", "uncertain"])
def test_a_destination_named_like_a_state_has_a_log_of_its_own(state: str) -> None:
    """Any slug may be an id."""
    assert keys.log("0", state) != keys.log("0", None, state)


def test_shards_are_spread_and_stay_where_they_are() -> None:
    """Another machine, or another day, finds the same ones."""
    spread = {keys.shard_of(f"destination-{number}") for number in range(400)}

    assert set(keys.SHARD_TAGS) == spread
    assert ["b", "a"] == [keys.shard_of("send-booking-link"), keys.shard_of("cancel-demos")]


def test_credentials_have_budgets_apart() -> None:
    """Each in a slot of its own."""
    assert tag(keys.budget("acme")) != tag(keys.budget("globex"))


def test_the_main_path_asks_nothing_newer_than_redis_6_2() -> None:
    """Hosted ones are often that old."""
    newer = {
        "LMPOP",
        "ZMPOP",
        "EXPIRETIME",
        "PEXPIRETIME",
        "HEXPIRE",
        "HPEXPIRE",
        "HGETEX",
        "HGETDEL",
        "HSETEX",
    }
    newer |= {"HPERSIST", "SINTERCARD", "ZINTERCARD", "FCALL", "EVAL_RO", "WAITAOF", "XACKDEL"}
    asked = {
        command
        for script in SCRIPTS.glob("*.lua")
        for command in re.findall(r"redis\.call\('(\w+)'", script.read_text(encoding="utf-8"))
    }

    assert set() == newer & asked
    assert {"HSET", "ZADD"} <= asked

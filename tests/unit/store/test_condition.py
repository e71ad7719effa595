"""What is wrong with a Redis that tells these facts of itself."""

from __future__ import annotations

import pytest

from relay.config import Durability
from relay.store.condition import Facts, problems

GOOD = {
    "version": (7, 2, 4),
    "replicas": 0,
    "policy": "noeviction",
    "appends": True,
    "fsync": "always",
    "save": "",
}
TABLE: list[tuple[dict[str, object], Durability, list[str]]] = [
    ({}, "redis", []),
    ({"version": (6, 2, 0)}, "redis", []),
    ({"version": (6, 0, 16)}, "redis", ["version"]),
    ({"is_replica": True}, "redis", ["read_only"]),
    ({"policy": "allkeys-lru"}, "redis", ["eviction"]),
    ({"policy": "volatile-ttl"}, "redis", ["eviction"]),
    ({"writes_fail": True}, "redis", ["disk"]),
    ({"appends": False, "save": ""}, "redis", ["persistence"]),
    ({"appends": False, "save": "3600 1"}, "redis", ["persistence"]),
    ({"appends": False, "save": None}, "redis", []),  # CONFIG is forbidden: nobody knows
    ({"fsync": "everysec"}, "redis", ["persistence"]),
    ({"fsync": "no"}, "redis", ["persistence"]),
    ({"fsync": None}, "redis", []),
    ({"fsync": "everysec"}, "fsync", []),  # each answer waits for the disk
    ({"fsync": "everysec", "replicas": 1}, "replica", []),
    ({"replicas": 0}, "replica", ["durability"]),
    ({"appends": False}, "fsync", ["durability"]),
    ({"version": (7, 0, 15)}, "fsync", ["durability"]),
    ({"version": (6, 0, 0), "policy": "allkeys-lfu", "appends": False}, "redis", ["version", "eviction", "persistence"]),
    (dict.fromkeys(GOOD), "redis", []),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "durability", "codes"), TABLE)
def test_what_may_be_lost_is_named(
    facts: dict[str, object], durability: Durability, codes: list[str]
) -> None:
    """Each problem once, and none that nobody can be sure of."""
    found = problems(Facts(**{**GOOD, **facts}), durability)  # type: ignore[arg-type]  # a table of facts

    assert codes == [each.code for each in found]
    assert all(each.detail.endswith(".") for each in found)

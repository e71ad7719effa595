"""A destination and its two lanes, moved step by step, with a look at what Redis then holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from relay.model.delivery import STATES, NewRecord
from relay.store import Lane, Store, keys
from relay.store.attempts import Claim, Claimed, Ending, Lease, NewCallback
from tests.destinations import a_destination

KEEP = 3600  # seconds
LONG_AGO = 1  # ms since 1970


def ended(state: str = "delivered", **changes: Any) -> Ending:
    """Give the ending of an attempt; settled ones stay for an hour."""
    keep = KEEP if state in {"delivered", "dead"} else None
    usual: dict[str, Any] = {"attempt": {"verdict": state, "status": None}, "spent": 1, "keep": keep}
    return Ending(state=state, **{**usual, **changes})


class OneLane:
    """One lane of one destination in a real Redis."""

    def __init__(
        self,
        store: Store,
        identifier: str = "here",
        kind: Literal["delivery", "callback", "test"] = "delivery",
        *,
        active: bool = True,
        make: bool = True,
        **changes: Any,
    ) -> None:
        self.store = store
        self.redis: Any = store.redis  # its answers have no exact types
        self.lanes = store.lanes
        self.identifier = identifier
        self.lane = Lane(kind, identifier)
        self.woken = False
        self.changes = changes
        if make:
            store.destinations.create(a_destination(identifier, **changes))
        if make and active:
            store.destinations.set_state(identifier, "active")

    @property
    def callbacks(self) -> OneLane:
        """Give the destination's other lane."""
        return OneLane(self.store, self.identifier, "callback", make=False)

    def new(self, number: int = 1, **changes: Any) -> list[NewRecord]:
        """Give records that nobody stored yet."""
        usual: dict[str, Any] = {"record": {"crm_id": 7}, "fields": {"event_uuid": "E"}}
        make = self.store.new_delivery_id
        return [NewRecord(id=make(self.identifier), **{**usual, **changes}) for _ in range(number)]

    def accept(self, records: int | Sequence[NewRecord] = 1, **request: Any) -> list[str]:
        """Store records, and give the ids of their deliveries; `woken` then tells whether a turn should be asked for."""
        new = self.new(records) if isinstance(records, int) else records
        settings = a_destination(self.identifier, **self.changes)
        accepted = self.store.acceptance.accept(settings, new, **request)
        self.woken = accepted.wake
        return accepted.deliveries

    def lease(self) -> Lease:
        """Take the lease, which is free."""
        lease = self.lanes.lease(self.lane)
        assert lease is not None
        return lease

    def claim(self, limit: int = 100) -> tuple[Lease, tuple[Claimed, ...]]:
        """Take the lease and claim what is due."""
        lease = self.lease()
        return lease, self.lanes.claim(lease, limit).attempts

    def claim_one(self) -> tuple[Lease, Claimed]:
        """Take the lease and claim the one item that is due."""
        lease, (claimed,) = self.claim()
        return lease, claimed

    def settle(self, claimed: Claimed, ending: Ending | None = None) -> bool:
        """Write what an attempt came to."""
        return self.lanes.settle(self.lane, claimed.id, claimed.token, claimed.number, ending or ended())

    def settle_with_callback(self, claimed: Claimed, state: str = "delivered", **changes: Any) -> str:
        """Write what an attempt came to together with a callback, and give that one's id."""
        callback = NewCallback(
            id=self.store.new_callback_id(self.identifier),
            type=f"delivery.{state}",
            payload="{}",
            url="https://crm.example/hook",
        )
        assert self.settle(claimed, ended(state, callback=callback, **changes))
        return callback.id

    def die(self) -> None:
        """Let the holder of the lease be dead for so long that it ran out."""
        self.redis.hset(keys.lane_of(self.lane), "lease_until", LONG_AGO)
        self.bring_forward()

    def bring_forward(self) -> None:
        """Let the lane's time come now, if it is to come at all, and whoever was asked be late."""
        self.redis.hdel(keys.lane_of(self.lane), "asked_until")
        if self.next_look() is not None:
            self.redis.zadd(keys.attention(self.lane.shard), {self.lane.name: LONG_AGO})

    def make_due(self) -> None:
        """Let everything that waits in the lane be due now."""
        for name in self.redis.zrange(keys.due(self.lane), 0, -1):
            self.redis.zadd(keys.due(self.lane), {name: LONG_AGO})
            if self.lane.kind == "delivery":
                # what was on its way has arrived
                self.redis.hdel(keys.delivery(name.decode()), "lands_at", "effect_by")
        self.redis.hdel(keys.lane_of(self.lane), "not_before")
        self.bring_forward()

    def now(self) -> int:
        """Give Redis's time in ms."""
        seconds, micros = self.redis.time()
        return int(seconds) * 1000 + int(micros) // 1000

    def next_look(self) -> int | None:
        """Give when the lane next needs somebody, in ms; None for never."""
        score = self.redis.zscore(keys.attention(self.lane.shard), self.lane.name)
        return None if score is None else int(score)

    def due(self) -> list[str]:
        """Give what waits in the lane, in order."""
        return [raw.decode() for raw in self.redis.zrange(keys.due(self.lane), 0, -1)]

    def flight(self) -> list[str]:
        """Give what is in flight."""
        return [raw.decode() for raw in self.redis.zrange(keys.flight(self.lane), 0, -1)]

    def item(self, identifier: str) -> dict[str, str]:
        """Give an item's hash."""
        kind = keys.delivery if self.lane.kind == "delivery" else keys.callback
        return {name.decode(): value.decode() for name, value in self.redis.hgetall(kind(identifier)).items()}

    def state(self, identifier: str) -> str:
        """Give an item's state."""
        return self.item(identifier).get("state", "gone")

    def logged(self, identifier: str, *, everywhere: bool = False) -> list[str]:
        """Give the states whose log names a delivery: in the destination's logs, or in the whole shard's."""
        whose = None if everywhere else self.identifier
        return [
            state
            for state in STATES
            if self.redis.zscore(keys.log(self.lane.shard, whose, state), identifier) is not None
        ]


def first_due(claim: Claim) -> bool:
    """Tell whether more is due after a claim."""
    return claim.due > 0

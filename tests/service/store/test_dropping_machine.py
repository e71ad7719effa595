"""Whatever is done to the deliveries of a destination that keeps no payloads: what is over is bare, what is not is whole."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.errors import Conflict, RelayError
from relay.model.delivery import SETTLED
from relay.model.destination import RetentionSettings
from relay.store import Store, keys
from relay.store.attempts import Claimed, NewCallback
from tests.service.store.one_lane import OneLane, ended

ADA = "ada@example.com"
ENDS = ("delivered", "dead", "uncertain", "retrying")
MOVES = st.one_of(
    st.tuples(st.just("accept")),
    st.tuples(st.just("settle"), st.sampled_from(ENDS), st.sampled_from(["", "outcome", "attempt"])),
    st.tuples(st.just("claim callbacks")),
    st.tuples(st.just("end callback"), st.sampled_from(["delivered", "dead", "retrying"])),
    *(
        st.tuples(
            st.just("by hand"),
            st.sampled_from(["retry", "cancel", "retry_callback", "resolve", "resolve quietly"]),
        )
        for _ in "ab"
    ),
    st.tuples(st.just("tidy")),
)


class Moved:
    """A lane, what is on its way in it, and the moves."""

    def __init__(self, store: Store) -> None:
        store.redis.flushall()
        self.here = OneLane(store, retention=RetentionSettings(keep_payload=False))
        self.store = store
        self.redis: Any = store.redis
        self.made: list[str] = []
        self.told: list[str] = []
        self.calls: list[Claimed] = []
        self.posts: list[Claimed] = []

    def move(self, what: str, *how: str) -> None:
        """Do one thing; what is refused is not done."""
        with suppress(RelayError):
            getattr(self, what.replace(" ", "_"))(*how)
        assert self.wrong() == [], f"{what} {how}"

    def accept(self) -> None:
        """Store a record that names the person."""
        record = {"email": ADA}
        self.made += self.here.accept(self.here.new(record=record, fields=record))

    def settle(self, state: str, tells: str) -> None:
        """End an attempt, or write a late answer to one."""
        if self._free():
            self.here.make_due()
            lease, begun = self.here.claim()
            self.calls += begun
            self.store.lanes.release(lease)
        if not self.calls:
            return
        claimed = self.calls[0] if state == "uncertain" else self.calls.pop(0)
        callback = self._callback(tells) if tells else None
        wait = 0.0 if state == "retrying" else None
        self.here.settle(
            claimed,
            ended(
                state,
                wait=wait,
                known=state != "uncertain",
                callback=callback,
                values={"reason": f"no {ADA}"},
            ),
        )

    def _free(self) -> bool:
        return not self.here.flight()

    def _callback(self, tells: str) -> NewCallback:
        kind = "delivery.attempted" if tells == "attempt" else "delivery.delivered"
        self.told.append(self.store.new_callback_id("here"))
        return NewCallback(id=self.told[-1], type=kind, payload=f'"{ADA}"', url="https://crm.example/hook")

    def claim_callbacks(self) -> None:
        """Begin to send what is to be told."""
        callbacks = self.here.callbacks
        callbacks.make_due()
        lease, begun = callbacks.claim(2)
        self.posts += begun
        self.store.lanes.release(lease)

    def end_callback(self, state: str) -> None:
        """End the POST that was begun first."""
        if self.posts:
            wait = 0.0 if state == "retrying" else None
            self.here.callbacks.settle(self.posts.pop(0), ended(state, wait=wait))

    def by_hand(self, what: str) -> None:
        """Do what a person may, to each delivery that lets it be done."""
        for identifier in self.made:
            with suppress(Conflict):
                if what.startswith("resolve"):
                    seen = self.store.deliveries.get(identifier)
                    callback = self._callback("outcome") if what == "resolve" else None
                    self.store.operations.resolve(seen, "dead", f"asked {ADA}", callback)
                else:
                    getattr(self.store.operations, what)(identifier)

    def tidy(self) -> None:
        """Look at all that is settled."""
        self.redis.hdel(keys.retention("here"), "applied")
        self.store.retention.trim()

    def wrong(self) -> list[str]:
        """Name what is bare and should not be, or is not and should be."""
        return [each for each in self.made if self._is_bare(each) != self._is_over(each)]

    def _is_over(self, identifier: str) -> bool:
        item = self.here.item(identifier)
        open_ = [
            self._state(each) in {"queued", "sending", "retrying"}
            for each in item.get("callbacks", "").split()
        ]
        return item["state"] in SETTLED and not any(open_)

    def _state(self, callback: str) -> str:
        return self.here.callbacks.state(callback)

    def _is_bare(self, identifier: str) -> bool:
        callbacks = [
            each for each in self.told if self.here.callbacks.item(each).get("delivery") == identifier
        ]
        if ADA in str(self.here.item(identifier)):
            return False
        # Where a delivery goes, all that it told goes with it.
        assert ADA not in str([self.here.callbacks.item(each) for each in callbacks]), identifier
        return True


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # each run empties the store
@given(moves=st.lists(MOVES, min_size=10, max_size=30))
def test_payloads_go_when_all_is_over_and_not_before(store: Store, moves: list[tuple[str, ...]]) -> None:
    """By answers in time and late, callbacks that end, retries, cancels and resolutions by hand, in any order."""
    moved = Moved(store)

    for move in moves:
        moved.move(*move)

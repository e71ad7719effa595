"""How attempts end, and who may write that: an end stands exactly where no newer truth does."""

from __future__ import annotations

import json
from dataclasses import replace

from relay.store.attempts import Claimed, Ending, NewCallback, NewPart
from relay.store.batched import halves_of
from tests.service.store.lane_looks import LaneLooks
from tests.service.store.lane_model import LANES, MAY_FLY, Kind
from tests.service.store.one_lane import ended

ENDINGS: dict[str, Ending] = {
    "delivered": ended("delivered"),
    "dead": ended("dead"),
    "split": ended("split", keep=3600),
    "again now": ended("retrying", wait=0.0),
    "again later": ended("retrying", wait=30.0),
    "unknown, to a person": ended("uncertain", known=False),
    "unknown, repeated": ended("retrying", wait=0.0, known=False),
}


class LaneEnds(LaneLooks):
    """The ends of attempts, looked at from all sides."""

    def end(
        self, kind: Kind, claimed: Claimed, name: str, *, told: bool = False, orphaned: bool = False
    ) -> None:
        """Write the end of an attempt, and see that it is written if and only if no newer truth stands."""
        self.look()
        ending = self._ending(kind, claimed, name, told=told)
        if orphaned:
            wait = None if ending.wait is None else MAY_FLY
            until = self.now + round(MAY_FLY * 1000)
            values = {"may_fly_until": str(until), "after_unknown": str(claimed.number)}
            ending = replace(ending, wait=wait, values=values)
        assert self.may_note(kind, claimed) == self.store.lanes.note(
            LANES[kind], claimed.id, claimed.token, "found", '"E"'
        )
        before = self.look().item(kind, claimed.id)
        may = self.may_settle(kind, claimed, known=ending.known)
        # Somebody else writes an end before; and it is written again, because the answer got lost.
        tokens = ("0.0", claimed.token, claimed.token)

        settle = self.store.lanes.settle
        written = [settle(LANES[kind], claimed.id, each, claimed.number, ending) for each in tokens]

        assert [False, may, False] == written
        after = self.look().item(kind, claimed.id)
        if not may:
            assert before == after
            return
        dropped = "superseded" in before and ending.wait is not None
        assert ("dead" if dropped else ending.state) == after["state"]
        self._look_at_the_end(kind, claimed, ending)
        self.not_before[claimed.id] = self.now + round(MAY_FLY * 1000) if orphaned else 0
        self.ids |= {part.id: kind for part in ending.parts}
        if ending.callback:
            self.filed[ending.callback.id] = claimed.id

    def may_note(self, kind: Kind, claimed: Claimed) -> bool:
        """Tell whether something may be written down before a call is sent: only while the attempt is its process's own."""
        stands, lane = self.item(kind, claimed.id), LANES[kind]
        leased = self.picture.lane(lane).get("lease") == claimed.token.partition(".")[0]
        ours = leased or self.picture.flight(lane).get(claimed.id, 0) > self.now
        return stands.get("token") == claimed.token and stands["state"] == "sending" and ours

    def _look_at_the_end(self, kind: Kind, claimed: Claimed, ending: Ending) -> None:
        item, due = self.item(kind, claimed.id), self.picture.due(LANES[kind])
        attempt = json.loads(item[f"attempt:{claimed.number}"])
        assert (claimed.begun_at, self.now) == (attempt["started_at"], attempt["ended_at"])
        if item["state"] == "retrying" and ending.wait is not None:
            assert self.now + round(ending.wait * 1000) == due[claimed.id]
            assert not (self.strict and kind == "delivery") or self.head(kind)
        for part in ending.parts:
            parted = self.item(kind, part.id)
            assert item.get("after_unknown") == parted.get("after_unknown")
            assert list(part.entries) == [
                parted[f"batch:{number + 1}"] for number in range(len(part.entries))
            ]
            assert (
                int(item["accepted_at"]) > due[part.id]
            )  # they take its place, before whatever came after it

    def _ending(self, kind: Kind, claimed: Claimed, name: str, *, told: bool) -> Ending:
        if name == "unknown, to a person" and kind == "callback":
            name = "unknown, repeated"
        if name == "split" and (kind == "callback" or int(claimed.item.get("batch_count", 1)) < 2):
            name = "dead"
        ending = ENDINGS[name]
        if ending.state == "split":
            new = self.store.new_delivery_id
            ending = replace(
                ending, parts=tuple(NewPart(new("here"), half) for half in halves_of(claimed.item))
            )
        if told and kind == "delivery":
            news = "attempted" if ending.state == "retrying" else ending.state
            ending = replace(ending, callback=self.callback(news))
        return ending

    def callback(self, news: str) -> NewCallback:
        """Give a callback to file."""
        identifier, unshaped = (
            self.store.new_callback_id("here"),
            "It has no shape." if news == "dead" else "",
        )
        return NewCallback(
            id=identifier, type=f"delivery.{news}", payload="{}", url="https://crm", unshaped=unshaped
        )

"""Lanes: deliveries and callbacks that wait, the turns that serve them, and where each attempt ends."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any, cast

from relay.errors import NotConfirmed
from relay.store import keys
from relay.store.attempts import NO_CALLBACK, Claim, Claimed, Ending, Lease, LeaseLost
from relay.store.keys import Lane
from relay.store.scripts import Scripts
from relay.store.texts import paired, text, to_json

LEASE = 15.0  # seconds that a lane may stay unattended after its worker died


class Lanes:
    """Every move of an item through its lane. Each is one script: it happens whole or not at all."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def lease(self, lane: Lane) -> Lease | None:
        """Take the lane's lease; None while another turn holds it, or while the lane waits for a rate window."""
        token = secrets.token_hex(8)
        held, *rest = self._run("lease", lane, token, round(LEASE * 1000))
        if not held:
            return None
        left, due, now = rest
        attempts = _attempts(left)
        for each in attempts:
            each.item["found_at"] = str(now)  # by the clock that wrote when it began
        return Lease(lane, token, attempts, due)

    def claim(self, lease: Lease, limit: int) -> Claim:
        """Begin up to `limit` attempts and renew the lease. Raises LeaseLost.

        After StoreUnavailable, `claim_again` gives the attempts that this claim may have begun.
        """
        lease.claims += 1
        return self.claim_again(lease, limit)

    def claim_again(self, lease: Lease, limit: int) -> Claim:
        """Repeat the last claim of this lease: attempts that it began are given again, never begun twice."""
        revision = "" if lease.revision is None else lease.revision
        args = [lease.token, round(LEASE * 1000), lease.claims, limit, revision]
        confirmed = True
        try:
            # What begins nothing, or may be repeated, need not be kept more safely than Redis does.
            held, *rest = self._run("claim", lease.lane, *args, durably=limit > 0)
        except NotConfirmed as exc:
            held, *rest = cast("list[Any]", exc.answer)
            confirmed = False
        if not held:
            raise LeaseLost
        due, *items = rest
        return Claim(_attempts(items), due, confirmed)

    def come_back(self, lane: Lane, seconds: float) -> None:
        """Put a lane off that was asked for and that this process cannot serve now."""
        self._run("come_back", lane, round(seconds * 1000))

    def settle(self, lane: Lane, identifier: str, token: str, number: int, ending: Ending) -> bool:
        """Write what an attempt came to. False means that a newer truth stands, and nothing was written.

        After NotConfirmed it is written, and to write it again does no harm: a failover may have forgotten it.
        """
        callback = ending.callback
        pairs = [text for pair in ending.values.items() for text in pair]
        parts = [text for part in ending.parts for text in (part.id, len(part.entries), *part.entries)]
        written = self._runner(lane)(
            "settle",
            _item_key(lane, identifier),
            [
                *(lane.prefix, lane.name, identifier, token, int(ending.known), ending.state),
                -1 if ending.wait is None else round(ending.wait * 1000),
                *(ending.spent, number, to_json(ending.attempt)),
                -1 if ending.keep is None else ending.keep,
                *(callback.for_script() if callback else NO_CALLBACK),
                *(len(pairs), *pairs, *parts),
            ],
        )
        return bool(written)

    def note(self, lane: Lane, identifier: str, token: str, name: str, value: str) -> bool:
        """Write a field of an item whose attempt is in flight, before its call is sent; an empty value takes it away.

        False means that the attempt is no longer this one's, or over: then nothing may be sent.
        """
        key = _item_key(lane, identifier)
        return bool(self._runner(lane)("note", key, [lane.prefix, lane.name, identifier, token, name, value]))

    def release(self, lease: Lease, not_before: float = 0.0) -> None:
        """Give the lease back; nobody need come to the lane for `not_before` seconds."""
        self._run("release", lease.lane, lease.token, round(not_before * 1000))

    def hold(self, lease: Lease) -> None:
        """Say that the attempts of this lease are in our hands for as long again as a lease, whoever has the lane by then.

        A process that ends gives its lanes away with calls on their way: nobody is to think that those were left behind.
        """
        self._run("hold", lease.lane, lease.token, round(LEASE * 1000))

    def whose_time_has_come(self, limit: int) -> list[Lane]:
        """Find up to `limit` lanes of each shard that need somebody now; each is given to one caller only."""
        return self._found(keys.SHARD_TAGS, limit)

    def one_whose_time_has_come(self) -> Lane | None:
        """Find one lane that needs somebody now; it is given to one caller only."""
        # Whoever can take but one must not be handed one of every shard: each counts as asked to come.
        calls: list[tuple[str, list[Any]]] = [(keys.attention(shard), []) for shard in keys.SHARD_TAGS]
        waited = [-1 if each is None else each for each in self._scripts.run_where_possible("waited", calls)]
        longest = max(waited)
        found = self._found([keys.SHARD_TAGS[waited.index(longest)]], 1) if longest >= 0 else []
        return found[0] if found else None

    def _found(self, shards: Sequence[str], limit: int) -> list[Lane]:
        calls = [(keys.attention(shard), [keys.shard_prefix(shard), limit]) for shard in shards]
        # Lanes of a part of Redis that is away wait; the others do not wait for them.
        found = self._scripts.run_where_possible("attention", calls)
        return [Lane.named(text(name)) for names in found for name in names or ()]

    def _run(self, script: str, lane: Lane, *args: Any, durably: bool = False) -> Any:
        run = self._runner(lane) if durably else self._scripts.run
        return run(script, keys.lane_of(lane), [lane.prefix, lane.name, *args])

    def _runner(self, lane: Lane) -> Callable[[str, str, Sequence[Any]], Any]:
        """Give how to write what decides whether a call is made again; a callback may always be."""
        return self._scripts.run if lane.kind == "callback" else self._scripts.run_durably


def _item_key(lane: Lane, identifier: str) -> str:
    return keys.callback(identifier) if lane.kind == "callback" else keys.delivery(identifier)


def _attempts(items: Sequence[tuple[bytes, list[bytes]]]) -> tuple[Claimed, ...]:
    """Read attempts as the scripts give them: an item's id and its whole hash."""
    hashes = [(text(identifier), paired(raw)) for identifier, raw in items]
    return tuple(
        Claimed(identifier, item["token"], int(item["attempt"]), int(item["spent"]), item)
        for identifier, item in hashes
    )

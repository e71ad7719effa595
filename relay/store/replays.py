"""Replays: many settled deliveries of one destination are put back into its lane, the oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from redis import Redis

from relay.errors import StoreUnavailable
from relay.model.destination import StandingDestination
from relay.store import keys
from relay.store.connection import speaking_our_errors
from relay.store.deliveries import between
from relay.store.keys import Lane
from relay.store.scripts import Scripts
from relay.store.texts import milliseconds, text

AT_A_TIME = 100  # deliveries that are looked at, and put back, in one round trip
MOST_LOOKED_AT = 100_000  # deliveries that one replay goes through; it says that there are more

ReplayState = Literal["dead", "canceled", "uncertain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which deliveries to replay: at most `limit` in this state, accepted in a span of time (Unix seconds).

    With `may_repeat`, those as well whose call may have taken effect.
    """

    state: ReplayState
    since: float | None = None
    until: float | None = None
    limit: int = 1000
    may_repeat: bool = False


@dataclass(slots=True)
class Replayed:
    """What came of a replay. `matching` have the state and the time; `oldest` and `newest` are the ids of two of them.

    `skipped` were looked at and left out, or somebody else was faster. `more`: the replay ended before the last one.
    """

    matching: int
    oldest: str | None
    newest: str | None
    replayed: int = 0
    skipped: int = 0
    more: bool = False


class Replays:
    """Finds what is to be replayed, and puts it back. Each delivery is one script: what changed meanwhile stays as it is."""

    def __init__(self, redis: Redis, scripts: Scripts) -> None:
        self._redis = redis
        self._scripts = scripts

    def look(self, destination: StandingDestination, selection: Selection) -> Replayed:
        """Say what a replay would do, and do nothing."""
        return self._go(destination, selection, dry=True)

    def run(self, destination: StandingDestination, selection: Selection) -> Replayed:
        """Put back what is selected, due now.

        If the store goes away on the way, what was put back by then counts, and there is `more`.
        """
        return self._go(destination, selection, dry=False)

    def _go(self, standing: StandingDestination, selection: Selection, *, dry: bool) -> Replayed:
        destination = standing.settings.id
        done = self._matching(destination, selection)
        chosen = looked_at = 0
        try:
            for ids in self._pages(destination, selection):
                if chosen >= selection.limit or looked_at >= MOST_LOOKED_AT:
                    done.more = True
                    return done
                looked_at += len(ids)
                fit = self._fit(standing, selection, ids)
                taken = fit[: selection.limit - chosen]
                chosen += len(taken)
                done.more = len(taken) < len(fit)
                replayed = 0 if dry else self._put_back(standing, selection, taken)
                done.replayed += replayed
                done.skipped += len(ids) - len(fit) + (0 if dry else len(taken) - replayed)
        except StoreUnavailable:
            if not done.replayed:
                raise
            done.more = True
        return done

    def _matching(self, destination: str, selection: Selection) -> Replayed:
        lower, upper = between(selection.since, selection.until)
        log = keys.log(keys.shard_of(destination), destination, selection.state)
        with speaking_our_errors():
            pipe = self._redis.pipeline(transaction=False)
            pipe.zlexcount(log, lower, upper)
            pipe.zrangebylex(log, lower, upper, start=0, num=1)
            pipe.zrevrangebylex(log, upper, lower, start=0, num=1)
            matching, oldest, newest = pipe.execute()
        return Replayed(matching, text(oldest[0]) if oldest else None, text(newest[0]) if newest else None)

    def _pages(self, destination: str, selection: Selection) -> Iterator[list[str]]:
        """Give ids in order of acceptance; what is put back meanwhile leaves the log behind us, and not before us."""
        lower, upper = between(selection.since, selection.until)
        log = keys.log(keys.shard_of(destination), destination, selection.state)
        while True:
            with speaking_our_errors():
                names: list[Any] = self._redis.zrangebylex(log, lower, upper, start=0, num=AT_A_TIME)
            if not names:
                return
            yield [text(name) for name in names]
            lower = f"({text(names[-1])}"

    def _fit(
        self, standing: StandingDestination, selection: Selection, ids: list[str]
    ) -> list[tuple[str, str]]:
        """Leave out tests, what an earlier destination was sent, what is kept without its payload, and what must not be done twice.

        With each of the others comes how many attempts it has had.
        """
        names = ("template", "test", "accepted_at", "after_unknown", "dropped", "attempt")
        with speaking_our_errors():
            pipe = self._redis.pipeline(transaction=False)
            for each in ids:
                pipe.hmget(keys.delivery(each), *names)
            read = pipe.execute()
        made = milliseconds(standing.created_at)
        return [
            (each, text(attempts))
            for each, (template, test, accepted_at, unknown, dropped, attempts) in zip(ids, read, strict=True)
            if template is not None and text(template) == standing.settings.template
            if not test and not dropped
            if int(accepted_at) >= made
            # An uncertain delivery may have been canceled because its call turned out to be done.
            if selection.may_repeat or selection.state == "dead" or not unknown
        ]

    def _put_back(
        self, standing: StandingDestination, selection: Selection, fit: list[tuple[str, str]]
    ) -> int:
        lane, made = Lane("delivery", standing.settings.id), milliseconds(standing.created_at)
        calls = [
            (keys.delivery(each), [lane.prefix, lane.name, each, made, attempts, selection.state])
            for each, attempts in fit
        ]
        old = self._scripts.run_many("requeue", calls) if calls else []
        return sum(text(each) == selection.state for each in old)

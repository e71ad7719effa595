"""Destinations in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redis import Redis

from relay.errors import Conflict, UnknownDestination
from relay.model.delivery import STATES
from relay.model.destination import Destination, DestinationState, StandingDestination
from relay.store import keys
from relay.store.audit import Audit, Deed
from relay.store.connection import speaking_our_errors
from relay.store.discards import Leftover
from relay.store.keys import Lane
from relay.store.listing import Listing, Page
from relay.store.mark import leave_mark
from relay.store.scripts import Scripts
from relay.store.texts import from_json, moment, text, texts, to_json

DAY = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class WantedDestinations:
    """Which destinations a page should hold; None takes all."""

    state: DestinationState | None = None
    template: str | None = None
    credential: str | None = None

    def fits(self, standing: StandingDestination) -> bool:
        """Tell whether a destination is one of them."""
        return (
            self.state in {None, standing.state}
            and self.template in {None, standing.settings.template}
            and self.credential in {None, standing.settings.credential}
        )


ALL = WantedDestinations()


class Destinations:
    """Creates, changes, activates, pauses and finds destinations."""

    def __init__(self, redis: Redis, scripts: Scripts) -> None:
        self._redis = redis
        self._scripts = scripts
        self._audit = Audit(redis)
        self._listing = Listing(redis, keys.DESTINATIONS, self._read)

    def get(self, identifier: str) -> StandingDestination:
        """Give one destination as it stands. Raises UnknownDestination."""
        with speaking_our_errors():
            raw = self._redis.hgetall(keys.destination(identifier))
        if not raw:
            raise UnknownDestination
        return _standing(texts(raw))

    def all(self) -> list[StandingDestination]:
        """Give every destination, by id."""
        return self._listing.all()

    def page(
        self, wanted: WantedDestinations = ALL, *, limit: int = 50, cursor: str | None = None
    ) -> Page[StandingDestination]:
        """Give up to `limit` destinations whose ids come after `cursor`, by id. It may be short, and more may follow."""
        return self._listing.page(limit, cursor, None if wanted == ALL else wanted.fits)

    def of_credential(self, credential: str) -> list[str]:
        """Give the ids of the destinations that use a credential, by id."""
        return [
            identifier
            for ids in self._listing.pieces()
            for identifier, settings in zip(ids, self._settings(ids), strict=True)
            if settings and from_json(settings)["credential"] == credential
        ]

    def create(self, destination: Destination) -> StandingDestination:
        """Store a new destination as a draft. Raises Conflict if its id is taken."""
        # Listed first: a destination that exists is always found, a listed one that does not exist is skipped.
        self._listing.add(destination.id)
        stored = self._put(destination, "") == 1
        self._listing.add(destination.id)  # a deletion may have come in between
        leave_mark(self._redis)
        if not stored:
            raise Conflict(f"A destination with the id '{destination.id}' exists.")
        return self.get(destination.id)

    def replace(
        self, destination: Destination, revision: int, *, by_hand: bool = True
    ) -> StandingDestination:
        """Store new settings over those with `revision`. Raises Conflict if somebody else changed it meanwhile.

        After a change `by_hand`, a receiver that wanted no callbacks any more is asked anew.
        """
        done = self._put(destination, revision, by_hand=by_hand)
        if done < 0:
            raise UnknownDestination
        if done == 0:
            raise Conflict(
                "Somebody else changed this destination at the same moment; read it again and repeat."
            )
        return self.get(destination.id)

    def set_state(self, identifier: str, state: DestinationState, because: str = "") -> StandingDestination:
        """Activate or pause; what waits stays where it is. Raises UnknownDestination."""
        if self._set_state(identifier, state, because, "") < 0:
            raise UnknownDestination
        return self.get(identifier)

    def pause_if_active(self, identifier: str, because: str, *, by_hand: bool = False) -> bool:
        """Pause an active destination and say why; tells whether it was active.

        Unless a person did it `by_hand`, the audit has it as the relay's own doing.
        """
        paused = self._set_state(identifier, "paused", because, "active") > 0
        if paused and not by_hand:
            on, details = {"destination": identifier}, {"because": because}
            self._audit.write(Deed(who="relay", what="destination.paused", on=on, details=details))
        return paused

    def resume_if_paused(self, identifier: str, because: str) -> bool:
        """Activate a destination that is paused for exactly this reason; tells whether it was."""
        return self._set_state(identifier, "active", "", "paused", because) > 0

    def delete(self, identifier: str, discard: int | None = None) -> Leftover:
        """Delete a destination, with the `discard` deliveries that wait in it, and give what waited.

        Raises Conflict while calls are on their way, or where another number waits: without `discard` nothing may,
        and no callback either. What waited is set aside; Discards ends it. Raises UnknownDestination if there is none.
        """
        args = [Lane("delivery", identifier).prefix, identifier, "" if discard is None else discard]
        with speaking_our_errors():
            # Its settled deliveries are kept for their time, and their names must come off the logs one day.
            self._redis.sadd(keys.DELETED_DESTINATIONS, identifier)
        outcome, *counts = self._scripts.run("delete_destination", keys.destination(identifier), args)
        if text(outcome) == "gone":
            raise UnknownDestination
        leftover = Leftover(*counts)
        if text(outcome) != "deleted":
            raise leftover.refusal(discard)
        self._listing.remove(identifier)
        with speaking_our_errors():
            made_anew = self._redis.exists(keys.destination(identifier))
        if made_anew:  # in between
            self._listing.add(identifier)
        return leftover

    def counts(self, identifier: str) -> dict[str, int]:
        """Count the destination's deliveries by state."""
        shard = keys.shard_of(identifier)
        with speaking_our_errors():
            pipe = self._redis.pipeline(transaction=False)
            for state in STATES:
                pipe.zcard(keys.log(shard, identifier, state))
            return dict(zip(STATES, map(int, pipe.execute()), strict=True))

    def _read(self, ids: Sequence[str]) -> list[tuple[str, StandingDestination]]:
        with speaking_our_errors():
            pipe = self._redis.pipeline(transaction=False)
            for identifier in ids:
                pipe.hgetall(keys.destination(identifier))
            found = zip(ids, pipe.execute(), strict=True)
        return [(identifier, _standing(texts(raw))) for identifier, raw in found if raw]

    def _settings(self, ids: Sequence[str]) -> list[bytes | None]:
        with speaking_our_errors():
            pipe = self._redis.pipeline(transaction=False)
            for identifier in ids:
                pipe.hget(keys.destination(identifier), "settings")
            return list(pipe.execute())

    def _put(self, destination: Destination, revision: int | str, *, by_hand: bool = True) -> int:
        prefix = Lane("delivery", destination.id).prefix
        args = [
            *(to_json(destination.to_dict()), destination.when_inactive, revision, destination.template),
            *(prefix, destination.id, int(destination.delivery.strict_order)),
            *(destination.retention.days * DAY, int(destination.retention.keep_payload)),
            int(by_hand),
        ]
        return int(self._scripts.run("put_destination", keys.destination(destination.id), args))

    def _set_state(
        self, identifier: str, state: DestinationState, because: str, only_from: str, only_because: str = ""
    ) -> int:
        args = [Lane("delivery", identifier).prefix, identifier, state, because, only_from, only_because]
        return int(self._scripts.run("set_state", keys.destination(identifier), args))


def _standing(stored: dict[str, str]) -> StandingDestination:
    return StandingDestination(
        settings=Destination.from_dict(from_json(stored["settings"])),
        state=stored["state"],  # type: ignore[arg-type]  # only set_state.lua and put_destination.lua write it
        paused_because=stored["paused_because"],
        created_at=moment(stored["created_at"]),
        updated_at=moment(stored["updated_at"]),
        activated_at=moment(stored["activated_at"]),
        revision=int(stored["revision"]),
    )

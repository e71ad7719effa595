"""What a person may do to a delivery by hand."""

from __future__ import annotations

from typing import Literal

from redis import Redis

from relay.errors import Conflict, UnknownCallback, UnknownDelivery
from relay.model.delivery import DeliveryLog
from relay.store import keys
from relay.store.attempts import NO_CALLBACK, NewCallback
from relay.store.deliveries import Deliveries
from relay.store.destinations import Destinations
from relay.store.keys import Lane
from relay.store.scripts import Scripts
from relay.store.texts import milliseconds

WITHOUT_PAYLOAD = {
    "dropped": "Its payload was dropped when it was settled, as its destination's “retention” asks; nothing is left to send.",
    "forgotten": "Its payload was erased with a person who was to be forgotten; nothing is left to send.",
}
MAY_BE_RETRIED = ("dead", "canceled", "uncertain", "retrying")
MAY_BE_CANCELED = ("collecting", "queued", "retrying", "uncertain")
MAY_BE_RESOLVED = ("uncertain",)
CALLBACK_MAY_BE_RETRIED = ("delivered", "dead", "retrying")

Resolution = Literal["delivered", "dead"]


class Operations:
    """Retry, cancel, resolve, and send a callback again. Each is one script: of two people, one is told no."""

    def __init__(
        self, redis: Redis, scripts: Scripts, deliveries: Deliveries, destinations: Destinations, keep: int
    ) -> None:
        self._redis = redis
        self._scripts = scripts
        self._deliveries = deliveries
        self._destinations = destinations
        self._keep = keep

    def retry(self, identifier: str) -> DeliveryLog:
        """Put a delivery back into its lane, due now; one that waits for its next attempt waits no longer.

        Raises UnknownDelivery, UnknownDestination or Conflict.
        """
        delivery = self._deliveries.get(identifier)
        standing = self._destinations.get(delivery.destination)
        _refuse_what_is_never_repeated(delivery)
        _refuse_another_template(delivery, standing.settings.template)
        known = (milliseconds(standing.created_at), delivery.attempt_count)
        args = [identifier, *known, *MAY_BE_RETRIED]
        old = self._move("requeue", keys.delivery(identifier), _lane(delivery), *args)
        _refuse_unless(old, MAY_BE_RETRIED, "A delivery can be retried")
        return self._deliveries.get(identifier)

    def cancel(self, identifier: str, reason: str = "Canceled by hand.") -> DeliveryLog:
        """Take a waiting or an uncertain delivery out of its lane for good. Raises UnknownDelivery or Conflict."""
        delivery = self._deliveries.get(identifier)
        args = [identifier, reason, self._keep]
        old = self._move("cancel", keys.delivery(identifier), _lane(delivery), *args)
        _refuse_unless(old, MAY_BE_CANCELED, "A delivery can be canceled")
        return self._deliveries.get(identifier)

    def resolve(
        self, seen: DeliveryLog, settled: Resolution, reason: str, callback: NewCallback | None
    ) -> DeliveryLog:
        """Settle an uncertain delivery as a person says who has `seen` it, and file the callback that tells of it.

        An answer of its attempts that comes after all is not written any more. Raises UnknownDelivery, or Conflict
        where the delivery is not uncertain or has changed since it was seen.
        """
        told = callback.for_script() if callback else NO_CALLBACK
        known = (seen.attempt_count, seen.record_count, milliseconds(seen.updated_at))
        args = [seen.id, *known, settled, reason, self._keep, *told]
        old = self._move("resolve", keys.delivery(seen.id), _lane(seen), *args)
        _refuse_unless(old, MAY_BE_RESOLVED, "A delivery can be resolved")
        return self._deliveries.get(seen.id)

    def retry_callback(self, identifier: str) -> DeliveryLog:
        """Send a delivery's latest callback again. Raises UnknownDelivery, UnknownCallback or Conflict."""
        delivery = self._deliveries.get(identifier)
        if not delivery.callbacks:
            raise UnknownCallback
        made = milliseconds(self._destinations.get(delivery.destination).created_at)
        lane, latest = Lane("callback", delivery.destination), delivery.callbacks[-1].id
        args = [latest, made, "", *CALLBACK_MAY_BE_RETRIED]  # one more attempt in between is no harm
        old = self._move("requeue", keys.callback(latest), lane, *args)
        _refuse_unless(old, CALLBACK_MAY_BE_RETRIED, "A callback can be sent again")
        return self._deliveries.get(identifier)

    def _move(self, script: str, key: str, lane: Lane, *args: object) -> str:
        old: bytes = self._scripts.run(script, key, [lane.prefix, lane.name, *args])
        if not old:
            raise UnknownDelivery
        return old.decode()


def _lane(delivery: DeliveryLog) -> Lane:
    return Lane("test" if delivery.test else "delivery", delivery.destination)


def _refuse_what_is_never_repeated(delivery: DeliveryLog) -> None:
    if delivery.test:
        raise Conflict("This delivery is a test, and a test is one call; send another test.")
    if delivery.state == "split":
        raise Conflict(
            f"This batch was split, and its parts go on by themselves: {', '.join(delivery.parts)}."
        )


def _refuse_another_template(delivery: DeliveryLog, stands: str) -> None:
    if delivery.template != stands:
        raise Conflict(
            f"This delivery was made for {delivery.template}, and its destination was deleted; "
            f"the one that has its id now is for {stands}."
        )


def _refuse_unless(state: str, states: tuple[str, ...], what: str) -> None:
    if state == "discarded":
        raise Conflict("This waited in a destination that was deleted with all that waited in it.")
    if state == "changed":
        raise Conflict("This delivery changed meanwhile; look at it once more.")
    if state == "overtaken":
        raise Conflict("A newer callback of this delivery was filed meanwhile; look at it once more.")
    if state in WITHOUT_PAYLOAD:
        raise Conflict(WITHOUT_PAYLOAD[state])
    if state not in states:
        allowed = " or ".join(filter(None, [", ".join(states[:-1]), states[-1]]))
        raise Conflict(f"{what} while it is {allowed}; this one is {state}.")

"""What a person may do to a delivery by hand."""

from __future__ import annotations

from redis import Redis

from relay.errors import Conflict, UnknownCallback, UnknownDelivery
from relay.model.delivery import DeliveryLog
from relay.store import keys
from relay.store.deliveries import Deliveries
from relay.store.destinations import Destinations
from relay.store.keys import Lane
from relay.store.scripts import Scripts

MAY_BE_RETRIED = ("dead", "canceled", "uncertain", "retrying")
MAY_BE_CANCELED = ("queued", "retrying", "uncertain")
CALLBACK_MAY_BE_RETRIED = ("delivered", "dead", "retrying")


class Operations:
    """Retry, cancel, and send a callback again."""

    def __init__(
        self, redis: Redis, scripts: Scripts, deliveries: Deliveries, destinations: Destinations, keep: int
    ) -> None:
        self._redis = redis
        self._scripts = scripts
        self._deliveries = deliveries
        self._destinations = destinations
        self._keep = keep

    def retry(self, identifier: str) -> DeliveryLog:
        """Put a delivery back into its lane, due now. Raises UnknownDelivery, UnknownDestination or Conflict."""
        lane = self._lane("delivery", identifier)
        self._refuse_another_template(identifier)
        old = self._move("requeue", keys.delivery(identifier), lane, identifier, *MAY_BE_RETRIED)
        if old not in MAY_BE_RETRIED:
            raise Conflict(_only("A delivery can be retried", MAY_BE_RETRIED, old))
        return self._deliveries.get(identifier)

    def cancel(self, identifier: str) -> DeliveryLog:
        """Take a waiting or an uncertain delivery out of its lane for good. Raises UnknownDelivery or Conflict."""
        lane = self._lane("delivery", identifier, must_exist=False)
        old = self._move(
            "cancel", keys.delivery(identifier), lane, identifier, "Canceled by hand.", self._keep
        )
        if old not in MAY_BE_CANCELED:
            raise Conflict(_only("A delivery can be canceled", MAY_BE_CANCELED, old))
        return self._deliveries.get(identifier)

    def retry_callback(self, identifier: str) -> DeliveryLog:
        """Send a delivery's latest callback again. Raises UnknownDelivery, UnknownCallback or Conflict."""
        callbacks = self._deliveries.get(identifier).callbacks
        if not callbacks:
            raise UnknownCallback
        lane = self._lane("callback", identifier)
        latest = callbacks[-1].id
        old = self._move("requeue", keys.callback(latest), lane, latest, *CALLBACK_MAY_BE_RETRIED)
        if old not in CALLBACK_MAY_BE_RETRIED:
            raise Conflict(_only("A callback can be sent again", CALLBACK_MAY_BE_RETRIED, old))
        return self._deliveries.get(identifier)

    def _lane(self, kind: str, identifier: str, *, must_exist: bool = True) -> Lane:
        destination = self._deliveries.get(identifier).destination
        if must_exist:
            self._destinations.get(destination)
        return Lane("callback" if kind == "callback" else "delivery", destination)

    def _refuse_another_template(self, identifier: str) -> None:
        delivery = self._deliveries.get(identifier)
        stands = self._destinations.get(delivery.destination).settings.template
        if delivery.template != stands:
            raise Conflict(
                f"This delivery was made for {delivery.template}, and its destination was deleted; "
                f"the one that has its id now is for {stands}."
            )

    def _move(self, script: str, key: str, lane: Lane, identifier: str, *args: object) -> str:
        old: bytes = self._scripts.run(script, key, [lane.prefix, lane.name, identifier, *args])
        if not old:
            raise UnknownDelivery
        return old.decode()


def _only(what: str, states: tuple[str, ...], state: str) -> str:
    return f"{what} while it is {', '.join(states[:-1])} or {states[-1]}; this one is {state}."

"""The store: all of Redis. Nothing outside this package knows a key, a script or an error of the Redis client."""

from __future__ import annotations

from dataclasses import dataclass

from redis import Redis

from relay.config import Settings
from relay.model.ids import IdMaker
from relay.store import keys
from relay.store.acceptance import Acceptance
from relay.store.admin_keys import AdminKeys
from relay.store.audit import Audit
from relay.store.budget import Budget
from relay.store.condition import Condition
from relay.store.connection import connect, server_of, speaking_our_errors
from relay.store.credentials import Credentials
from relay.store.deliveries import PREFIX, Deliveries, Wanted
from relay.store.destinations import Destinations, WantedDestinations
from relay.store.discards import Discards
from relay.store.durability import Durability
from relay.store.forgetting import Forgetting
from relay.store.grants import Connections, Renewals
from relay.store.keys import Lane
from relay.store.lanes import Lanes
from relay.store.listing import Page
from relay.store.mark import Mark
from relay.store.operations import Operations
from relay.store.presence import Presence
from relay.store.receivers import Receivers
from relay.store.replays import Replays
from relay.store.resealing import Resealing
from relay.store.retention import Retention
from relay.store.scripts import Scripts
from relay.store.turns import Turns
from relay.store.vault import Vault
from relay.store.wrong_keys import WrongKeys

__all__ = ["Lane", "Page", "Store", "Wanted", "WantedDestinations", "open_store"]


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that is kept, by what it is about. Every method may raise StoreUnavailable."""

    redis: Redis
    durability: Durability
    mark: Mark
    condition: Condition
    vault: Vault
    ids: IdMaker
    destinations: Destinations
    credentials: Credentials
    deliveries: Deliveries
    operations: Operations
    replays: Replays
    discards: Discards
    audit: Audit
    admin_keys: AdminKeys
    wrong_keys: WrongKeys
    acceptance: Acceptance
    lanes: Lanes
    budget: Budget
    turns: Turns
    presence: Presence
    renewals: Renewals
    connections: Connections
    receivers: Receivers
    retention: Retention
    forgetting: Forgetting
    resealing: Resealing

    def ping(self) -> None:
        """Raise StoreUnavailable unless Redis answers."""
        with speaking_our_errors():
            self.redis.ping()

    def server_of(self, destination: str) -> str:
        """Name the server that keeps a destination."""
        with speaking_our_errors():
            return server_of(self.redis, keys.destination(destination))

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        self.redis.close()

    def new_delivery_id(self, destination: str) -> str:
        """Give an id for a delivery of this destination; ids rise in the order they are asked for."""
        return self.ids.make(PREFIX, keys.shard_of(destination))

    def new_callback_id(self, destination: str) -> str:
        """Give an id for a callback of this destination."""
        return self.ids.make("cbk_", keys.shard_of(destination))


def open_store(settings: Settings) -> Store:
    """Build the store. It connects on first use, so that a process can start before Redis does."""
    redis = connect(settings.redis_url)
    durability = Durability(redis, settings.durability)
    scripts = Scripts(redis, durability)
    destinations = Destinations(redis, scripts)
    deliveries = Deliveries(redis)
    retention = Retention(redis, scripts, settings.retention_days)
    vault = Vault(settings.secret_keys)
    credentials = Credentials(redis, destinations)
    return Store(
        redis=redis,
        durability=durability,
        mark=Mark(redis),
        condition=Condition(redis, settings.durability),
        vault=vault,
        ids=IdMaker(),
        destinations=destinations,
        credentials=credentials,
        deliveries=deliveries,
        operations=Operations(redis, scripts, deliveries, destinations, retention.keep),
        replays=Replays(redis, scripts),
        discards=Discards(redis, scripts, retention.keep),
        audit=Audit(redis),
        admin_keys=AdminKeys(redis),
        wrong_keys=WrongKeys(redis),
        acceptance=Acceptance(redis, scripts, settings.idempotency_days),
        lanes=Lanes(scripts),
        budget=Budget(scripts),
        turns=Turns(redis),
        presence=Presence(redis),
        renewals=Renewals(scripts),
        connections=Connections(redis, vault),
        receivers=Receivers(redis, retention.keep),
        retention=retention,
        forgetting=Forgetting(redis, scripts, retention.keep),
        resealing=Resealing(vault, credentials, destinations),
    )

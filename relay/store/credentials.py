"""Credentials in the store. Their tokens are sealed before they come here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from redis import Redis
from redis.exceptions import WatchError

from relay.errors import Conflict, UnknownCredential
from relay.model.credential import Credential
from relay.store import keys
from relay.store.connection import speaking_our_errors
from relay.store.destinations import Destinations
from relay.store.mark import leave_mark
from relay.store.texts import from_json, text, to_json


class Credentials:
    """Creates, changes and finds credentials, and knows which destinations use them."""

    def __init__(self, redis: Redis, destinations: Destinations) -> None:
        self._redis = redis
        self._destinations = destinations

    def get(self, identifier: str) -> Credential:
        """Give one credential. Raises UnknownCredential."""
        with speaking_our_errors():
            raw = self._redis.get(keys.credential(identifier))
        if raw is None:
            raise UnknownCredential
        return Credential.from_dict(from_json(raw))

    def all(self) -> list[Credential]:
        """Give every credential, by id."""
        with speaking_our_errors():
            ids = sorted(text(raw) for raw in self._redis.smembers(keys.CREDENTIALS))
            pipe = self._redis.pipeline(transaction=False)
            for identifier in ids:
                pipe.get(keys.credential(identifier))
            return [Credential.from_dict(from_json(raw)) for raw in pipe.execute() if raw]

    def create(self, credential: Credential) -> Credential:
        """Store a new credential. Raises Conflict if its id is taken."""
        stamped = replace(credential, created_at=time.time(), updated_at=time.time())
        with speaking_our_errors():
            # Listed before, so that what exists is always found; and after, in case a deletion came in between.
            self._redis.sadd(keys.CREDENTIALS, credential.id)
            stored = self._redis.set(keys.credential(credential.id), to_json(stamped.to_dict()), nx=True)
            self._redis.sadd(keys.CREDENTIALS, credential.id)
        leave_mark(self._redis)
        if not stored:
            raise Conflict(f"A credential with the id '{credential.id}' exists.")
        return stamped

    def change(self, identifier: str, change: Callable[[Credential], Credential]) -> Credential:
        """Change a credential by a pure function of what stands, whoever else writes it. Raises UnknownCredential."""
        name = keys.credential(identifier)
        with speaking_our_errors(), self._redis.pipeline() as pipe:
            while True:
                pipe.watch(name)  # type: ignore[no-untyped-call]  # the client has no types here
                raw = pipe.get(name)  # watching: answers at once
                if raw is None:
                    raise UnknownCredential
                stands = Credential.from_dict(from_json(cast(bytes, raw)))
                changed = replace(change(stands), updated_at=time.time())
                pipe.multi()
                pipe.set(name, to_json(changed.to_dict()))
                try:
                    pipe.execute()
                except WatchError:
                    continue  # somebody else wrote it in between: look again
                return changed

    def delete(self, identifier: str) -> None:
        """Delete a credential. Raises Conflict while destinations use it, UnknownCredential if there is none."""
        self.get(identifier)
        users = self.destinations(identifier)
        if users:
            raise Conflict(f"These destinations use the credential: {', '.join(users)}.")
        with speaking_our_errors():
            self._redis.delete(keys.credential(identifier))
            self._redis.delete(keys.budget(identifier))
            self._redis.delete(keys.renewal(identifier))
            self._redis.delete(keys.clock_of(identifier))
            self._redis.srem(keys.CREDENTIALS, identifier)
            if self._redis.exists(keys.credential(identifier)):  # made anew in between
                self._redis.sadd(keys.CREDENTIALS, identifier)

    def destinations(self, identifier: str) -> list[str]:
        """Give the ids of the destinations that use a credential, by id."""
        return [
            each.settings.id for each in self._destinations.all() if each.settings.credential == identifier
        ]

"""Credentials in the store. Their tokens are sealed before they come here."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

from redis import Redis
from redis.exceptions import WatchError

from relay.errors import Conflict, UnknownCredential
from relay.model.credential import Credential
from relay.store import keys
from relay.store.connection import speaking_our_errors
from relay.store.destinations import Destinations
from relay.store.listing import Listing, Page
from relay.store.mark import leave_mark
from relay.store.texts import from_json, to_json


class Credentials:
    """Creates, changes and finds credentials, and knows which destinations use them."""

    def __init__(self, redis: Redis, destinations: Destinations) -> None:
        self._redis = redis
        self._destinations = destinations
        self._listing = Listing(redis, keys.CREDENTIALS, self._read)

    def get(self, identifier: str) -> Credential:
        """Give one credential. Raises UnknownCredential."""
        with speaking_our_errors():
            raw = self._redis.get(keys.credential(identifier))
        if raw is None:
            raise UnknownCredential
        return Credential.from_dict(from_json(raw))

    def all(self) -> list[Credential]:
        """Give every credential, by id."""
        return self._listing.all()

    def page(self, *, limit: int = 50, cursor: str | None = None) -> Page[Credential]:
        """Give up to `limit` credentials whose ids come after `cursor`, by id. It may be short, and more may follow."""
        return self._listing.page(limit, cursor)

    def create(self, credential: Credential) -> Credential:
        """Store a new credential. Raises Conflict if its id is taken."""
        stamped = replace(credential, created_at=time.time(), updated_at=time.time())
        # Listed before, so that what exists is always found; and after, in case a deletion came in between.
        self._listing.add(credential.id)
        with speaking_our_errors():
            stored = self._redis.set(keys.credential(credential.id), to_json(stamped.to_dict()), nx=True)
        self._listing.add(credential.id)
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
        self._listing.remove(identifier)
        with speaking_our_errors():
            made_anew = self._redis.exists(keys.credential(identifier))
        if made_anew:  # in between
            self._listing.add(identifier)

    def destinations(self, identifier: str) -> list[str]:
        """Give the ids of the destinations that use a credential, by id."""
        return self._destinations.of_credential(identifier)

    def _read(self, ids: Sequence[str]) -> list[tuple[str, Credential]]:
        with speaking_our_errors():
            pipe = self._redis.pipeline(transaction=False)
            for identifier in ids:
                pipe.get(keys.credential(identifier))
            found = zip(ids, pipe.execute(), strict=True)
        return [(identifier, Credential.from_dict(from_json(raw))) for identifier, raw in found if raw]

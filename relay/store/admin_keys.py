"""Named keys of the management API in the store: by id, with the digest of each secret and never the secret."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from redis import Redis
from redis.exceptions import WatchError

from relay.errors import Conflict, UnknownKey
from relay.model.admin_key import AdminKey, folded
from relay.store import keys
from relay.store.connection import speaking_our_errors
from relay.store.texts import from_json, moment, text, texts, to_json

MOST = 500  # keys; more than people can look over, and the list is one answer
_ID = re.compile("[0-9a-f]{16}")
_USED = ":used"  # stands behind an id where the moment of its last use is kept


class AdminKeys:
    """Makes, finds, changes and revokes keys. Nothing is kept in a process: what is revoked is refused at once."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def find(self, identifier: str) -> AdminKey | None:
        """Give one key, in one round trip; None if there is none with this id."""
        if not _ID.fullmatch(identifier):
            return None
        with speaking_our_errors():
            raw, used = self._redis.hmget(keys.ADMIN_KEYS, [identifier, identifier + _USED])
        return _key(text(raw), text(used or b"")) if raw else None

    def get(self, identifier: str) -> AdminKey:
        """Give one key. Raises UnknownKey."""
        found = self.find(identifier)
        if found is None:
            raise UnknownKey
        return found

    def all(self) -> list[AdminKey]:
        """Give every key, by name."""
        with speaking_our_errors():
            return _read(self._redis.hgetall(keys.ADMIN_KEYS))

    def create(self, key: AdminKey) -> AdminKey:
        """Store a new key. Raises Conflict if its name is taken, or if there are too many."""
        stamped = replace(key, created_at=time.time())

        def add(standing: dict[str, AdminKey]) -> AdminKey:
            if len(standing) >= MOST:
                raise Conflict(f"There are {MOST} keys already; revoke those that nobody uses.")
            _refuse_taken(key, standing)
            return stamped

        return self._put(key.id, add)

    def change(self, identifier: str, change: Callable[[AdminKey], AdminKey]) -> AdminKey:
        """Change a key by a pure function of what stands. Raises UnknownKey, or Conflict if the name is taken."""

        def lay(standing: dict[str, AdminKey]) -> AdminKey:
            if identifier not in standing:
                raise UnknownKey
            changed = change(standing[identifier])
            _refuse_taken(changed, standing)
            return changed

        return self._put(identifier, lay)

    def revoke(self, identifier: str) -> None:
        """Forget a key: from now on it opens nothing. Raises UnknownKey."""
        with speaking_our_errors():
            gone = self._redis.hdel(keys.ADMIN_KEYS, identifier)
            self._redis.hdel(keys.ADMIN_KEYS, identifier + _USED)
        if not gone:
            raise UnknownKey

    def note_use(self, identifier: str) -> None:
        """Note that the key is used now; nothing is left where it was revoked meanwhile."""
        now = str(round(time.time() * 1000))
        with speaking_our_errors():
            self._redis.hset(keys.ADMIN_KEYS, identifier + _USED, now)
            if not self._redis.hexists(keys.ADMIN_KEYS, identifier):
                self._redis.hdel(keys.ADMIN_KEYS, identifier + _USED)

    def _put(self, identifier: str, make: Callable[[dict[str, AdminKey]], AdminKey]) -> AdminKey:
        """Write the key that `make` gives for those that stand, whoever else writes one: two never get one name."""
        with speaking_our_errors(), self._redis.pipeline() as pipe:
            while True:
                pipe.watch(keys.ADMIN_KEYS)  # type: ignore[no-untyped-call]  # the client has no types here
                raw = cast(Any, pipe.hgetall(keys.ADMIN_KEYS))  # watching: answers at once
                made = make({each.id: each for each in _read(raw)})
                pipe.multi()
                pipe.hset(keys.ADMIN_KEYS, identifier, to_json(made.to_dict()))
                try:
                    pipe.execute()
                except WatchError:
                    continue  # another key was made, changed or used in between: look again
                return made


def _read(raw: Mapping[Any, Any]) -> list[AdminKey]:
    stored = texts(raw)
    found = [
        _key(value, stored.get(name + _USED, "")) for name, value in stored.items() if _ID.fullmatch(name)
    ]
    return sorted(found, key=lambda each: (each.name.casefold(), each.id))


def _key(stored: str, used: str) -> AdminKey:
    return AdminKey.from_dict(from_json(stored), moment(used))


def _refuse_taken(key: AdminKey, standing: dict[str, AdminKey]) -> None:
    others = {folded(each.name) for each in standing.values() if each.id != key.id}
    if folded(key.name) in others:
        raise Conflict(f"A key named “{key.name}” exists.")

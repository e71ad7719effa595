"""What keeps OAuth grants whole: one renewal at a time, few token calls a minute, and connections used once."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Literal, cast

from redis import Redis

from relay.store import keys
from relay.store.connection import speaking_our_errors
from relay.store.scripts import Scripts
from relay.store.texts import from_json, moment, text, to_json
from relay.store.vault import Vault

TOKEN_CALLS = 8  # in a window: what Calendly allows a user
WINDOW = 60.0  # seconds
STATE_LIVES = 600.0  # seconds for which a person may be on the way to Calendly and back
USED_IS_KNOWN = (
    3600  # seconds for which a state is remembered as used, so that a page that is loaded again says so
)
_USED = "used"

Ended = Literal["none", "over", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Begun:
    """A token call may be made now, unless there are seconds to `wait`, or another process holds the lock: `lost`.

    `unsettled` is when a renewal of the same grant was begun whose end nobody knows (Unix seconds, 0 for none);
    `failed` counts the renewals of it that failed before.
    """

    wait: float = 0.0
    lost: bool = False
    unsettled: float = 0.0
    failed: int = 0


class Renewals:
    """One process at a time renews a credential's grant, and says so before it does."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def lock(self, credential: str, holder: str, seconds: float) -> float:
        """Take the lock: 0 if it is the holder's now, else the seconds until the other's has run out."""
        args = [holder, round(seconds * 1000)]
        return int(self._scripts.run("lock_renewal", keys.renewal(credential), args)) / 1000

    def begin(self, credential: str, holder: str, grant: str) -> Begun:
        """Count one token call and write down that the renewal begins: nobody begins without the lock."""
        return self._begin(credential, holder, grant)

    def count_call(self, credential: str) -> float:
        """Count one token call that needs no lock; gives the seconds to wait where there were too many, else 0."""
        return self._begin(credential, "", "").wait

    def end(self, credential: str, holder: str, what: Ended, stay_away: float = 0.0) -> None:
        """Let go of the lock, and write down how the renewal ended. A lock that another took since stays his."""
        args = [holder, what, round(stay_away * 1000)]
        self._scripts.run("end_token_call", keys.renewal(credential), args)

    def _begin(self, credential: str, holder: str, grant: str) -> Begun:
        args = [TOKEN_CALLS, round(WINDOW * 1000), holder, grant]
        done, *rest = map(int, self._scripts.run("begin_token_call", keys.renewal(credential), args))
        if done < 0:
            return Begun(lost=True)
        if done == 0:
            return Begun(wait=max(rest[0], 1) / 1000)
        return Begun(unsettled=moment(rest[0]), failed=rest[1])


@dataclass(frozen=True, slots=True)
class Connection:
    """A person who was sent to Calendly: for which credential, and the verifier that belongs to the challenge.

    `who` sent that person, and by which `key`, as the audit has it.
    """

    credential: str
    verifier: str
    who: str = ""
    key: str = ""


class Connections:
    """Remembers who was sent to Calendly, by the state that comes back: a digest of it, for ten minutes, for one use."""

    def __init__(self, redis: Redis, vault: Vault) -> None:
        self._redis = redis
        self._vault = vault

    def remember(self, state: str, connection: Connection) -> None:
        """Remember a connection that begins."""
        sealed = {**asdict(connection), "verifier": self._vault.seal(connection.verifier)}
        with speaking_our_errors():
            self._redis.set(_key(state), to_json(sealed), ex=round(STATE_LIVES))

    def take(self, state: str) -> Connection | Literal["used"] | None:
        """Give the connection of a state, once and to one caller; None if the state is too old, or none of ours."""
        with speaking_our_errors():
            # One command, so that of two requests with the same state only one finds it.
            found = cast(
                bytes | None, self._redis.set(_key(state), _USED, xx=True, ex=USED_IS_KNOWN, get=True)
            )
        if found is None:
            return None
        if text(found) == _USED:
            return "used"
        stored = from_json(found)
        # An older release wrote neither.
        by = {name: stored[name] for name in ("who", "key") if name in stored}
        return Connection(stored["credential"], self._vault.open(stored["verifier"]), **by)


def _key(state: str) -> str:
    return keys.connecting(hashlib.sha256(state.encode("utf-8", "replace")).hexdigest())

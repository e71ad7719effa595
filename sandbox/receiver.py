"""A callback receiver to try things with: keeps what arrives and answers as it is told."""

from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock

from sandbox.clock import Clock, to_text
from sandbox.mistakes import Mistake
from sandbox.signatures import SignatureState, judge, secret_bytes

KEPT_CALLBACKS = 1000
ANSWER_KINDS = ("status", "slow", "hang", "cut")


@dataclass(slots=True)
class Reply:
    """How the receiver answers the next callbacks of one name; `times` None means from now on."""

    kind: str = "status"
    status: int = 200
    seconds: float = 0.0
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """One callback as it arrived."""

    number: int
    name: str
    at: str
    headers: dict[str, str]
    body: str
    parsed: object
    signature: SignatureState
    answered: int | None

    def to_dict(self) -> dict[str, object]:
        """Give the callback as JSON, with the three signature headers in reach."""
        return {
            "number": self.number,
            "name": self.name,
            "at": self.at,
            "webhook_id": self.headers.get("webhook-id"),
            "webhook_timestamp": self.headers.get("webhook-timestamp"),
            "webhook_signature": self.headers.get("webhook-signature"),
            "signature": self.signature,
            "answered": self.answered,
            "headers": self.headers,
            "body": self.body,
            "json": self.parsed,
        }


class Receiver:
    """Stores the last callbacks of every name."""

    def __init__(self, clock: Clock, kept: int = KEPT_CALLBACKS) -> None:
        self._clock = clock
        self._lock = Lock()
        self._callbacks: deque[Callback] = deque(maxlen=kept)
        self._numbers = itertools.count(1)
        self._received: Counter[str] = Counter()
        self._secrets: dict[str, list[str]] = {}
        self._replies: defaultdict[str, list[Reply]] = defaultdict(list)

    def tell_secrets(self, name: str, secrets: list[str]) -> None:
        """Let the receiver check signatures of one name from now on; a Mistake for a malformed secret."""
        for secret in secrets:
            secret_bytes(secret)
        with self._lock:
            self._secrets[name] = secrets

    def tell_replies(self, name: str, replies: list[Reply]) -> None:
        """Set how the next callbacks of one name are answered, in order; after that, 200 again."""
        with self._lock:
            self._replies[name] = replies

    def receive(self, name: str, headers: Iterable[tuple[str, str]], body: bytes) -> Reply:
        """Keep a callback and say how to answer it."""
        with self._lock:
            reply = self._next_reply(name)
            self._received[name] += 1
            self._callbacks.append(self._callback(name, headers, body, reply))
        return reply

    def _next_reply(self, name: str) -> Reply:
        waiting = self._replies[name]
        if not waiting:
            return Reply()
        reply = waiting[0]
        if reply.times is not None:
            reply.times -= 1
            if reply.times == 0:
                waiting.pop(0)
        return reply

    def _callback(self, name: str, headers: Iterable[tuple[str, str]], body: bytes, reply: Reply) -> Callback:
        now = self._clock.now()
        lowered = {key.lower(): value for key, value in headers}
        return Callback(
            number=next(self._numbers),
            name=name,
            at=to_text(now),
            headers=lowered,
            body=body.decode(errors="replace"),
            parsed=_parse(body),
            signature=judge(lowered, body, self._secrets.get(name, []), now.timestamp()),
            answered=reply.status if reply.kind in {"status", "slow"} else None,
        )

    def callbacks(self, name: str | None = None) -> list[Callback]:
        """List what is kept, newest first."""
        with self._lock:
            kept = list(self._callbacks)
        return [callback for callback in reversed(kept) if name in {None, callback.name}]

    def received(self) -> dict[str, int]:
        """How many callbacks came per name since the last clearing, also those no longer kept."""
        with self._lock:
            return dict(self._received)

    def clear(self) -> None:
        """Forget the callbacks; secrets and replies stay."""
        with self._lock:
            self._callbacks.clear()
            self._received.clear()

    def reset(self) -> None:
        """Forget callbacks, secrets and replies."""
        self.clear()
        with self._lock:
            self._secrets.clear()
            self._replies.clear()


def read_reply(given: object) -> Reply:
    """Make a reply of the control API's JSON: `{"status": 500, "times": 2}` or `{"fault": "hang", "seconds": 5}`."""
    if not isinstance(given, Mapping):
        raise Mistake("each answer must be an object")
    kind, status = given.get("fault", "status"), given.get("status", 200)
    seconds, times = given.get("seconds", 0), given.get("times", 1)
    if kind not in ANSWER_KINDS:
        raise Mistake(f"fault must be one of {', '.join(ANSWER_KINDS)}")
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise Mistake("status must be a number from 200 to 599")
    if not isinstance(seconds, int | float) or seconds < 0:
        raise Mistake("seconds must be a number, zero or more")
    if times is not None and not (isinstance(times, int) and times > 0):
        raise Mistake("times must be a positive number, or null for always")
    return Reply(str(kind), status, float(seconds), times)


def _parse(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None

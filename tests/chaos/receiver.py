"""A receiver of callbacks under chaos: it checks every signature, and fails at times."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from tests.chaos.history import SeenCallback
from tests.processes import CALLBACK_SECRET
from tests.system.callback_receiver import Callback, CallbackReceiver

FAILS = 0.3  # of the callbacks to the flaky address, that many


class ChaosReceiver(CallbackReceiver):
    """Keeps what came. Callbacks named `flaky` may be refused, or dropped before or after they are kept."""

    def __init__(self, seed: int) -> None:
        self.secrets: dict[str, list[str]] = defaultdict(
            lambda: [CALLBACK_SECRET]
        )  # by lane, those it ever had
        self._chance = random.Random(seed)
        super().__init__()

    def _serve(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        flaky = environ["PATH_INFO"] == "/flaky" and self._chance.random() < FAILS
        mood = self._chance.choice(("refuses", "drops", "keeps and drops")) if flaky else ""
        if mood == "refuses":
            start_response("503 Service Unavailable", [("Content-Length", "0")])
            return [b""]
        if mood == "drops":
            raise ConnectionResetError
        answer = super()._serve(environ, start_response)
        if mood == "keeps and drops":
            raise ConnectionResetError
        return answer

    def sightings(self) -> list[SeenCallback]:
        """Give what came so far, oldest first."""
        return [_seen(callback, self.secrets[callback.name]) for callback in list(self.callbacks)]


def verifies(callback: Callback, secret: str) -> bool:
    """Tell whether the signature is right for the moment that it names: the sender's clock may be wrong on purpose."""
    moment = datetime.fromtimestamp(int(callback.headers["webhook-timestamp"]), UTC)
    right = Webhook(secret).sign(callback.headers["webhook-id"], moment, callback.raw.decode())
    return right in callback.headers["webhook-signature"].split(" ")


def _seen(callback: Callback, secrets: list[str]) -> SeenCallback:
    right = frozenset(secret for secret in secrets if verifies(callback, secret))
    data = callback.payload["data"]
    return SeenCallback(
        webhook_id=callback.headers["webhook-id"],
        type=callback.payload["type"],
        delivery=data["delivery"],
        attempts=data["attempts"],
        note=data.get("note", ""),
        verified=bool(right),
        at=callback.at,
        secrets=right,
    )

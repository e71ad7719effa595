"""The far side under load: a Calendly and a receiver in one, which note when each thing arrived and keep little else."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.threaded import ThreadedServer

HANG = 30.0  # seconds
HANGING, REVOKED = "a-token-whose-calls-hang", "a-token-that-was-revoked"
USER = {
    "uri": "https://api.calendly.com/users/A",
    "current_organization": "https://api.calendly.com/organizations/A",
}
NOTHING_FOUND = json.dumps(
    {"resource": USER, "collection": [], "pagination": {"count": 0, "next_page": None}}
)
LINK = json.dumps(
    {"resource": {"booking_url": "https://calendly.com/d/x", "owner": "x", "owner_type": "EventType"}}
)


class FarSide:
    """Answers at once; calls with one token hang, and so do callbacks to `/hanging`; another token is refused."""

    def __init__(self) -> None:
        self.called: dict[str, float] = {}  # the event type that a call was about, and when it arrived
        self.told: dict[str, float] = {}  # the same for its callback
        self.calls = 0
        self._ended = threading.Event()
        self._server = ThreadedServer(self._serve)
        self.url = self._server.url

    def receiver(self, name: str) -> str:
        """Give an address for callbacks."""
        return f"{self.url}/callbacks/{name}"

    def close(self) -> None:
        """Answer all that hangs, and serve no more."""
        self._ended.set()
        self._server.close()

    def _serve(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        now, path, raw = time.monotonic(), environ["PATH_INFO"], environ["wsgi.input"].read()
        status, body = "201 Created", LINK
        if path.startswith("/callbacks/"):
            status, body = "200 OK", ""
            if path.endswith("/hanging"):
                self._ended.wait(HANG)
            else:
                self.told[json.loads(raw)["data"]["records"][0]["owner"]] = now
        else:
            self.calls += 1
            token = environ.get("HTTP_AUTHORIZATION", "")
            if environ["REQUEST_METHOD"] == "GET":  # also the look with which a credential is made
                status, body = "200 OK", NOTHING_FOUND
            elif HANGING in token:
                self._ended.wait(HANG)
            elif REVOKED in token:
                status, body = (
                    "401 Unauthorized",
                    '{"title": "Unauthenticated", "message": "The access token is invalid"}',
                )
            else:
                self.called[json.loads(raw)["owner"]] = now
        content = body.encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
        start_response(status, headers)
        return [content]

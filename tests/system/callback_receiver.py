"""A receiver of callbacks, as a customer would run one: it keeps what came, bytes and headers as they were."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

from sandbox.threaded import ThreadedServer

SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


@dataclass(frozen=True, slots=True)
class Callback:
    """One callback as it arrived: under which name, with which headers of Standard Webhooks, and when."""

    name: str
    headers: dict[str, str]
    raw: bytes
    at: float = field(default_factory=time.monotonic, compare=False)

    @property
    def payload(self) -> dict[str, Any]:
        """Give the JSON that came, unverified."""
        payload: dict[str, Any] = json.loads(self.raw)
        return payload

    def verify(self, secret: str, raw: bytes | None = None, **headers: str) -> Any:
        """Give what the standardwebhooks package reads, or let it raise; `raw` and `headers` stand in for what came."""
        return Webhook(secret).verify(raw or self.raw, {**self.headers, **headers})


class CallbackReceiver:
    """Answers 200 from the moment it is made until it is closed."""

    def __init__(self) -> None:
        self.callbacks: list[Callback] = []
        self._server = ThreadedServer(self._serve)

    def url(self, name: str) -> str:
        """Give an address that callbacks of this name may go to."""
        return f"{self._server.url}/{name}"

    def named(self, name: str) -> list[Callback]:
        """Give the callbacks of that name, oldest first."""
        return [callback for callback in list(self.callbacks) if callback.name == name]

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def _serve(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = {name: environ.get(f"HTTP_{name.upper().replace('-', '_')}", "") for name in SIGNED}
        name = environ["PATH_INFO"].removeprefix("/")
        raw = environ["wsgi.input"].read()
        if len(raw) < int(environ.get("HTTP_CONTENT_LENGTH") or 0):
            raise ConnectionAbortedError  # its sender died before it had sent everything: nobody can act on it
        self.callbacks.append(Callback(name, headers, raw))
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]

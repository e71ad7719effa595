"""HTTP calls to the processes of the house, as any client would make them."""

from __future__ import annotations

from typing import Any

import requests

from local.errors import CallFailed

CALL_TIME = 5.0  # seconds; these servers are on this machine


class Client:
    """Calls one server with one bearer key. A status of 400 or above raises CallFailed, unless it is expected."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands between processes of one machine
        self._session.headers["Authorization"] = f"Bearer {key}"

    def call(
        self, method: str, path: str, body: object = None, *, expected: frozenset[int] = frozenset()
    ) -> Any:
        """Send a JSON call; give the answer's JSON, or None where an expected refusal came."""
        try:
            answer = self._session.request(method, self.url + path, json=body, timeout=CALL_TIME)
        except requests.RequestException as exc:
            raise CallFailed(f"{method} {path} got no answer.") from exc
        if answer.status_code in expected:
            return None
        if not answer.ok:
            raise CallFailed(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None

    def trouble(self, path: str) -> str | None:
        """Give None once a path is answered with success, else a sentence about what it answered."""
        try:
            answer = self._session.get(self.url + path, timeout=CALL_TIME)
        except requests.RequestException:
            return f"{self.url} does not answer."
        return None if answer.ok else f"{path} is answered {answer.status_code}: {answer.text.strip()}"

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

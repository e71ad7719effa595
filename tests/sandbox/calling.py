"""A client for the sandbox's tests that lets nothing pass that breaks Calendly's contract."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

from sandbox.seed import TOKEN
from tests.calendly_contract import check_request, check_response


class Client:
    """Calls the sandbox as Calendly's clients do.

    Every request must fit the document, unless a test says that it sends a bad one; every answer must fit in any
    case and carry the three rate headers.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.timeout = 30.0

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = TOKEN,
        bad: bool = False,
        **query: str,
    ) -> requests.Response:
        """Send one call; `bad` allows a request that breaks the contract."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        request = requests.Request(method, self.url + path, headers=headers, params=query, json=body)
        prepared = self.session.prepare_request(request)
        assert prepared.url is not None
        if not bad:
            check_request(method, prepared.url, prepared.headers, prepared.body)
        answer = self.session.send(prepared, timeout=self.timeout)
        check_response(method, prepared.url, answer.status_code, answer.headers, answer.content)
        for name in ("Limit", "Remaining", "Reset"):
            assert answer.headers[f"X-RateLimit-{name}"].isdigit()
        return answer

    def get(self, path: str, **how: Any) -> requests.Response:
        """Read something."""
        return self.call("GET", path, **how)

    def post(self, path: str, body: Any = None, **how: Any) -> requests.Response:
        """Create something."""
        return self.call("POST", path, body, **how)

    def delete(self, path: str, **how: Any) -> requests.Response:
        """Delete something."""
        return self.call("DELETE", path, **how)

    def control(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Use the control API."""
        return self.session.request(method, f"{self.url}/_sandbox{path}", json=body, timeout=self.timeout)

    def plant(self, kind: str, **wish: Any) -> Any:
        """Plant one thing and answer with what the control API says about it."""
        answer = self.control("POST", "/seed", {kind: wish})
        assert 201 == answer.status_code, answer.text
        return answer.json()[kind][0]


def wait_until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Look again and again until something holds; AssertionError when it takes too long."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)

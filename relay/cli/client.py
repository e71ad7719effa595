"""HTTP to one relay. Problems become Refused, silence becomes NoAnswer; nothing else leaves this module."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests
from requests.auth import AuthBase

from relay.cli.endings import NoAnswer, Refused, Trouble
from relay.cli.problems import Problem, read_problem
from relay.cli.surroundings import is_here

PATIENCE = (5.0, 60.0)  # seconds to connect, and between two pieces of an answer
API = "/api/v1"
_NO_KEY = "An admin key is needed: name a file that holds it with --key-file, or set RELAY_ADMIN_KEY or RELAY_ADMIN_KEY_FILE."


class Said(dict[str, Any]):
    """An object of an answer. A name that every relay answers and that is not there is Trouble, not a KeyError."""

    def __missing__(self, name: str) -> Any:
        """End the command: whatever answered is no relay, or none that this command line knows."""
        raise Trouble(
            f"The answer has no “{name}”: that is not what a relay answers. Does the address lead to one?"
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What the relay answered, if that is no refusal."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Authorization(AuthBase):
    """One header. As an object of its own it keeps requests from looking into a .netrc instead."""

    value: str | None = field(repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the header on a request that is about to leave."""
        if self.value is not None:
            request.headers["Authorization"] = self.value
        return request


class Client:
    """Talks to the relay at `address`, to the management API with the admin key."""

    def __init__(self, address: str, key: str | None) -> None:
        self.address = address
        self.has_key = key is not None
        self.key_expires: str | None = None  # when the key ends, once the relay has told that this is soon
        self._admin = Authorization(None if key is None else f"Bearer {key}")
        self._session = requests.Session()
        # A proxy that the environment names may stand before other machines, never before this one.
        self._session.trust_env = not is_here(address)

    def get(self, path: str, **query: object) -> Any:
        """Read something of the management API."""
        given = {name: str(value) for name, value in query.items() if value is not None}
        return self.manage("GET", path, query=given).body

    def post(self, path: str, body: object = None) -> Any:
        """Do something through the management API."""
        return self.manage("POST", path, body).body

    def manage(
        self, method: str, path: str, body: object = None, query: Mapping[str, str] | None = None
    ) -> Answer:
        """Call the management API. Raises Refused, NoAnswer, or Trouble where there is no admin key."""
        if not self.has_key:
            raise Trouble(_NO_KEY)
        sent = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        answer = self.call(method, API + path, sent, query=query, auth=self._admin)
        if answer.status != 204 and not isinstance(answer.body, Said):
            raise Trouble("That is not what a relay answers. Does the address lead to one?")
        return answer

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        query: Mapping[str, str] | None = None,
        auth: Authorization | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make one call. Raises Refused, or NoAnswer."""
        answer = self._ask(method, path, body, query, auth or Authorization(None), headers or {})
        if not 200 <= answer.status < 300:
            raise Refused(_problem(answer))
        return answer

    def ask(self, path: str) -> Answer:
        """Read something that needs no key, whatever the status. Raises NoAnswer."""
        return self._ask("GET", path, None, None, Authorization(None), {})

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None,
        query: Mapping[str, str] | None,
        auth: Authorization,
        headers: Mapping[str, str],
    ) -> Answer:
        kind = {} if body is None else {"Content-Type": "application/json"}
        try:
            answer = self._session.request(
                method,
                self.address + path,
                params=query,
                data=body,
                auth=auth,
                headers={**kind, **headers},
                timeout=PATIENCE,
                allow_redirects=False,  # a key goes where it was sent, and no further
            )
        except requests.RequestException as exc:
            raise NoAnswer(_no_answer(self.address, exc)) from exc
        self.key_expires = answer.headers.get("X-Key-Expires", self.key_expires)
        return Answer(answer.status_code, _json(answer), answer.headers)


def part(identifier: str) -> str:
    """Give an id as one step of a path, whatever somebody typed."""
    return quote(identifier, safe="")


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json(object_hook=Said) if answer.content else None
    except ValueError:
        return None


def _problem(answer: Answer) -> Problem:
    return read_problem(answer.status, answer.body, answer.headers)


def _no_answer(address: str, error: requests.RequestException) -> str:
    # What the error itself says quotes the whole address, in which a key may stand.
    if isinstance(error, requests.exceptions.SSLError):
        return f"The certificate of {address} is not one that this machine trusts."
    if isinstance(error, requests.Timeout) and not isinstance(error, requests.ConnectTimeout):
        return f"{address} took the request and did not answer in time; it may have done what was asked."
    if isinstance(error, requests.ConnectionError):
        return (
            f"Nothing answers at {address}. Is the relay running? `make run` starts one here; "
            "--url or RELAY_URL says where another one is."
        )
    return f"{address} cannot be asked, or broke off its answer."

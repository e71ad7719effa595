"""Asking Calendly. The token meets the request here and nowhere else."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from relay.calendly.says import what_it_says
from relay.config import Settings
from relay.errors import CalendlyTrouble
from relay.model.call import Answer, Call, NotSent, Outcome
from relay.model.credential import Credential
from relay.outgoing import Sender, calendly_door


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is handed to the door."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Me:
    """Who a token acts for: URIs of the user and of the organization, and the user's name where it is told."""

    user: str
    organization: str
    name: str = ""


class TokenRefused(CalendlyTrouble):
    """Calendly does not accept this token."""

    code = "token_refused"
    status = 422


class LookUpFailed(CalendlyTrouble):
    """A look-up in Calendly's lists came to no whole answer; `outcome` is what came instead."""

    code = "look_up_failed"

    def __init__(self, detail: str, outcome: Outcome) -> None:
        super().__init__(detail)
        self.outcome = outcome


class Calendly:
    """Calendly's API, or the sandbox where the credential is one."""

    def __init__(self, settings: Settings, door: Sender | None = None) -> None:
        self._door = door or calendly_door(settings)
        self._timeout = settings.call_timeout
        self._listener: Callable[[Outcome], None] = _nobody
        self._bases = {
            "personal_access_token": settings.calendly_api_url,
            "oauth": settings.calendly_api_url,
            "sandbox": settings.sandbox_url,
        }

    def request_url(self, credential: Credential, call: Call) -> str:
        """Give the whole address of a call, as the log and the callback show it."""
        return self._bases[credential.kind] + call.path

    def request(self, credential: Credential, token: str, call: Call) -> Request:
        """Give the request of a call, byte for byte as it is sent, but for what HTTP itself adds."""
        headers = {**call.headers, "Authorization": f"Bearer {token}"}
        if not any(name.lower() == "accept" for name in call.headers):
            headers["Accept"] = "application/json"
        body = None
        if call.body is not None:
            body = json.dumps(call.body, separators=(",", ":"), allow_nan=False).encode()
            headers["Content-Type"] = "application/json"
        return Request(call.method, self.request_url(credential, call), headers, body)

    def send(self, credential: Credential, token: str, call: Call) -> Outcome:
        """Make one call, once, and say what came of it; trouble on the network is an outcome, never an exception."""
        if not self._bases[credential.kind]:
            return NotSent("no sandbox is configured: RELAY_SANDBOX_URL is empty", forbidden=True)
        request = self.request(credential, token, call)
        outcome = self._door.send(request.method, request.url, request.headers, request.body, self._timeout)
        self._listener(outcome)
        return outcome

    def overheard(self, listener: Callable[[Outcome], None]) -> Calendly:
        """Give the same way to Calendly, which tells `listener` the outcome of each call made by it."""
        other = copy.copy(self)
        other._listener = listener  # noqa: SLF001 - our own
        return other

    def me(self, credential: Credential, token: str) -> Me:
        """Ask whom the token acts for.

        Raises TokenRefused when Calendly refuses the token, and LookUpFailed when no useful answer came: a token that
        lacks `users:read` is a good token all the same.
        """
        outcome = self.send(credential, token, Call("GET", "/users/me"))
        if not isinstance(outcome, Answer):
            raise LookUpFailed(f"Calendly could not be asked: {outcome.reason}.", outcome)
        if outcome.status == 401:
            raise TokenRefused(f"Calendly refuses this token: {what_it_says(outcome)}")
        if outcome.status == 403:
            reason = f"The token may not ask who it is: grant it users:read. {what_it_says(outcome)}"
            raise LookUpFailed(reason, outcome)
        resource = outcome.body.get("resource") if isinstance(outcome.body, dict) else None
        me = _read_me(resource) if outcome.status == 200 else None
        if me is None:
            raise LookUpFailed(f"Calendly's answer was of no use: {what_it_says(outcome)}", outcome)
        return me


def _nobody(_: Outcome) -> None:
    """Listen to nothing."""


def _read_me(resource: Any) -> Me | None:
    if not isinstance(resource, dict):
        return None
    user, organization, name = (resource.get(field) for field in ("uri", "current_organization", "name"))
    if not (isinstance(user, str) and user and isinstance(organization, str) and organization):
        return None
    return Me(user, organization, name if isinstance(name, str) else "")

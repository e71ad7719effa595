"""Calendly's authorization server. The client secret meets the request here and nowhere else."""

from __future__ import annotations

import base64
from urllib.parse import quote, urlencode

from relay.config import Settings
from relay.model.call import Answer, Outcome
from relay.oauth.answers import Told, read_tokens
from relay.outgoing import Sender, auth_door

RETURN_PATH = "/console/connect"
REVOKING = 5.0  # seconds that a revocation may take at most: somebody waits, and it is a courtesy
FORM = "application/x-www-form-urlencoded"


class AuthorizationServer:
    """Sends people to Calendly's page of consent, exchanges codes, renews and revokes. One call each, never repeated."""

    def __init__(self, settings: Settings, door: Sender | None = None) -> None:
        self._settings = settings
        self._base = settings.calendly_auth_url
        self._door = door or auth_door(settings)

    @property
    def redirect_uri(self) -> str:
        """Give the address to which Calendly sends people back."""
        return self._settings.inbound_base + RETURN_PATH

    @property
    def missing(self) -> tuple[str, ...]:
        """Name the settings without which nobody can be connected and nothing renewed."""
        needed = {
            "CALENDLY_CLIENT_ID": self._settings.client_id,
            "CALENDLY_CLIENT_SECRET": self._settings.client_secret,
        }
        return tuple(name for name, value in needed.items() if not value)

    def authorize_url(self, state: str, challenge: str) -> str:
        """Give the address of the page where a person allows access."""
        asked = {
            "client_id": self._settings.client_id,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._base}/oauth/authorize?{urlencode(asked)}"

    def exchange(self, code: str, verifier: str) -> Told:
        """Turn the code that a person came back with into tokens."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        return read_tokens(self._ask_for_tokens(form), self._secrets(code, verifier))

    def renew(self, refresh_token: str) -> Told:
        """Turn a refresh token into a new pair. It is used up as soon as Calendly has answered."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return read_tokens(self._ask_for_tokens(form), self._secrets(refresh_token))

    def revoke(self, token: str) -> bool:
        """Ask that a token be worth nothing any more; tells whether Calendly said yes."""
        form = {
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
            "token": token,
        }
        outcome = self._post("/oauth/revoke", form, {}, min(self._settings.call_timeout, REVOKING))
        return isinstance(outcome, Answer) and outcome.status == 200

    def _ask_for_tokens(self, form: dict[str, str]) -> Outcome:
        # RFC 6749, 2.3.1: both parts are escaped before they are joined.
        pair = f"{quote(self._settings.client_id, safe='')}:{quote(self._settings.client_secret, safe='')}"
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        return self._post("/oauth/token", form, headers, self._settings.call_timeout)

    def _post(self, path: str, form: dict[str, str], headers: dict[str, str], timeout: float) -> Outcome:
        headers = {**headers, "Accept": "application/json", "Content-Type": FORM}
        return self._door.send("POST", self._base + path, headers, urlencode(form).encode(), timeout)

    def _secrets(self, *sent: str) -> tuple[str, ...]:
        return (self._settings.client_secret, *sent)

"""The relay as its users meet it: over HTTP, inside the test's own process."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.test import TestResponse

from relay.config import Settings
from relay.model.credential import Credential
from relay.store import Store
from tests.apps import application
from tests.described import judged

KEY = "an-inbound-key-of-upstream"
TOKEN = "a-personal-access-token-1234"
SCHEDULING_RECORD = {"owner": "https://api.calendly.com/event_types/AAAAAAAAAAAAAAAA", "deal": "D-1042"}


class OverHttp:
    """A client of one relay. Bodies that are not bytes or text are sent as JSON."""

    def __init__(self, settings: Settings, store: Store | None = None) -> None:
        self.settings = settings
        self.app = application(settings, store)
        self.client = judged(self.app)

    def api(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> TestResponse:
        """Call the management API, with the admin key unless another is given."""
        bearer = f"Bearer {self.settings.admin_key if key is None else key}"
        return self.client.open(
            f"/api/v1{path}", method=method, data=_sent(body), headers={"Authorization": bearer}
        )

    def post(self, destination: str, body: Any, *, key: str = KEY, **options: Any) -> TestResponse:
        """Hand records to a destination with a bearer key."""
        headers = {"Authorization": f"Bearer {key}", **options.pop("headers", {})}
        return self.client.post(f"/in/{destination}", data=_sent(body), headers=headers, **options)


def _sent(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def a_destination(**changes: Any) -> dict[str, Any]:
    """Give the document of a destination that makes booking links."""
    usual = {
        "id": "booking-links",
        "template": "create_scheduling_link",
        "credential": "acme",
        "inbound": {"auth": {"kind": "bearer", "key": KEY}},
    }
    return {**usual, **changes}


def keep_credential(store: Store, identifier: str = "acme", **changes: Any) -> Credential:
    """Store a credential without asking Calendly."""
    usual: dict[str, Any] = {
        "id": identifier,
        "kind": "personal_access_token",
        "token": store.vault.seal(TOKEN),
        "organization": "https://api.calendly.com/organizations/AAAAAAAAAAAAAAAA",
    }
    return store.credentials.create(Credential(**{**usual, **changes}))

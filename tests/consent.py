"""A person with a browser: follows the address that the relay gives to the sandbox's page of consent, and comes back."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import requests
from werkzeug.test import TestResponse

from relay.model.credential import Credential
from relay.model.grant import OAuthGrant
from sandbox import seed
from sandbox.oauth.desk import CLIENT_ID, CLIENT_SECRET
from sandbox.server import Sandbox
from tests.rig import Rig

PUBLIC_URL = "https://relay.example"


def oauth_settings(sandbox: Sandbox) -> dict[str, Any]:
    """Give the settings of a relay whose Calendly, authorization server included, is the sandbox."""
    return {
        "sandbox_url": sandbox.url,
        "calendly_api_url": sandbox.url,
        "calendly_auth_url": sandbox.url,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "public_url": PUBLIC_URL,
    }


def answer_consent(url: str, user: str = seed.OWNER, decision: str = "allow") -> str:
    """Open the page of consent, answer it, and give the address that the browser is sent to."""
    page = requests.get(url, timeout=30)
    assert page.status_code == 200, page.text
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
    filled = {**form, "user": user, "decision": decision}
    origin = "://".join(urlsplit(url)[:2])
    back = requests.post(f"{origin}/oauth/authorize", data=filled, allow_redirects=False, timeout=30)
    assert back.status_code == 302, back.text
    return str(back.headers["Location"])


def come_back(rig: Rig, address: str) -> TestResponse:
    """Load the address that Calendly sent the browser to."""
    assert address.startswith(f"{PUBLIC_URL}/console/connect?"), address
    return rig.client.get(address.removeprefix(PUBLIC_URL))


def start(rig: Rig, identifier: str = "acme") -> str:
    """Ask for the address at which a person allows access."""
    return str(rig.manage("POST", f"/credentials/{identifier}/connect")["url"])


def connect(rig: Rig, identifier: str = "acme", user: str = seed.OWNER) -> Any:
    """Connect a credential of kind oauth, made if need be, and give it as it is shown."""
    if identifier not in {each.id for each in rig.store.credentials.all()}:
        rig.manage("POST", "/credentials", {"id": identifier, "kind": "oauth"})
    page = come_back(rig, answer_consent(start(rig, identifier), user))
    assert page.status_code == 200, page.get_data(as_text=True)
    return rig.manage("GET", f"/credentials/{identifier}")


def token_calls(sandbox: Sandbox, kind: str = "refresh_token") -> int:
    """Count the calls of the token endpoint, by what they brought."""
    return len([each for each in sandbox.calls(path="/oauth/token") if each.body == f"grant_type={kind}"])


def alter_grant(rig: Rig, identifier: str = "acme", **changes: Any) -> OAuthGrant:
    """Change the stored grant of a credential, as time or another process would have."""

    def change(stands: Credential) -> Credential:
        assert stands.grant is not None
        return replace(stands, grant=replace(stands.grant, **changes))

    return grant_of(rig.store.credentials.change(identifier, change))


def grant_of(credential: Credential) -> OAuthGrant:
    """Give the grant of a credential that is connected."""
    assert credential.grant is not None
    return credential.grant


def run_out(rig: Rig, identifier: str = "acme") -> OAuthGrant:
    """Let the access token of a credential come to its end, here and at Calendly."""
    rig.sandbox.app.test_client().post("/_sandbox/oauth/expire")
    return alter_grant(rig, identifier, expires_at=time.time() - 1)

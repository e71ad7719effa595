"""From a credential's document to the credential, and back to what answers show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from relay.api.credential_documents import SANDBOX_TOKEN, CredentialDocument
from relay.model.credential import Credential, Rate
from relay.model.masks import MASK
from relay.oauth import NOT_SET, not_connected
from relay.store.vault import CannotOpen
from relay.web.answers import iso
from relay.web.documents import fault, load
from relay.web.masks import KEPT, Kept, mask
from relay.web.merging import merge
from relay.web.services import Services


def changed_document(before: Credential, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the document that a PATCH makes of a credential. Raises Invalid, also where it would become another one."""
    standing = {
        "id": before.id,
        "kind": before.kind,
        **({} if before.kind == "oauth" else {"token": KEPT}),
        "organization": before.organization or None,
        "rate": before.to_dict()["rate"],
    }
    merged = merge(standing, given)
    for name in ("id", "kind"):
        if merged.get(name) != standing[name]:
            raise fault(f"#/{name}", "cannot be changed; make another credential")
    return load(CredentialDocument(), merged, "credential")


def build(services: Services, document: Mapping[str, Any], before: Credential | None = None) -> Credential:
    """Build the credential, its token sealed. What Calendly said about a token stays as long as the token does."""
    if document["kind"] == "sandbox" and not services.settings.sandbox_url:
        raise fault("#/kind", "cannot be sandbox: this relay has no RELAY_SANDBOX_URL")
    if document["kind"] == "oauth":
        return _oauth(document, before)
    kept = before if isinstance(document.get("token"), Kept) else None
    return Credential(
        id=document["id"],
        kind=document["kind"],
        token=kept.token if kept else services.store.vault.seal(_token(document)),
        organization=document["organization"],
        user=kept.user if kept else "",
        rate=Rate(**document["rate"]),
        trouble=kept.trouble if kept else "",
        created_at=before.created_at if before else 0.0,
    )


def _oauth(document: Mapping[str, Any], before: Credential | None) -> Credential:
    """Build a credential whose tokens come of connecting it; what stands of them stays."""
    if "token" in document:
        raise fault(
            "#/token", "should be left out: a credential of kind oauth gets its tokens when it is connected"
        )
    standing = before or Credential(
        id=document["id"], kind="oauth", token="", trouble=not_connected(document["id"])
    )
    return replace(standing, organization=document["organization"], rate=Rate(**document["rate"]))


def _token(document: Mapping[str, Any]) -> str:
    given = document.get("token")
    if isinstance(given, str):
        return given
    if document["kind"] == "sandbox":
        return SANDBOX_TOKEN
    raise fault("#/token", "is required: it should be a personal access token")


def show(services: Services, credential: Credential, trouble: str = "") -> dict[str, Any]:
    """Give the credential as answers show it; `trouble` is what was found out just now."""
    return {
        "id": credential.id,
        "kind": credential.kind,
        **(
            _show_grant(credential)
            if credential.kind == "oauth"
            else {"token": _masked(services, credential)}
        ),
        "organization": credential.organization or None,
        "user": credential.user or None,
        "rate": credential.to_dict()["rate"],
        "trouble": trouble or credential.trouble or _trouble_here(services, credential),
        "created_at": iso(credential.created_at),
        "updated_at": iso(credential.updated_at),
    }


def _masked(services: Services, credential: Credential) -> str:
    try:
        return mask(services.store.vault.open(credential.token))
    except CannotOpen:
        return MASK


def _show_grant(credential: Credential) -> dict[str, Any]:
    """Give what may be shown of a grant, and that is nothing of its tokens."""
    grant = credential.grant
    return {
        "connected": credential.connected,
        "scopes": list(grant.scopes) if grant else [],
        "expires_at": iso(grant.expires_at) if grant and credential.connected else None,
    }


def _trouble_here(services: Services, credential: Credential) -> str | None:
    """Say what the settings of this process keep the credential from."""
    missing = services.grants.server.missing
    return f"{' and '.join(missing)} {NOT_SET}." if credential.connected and missing else None

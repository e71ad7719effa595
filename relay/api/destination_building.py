"""From a destination's document to the destination, and what becomes of its secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.api.callback_faults import readable_headers
from relay.api.destination_faults import bases, faults_of
from relay.callbacks import new_secret
from relay.errors import Invalid
from relay.model.destination import (
    BatchSettings,
    CallbackSettings,
    DeliverySettings,
    Destination,
    InboundAuth,
    ManualSettings,
    RetentionSettings,
    ShapeSettings,
)
from relay.shaping.header_rules import read_headers
from relay.shaping.urls import parse_manual_url
from relay.web.keys import digest, new_key, new_salt
from relay.web.masks import Kept
from relay.web.services import Services


@dataclass(frozen=True, slots=True)
class Built:
    """A destination, and the secrets that the relay made for it: this is the only time anybody sees those."""

    destination: Destination
    inbound_secret: str | None = field(default=None, repr=False)
    callback_secret: str | None = field(default=None, repr=False)


def build(services: Services, document: Mapping[str, Any], standing: Destination | None) -> Built:
    """Build a destination from a document that was loaded. Raises Invalid, which points at each fault.

    Secrets that the document keeps are taken from `standing`; those it leaves out are made.
    """
    faults = tuple(faults_of(services, document))
    if faults:
        raise Invalid("This destination breaks the rules named under “errors”.", errors=faults)
    auth, inbound_secret = _auth(document["inbound"]["auth"], standing)
    callback, callback_secret = _callback(services, document["callback"], standing)
    destination = Destination(
        id=document["id"],
        name=document["name"],
        template=document["template"],
        credential=document["credential"],
        auth=auth,
        shape=_shape(document),
        headers=read_headers(document["headers"]),
        manual=_manual(services, document),
        batch=BatchSettings(**document["batch"]) if document["batch"] else None,
        partial=document["partial"],
        callback=callback,
        delivery=DeliverySettings(**document["delivery"]),
        allow={name: tuple(dict.fromkeys(values)) for name, values in document["allow"].items() if values},
        when_inactive=document["when_inactive"],
        retention=RetentionSettings(**document["retention"]),
    )
    return Built(destination, inbound_secret, callback_secret)


def _manual(services: Services, document: Mapping[str, Any]) -> ManualSettings | None:
    manual = document["manual"]
    if manual is None:
        return None
    url = parse_manual_url(manual["url"], bases(services, document["credential"]))
    return ManualSettings(**manual, path=url.text)


def _shape(document: Mapping[str, Any]) -> ShapeSettings:
    return ShapeSettings(
        records=document["inbound"]["records"],
        when=document["inbound"]["when"],
        dedupe=document["dedupe"],
        mapping=document["mapping"],
        constants=document["constants"],
        exclude=tuple(document["exclude"]),
    )


def _auth(document: Mapping[str, Any], standing: Destination | None) -> tuple[InboundAuth, str | None]:
    kind = document["kind"]
    shape = {name: document[name] for name in ("username", "parameter") if name in document}
    given = document.get("password" if kind == "basic" else "key")
    if isinstance(given, Kept) and standing is not None:
        return InboundAuth(kind=kind, salt=standing.auth.salt, digest=standing.auth.digest, **shape), None
    made = None if isinstance(given, str) else new_key()
    salt = new_salt()
    return InboundAuth(kind=kind, salt=salt, digest=digest(salt, made or str(given)), **shape), made


def _callback(
    services: Services, document: Mapping[str, Any] | None, standing: Destination | None
) -> tuple[CallbackSettings | None, str | None]:
    if document is None:
        return None, None
    stands = standing.callback if standing else None
    made = None if document.get("secret") else new_secret()
    named = read_headers(readable_headers(document["headers"]), callback=True)
    kept = {name for name, value in _pairs(document["headers"]) if isinstance(value, Kept)}
    return CallbackSettings(
        url=document["url"],
        secret=_sealed(services, made or document["secret"], stands.secret if stands else ""),
        previous_secret=_sealed(
            services, document.get("previous_secret", ""), stands.previous_secret if stands else ""
        ),
        previous_until=_until(document.get("previous_secret"), stands),
        headers={
            name: stands.headers[name] if stands and name in kept else services.store.vault.seal(value)
            for name, value in named.items()
        },
        body=document["body"],
        on=document["on"],
    ), made


def _until(given: str | Kept | None, stands: CallbackSettings | None) -> float:
    """Give when the previous secret ends: one that is kept as it did before, one that is given when a person says so."""
    return stands.previous_until if stands and isinstance(given, Kept) else 0.0


def _pairs(headers: object) -> Iterable[tuple[str, object]]:
    return headers.items() if isinstance(headers, Mapping) else ()


def _sealed(services: Services, given: str | Kept, stands: str) -> str:
    """Seal a secret that was given; one that is kept is sealed already. No secret is nothing to seal."""
    if isinstance(given, Kept):
        return stands
    return services.store.vault.seal(given) if given else ""

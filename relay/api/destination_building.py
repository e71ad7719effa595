"""From a destination's document to the destination: whether it makes sense, and what becomes of its secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.callbacks import check_callback_url, check_secret, new_secret
from relay.catalogue import TEMPLATES
from relay.catalogue.template import Template
from relay.errors import FieldError, Invalid, UnknownCredential
from relay.model.destination import CallbackSettings, DeliverySettings, Destination, InboundAuth
from relay.model.pointers import escaped
from relay.web.keys import digest, new_key, new_salt
from relay.web.masks import Kept
from relay.web.services import Services


@dataclass(frozen=True, slots=True)
class Built:
    """A destination, and the secrets that the relay made for it: this is the only time anybody sees those."""

    destination: Destination
    inbound_secret: str | None = field(repr=False)
    callback_secret: str | None = field(repr=False)


def build(services: Services, document: Mapping[str, Any], standing: Destination | None) -> Built:
    """Build a destination from a document that was loaded. Raises Invalid, which points at each fault.

    Secrets that the document keeps are taken from `standing`; those it leaves out are made.
    """
    faults = tuple(_faults(services, document))
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
        callback=callback,
        delivery=DeliverySettings(**document["delivery"]),
        allow={name: tuple(dict.fromkeys(values)) for name, values in document["allow"].items() if values},
        when_inactive=document["when_inactive"],
    )
    return Built(destination, inbound_secret, callback_secret)


def _faults(services: Services, document: Mapping[str, Any]) -> Iterator[FieldError]:
    template = TEMPLATES.get(document["template"])
    if template is None:
        yield FieldError("#/template", f"should be one of: {', '.join(TEMPLATES)}")
    else:
        yield from _template_faults(template, document)
    try:
        services.store.credentials.get(document["credential"])
    except UnknownCredential:
        yield FieldError("#/credential", "should be the id of a credential; there is none with this one")
    if document["callback"]:
        yield from _callback_faults(services, document["callback"])


def _template_faults(template: Template, document: Mapping[str, Any]) -> Iterator[FieldError]:
    delivery = document["delivery"]
    for name in document["allow"]:
        if name not in template.open_fields:
            opened = ", ".join(template.open_fields) or "none"
            yield FieldError(
                f"#/allow/{escaped(name)}",
                f"is no field that takes further values; fields of {template.name} that do: {opened}",
            )
    if delivery["on_unknown"] == "repeat" and not template.harmless_to_repeat:
        yield FieldError(
            "#/delivery/on_unknown",
            f"cannot be repeat: {template.name} is not harmless to repeat after a call that may have arrived",
        )
    if delivery["gone_is_done"] and template.method != "DELETE":
        yield FieldError("#/delivery/gone_is_done", f"is for templates that delete; {template.name} does not")


def _callback_faults(services: Services, callback: Mapping[str, Any]) -> Iterator[FieldError]:
    allow_private = services.settings.allow_private_callbacks
    fault = _url_fault(callback["url"], allow_private=allow_private)
    if fault:
        # Where the setting alone stands in the way, whoever runs the relay should learn its name.
        opened = not allow_private and not _url_fault(callback["url"], allow_private=True)
        hint = "; RELAY_ALLOW_PRIVATE_CALLBACKS would allow this one" if opened else ""
        yield FieldError("#/callback/url", fault + hint)
    secret = callback.get("secret")
    if isinstance(secret, str):
        try:
            check_secret(secret)
        except ValueError as exc:
            yield FieldError("#/callback/secret", str(exc))


def _url_fault(url: str, *, allow_private: bool) -> str:
    try:
        check_callback_url(url, allow_private=allow_private)
    except ValueError as exc:
        return str(exc)
    return ""


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
    given = document.get("secret")
    if isinstance(given, Kept) and standing is not None and standing.callback is not None:
        return CallbackSettings(url=document["url"], secret=standing.callback.secret), None
    made = None if isinstance(given, str) else new_secret()
    return CallbackSettings(url=document["url"], secret=services.store.vault.seal(made or str(given))), made

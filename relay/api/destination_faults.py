"""Whether a destination's settings make sense together: each fault with a pointer at it, and what would be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from relay.api.callback_faults import callback_faults
from relay.catalogue import CATALOGUE, TEMPLATES
from relay.catalogue.manual import HARMLESS, NAME
from relay.catalogue.template import Template
from relay.errors import FieldError, UnknownCredential
from relay.model.pointers import escaped, pointed
from relay.shaping.expressions import BadExpression, compiled
from relay.shaping.header_rules import HeaderFault, read_headers
from relay.shaping.manual import WITHOUT_BODY
from relay.shaping.paths import parse_path
from relay.shaping.urls import parse_manual_url
from relay.web.services import Services

CALENDLY = "https://api.calendly.com"
_BATCHING = ", ".join(one.name for one in TEMPLATES.values() if one.takes_batches)

Document = Mapping[str, Any]


def faults_of(services: Services, document: Document) -> Iterator[FieldError]:
    """Find what is wrong with a document whose form is right."""
    template = CATALOGUE.get(document["template"])
    if template is None:
        yield FieldError("#/template", f"should be one of: {', '.join(CATALOGUE)}")
    else:
        yield from _manual_faults(services, document)
        yield from _field_faults(template, document)
        yield from _delivery_faults(template, document)
        yield from _batch_faults(template, document)
    yield from _shape_faults(document)
    try:
        services.store.credentials.get(document["credential"])
    except UnknownCredential:
        yield FieldError("#/credential", "should be the id of a credential; there is none with this one")
    if document["callback"]:
        yield from callback_faults(services, document["callback"])


def expression_fault(text: str, pointer: str) -> Iterator[FieldError]:
    """Say what is wrong with the text of an expression; an empty one is none."""
    if text:
        try:
            compiled(text)
        except BadExpression as exc:
            yield FieldError(pointer, str(exc))


def _manual_faults(services: Services, document: Document) -> Iterator[FieldError]:
    manual = document["manual"]
    if document["template"] != NAME:
        if manual:
            yield FieldError("#/manual", f"is for the template {NAME} only")
        return
    if not manual:
        yield FieldError(
            "#/manual", 'is required: it should be an object, such as {"method": "POST", "url": "/shares"}'
        )
        return
    try:
        parse_manual_url(manual["url"], bases(services, document["credential"]))
    except ValueError as exc:
        yield FieldError("#/manual/url", str(exc))


def bases(services: Services, credential: str) -> tuple[str, ...]:
    """Give the addresses that a manual URL may begin with: wherever the calls of this credential go."""
    settings = services.settings
    try:
        own = services.store.credentials.get(credential).kind == "sandbox"
    except UnknownCredential:
        own = True  # which is a fault of its own
    # The sandbox speaks of its things by Calendly's addresses, as Calendly does.
    return tuple(filter(None, (settings.sandbox_url if own else "", settings.calendly_api_url, CALENDLY)))


def _field_faults(template: Template, document: Document) -> Iterator[FieldError]:
    known = template.fields(_allow(document))
    for part in ("mapping", "constants"):
        for name in document[part]:
            if template.name != NAME and name not in known:
                pointer = f"#/{part}/{escaped(name)}"
                yield FieldError(pointer, f"is no field of {template.name}; its fields: {', '.join(known)}")
    for name in document["mapping"].keys() & document["constants"].keys():
        yield FieldError(f"#/constants/{escaped(name)}", "is mapped as well; it should be one or the other")
    yield from _constant_faults(template, document)
    for name in document["allow"]:
        if name not in template.open_fields:
            opened = ", ".join(template.open_fields) or "none"
            yield FieldError(
                f"#/allow/{escaped(name)}",
                f"is no field that takes further values; fields of {template.name} that do: {opened}",
            )


def _constant_faults(template: Template, document: Document) -> Iterator[FieldError]:
    known = template.fields(_allow(document))
    for name, value in document["constants"].items():
        if name in template.secret_fields:
            yield FieldError(
                f"#/constants/{escaped(name)}", "is a secret, so it should come with each record"
            )
        elif name in known:
            try:
                known[name].deserialize(value)
            except ValidationError as exc:
                yield from pointed({name: exc.messages}, "#/constants")


def _allow(document: Document) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in document["allow"].items()}


def _delivery_faults(template: Template, document: Document) -> Iterator[FieldError]:
    delivery, method, harmless = document["delivery"], template.method, template.harmless_to_repeat
    if template.name == NAME:
        method = document["manual"]["method"] if document["manual"] else ""
        harmless = method in HARMLESS
    what = f"a manual {method}" if template.name == NAME else template.name
    if delivery["on_unknown"] == "repeat" and not harmless:
        yield FieldError(
            "#/delivery/on_unknown",
            f"cannot be repeat: {what} is not harmless to repeat after a call that may have arrived",
        )
    if delivery["gone_is_done"] and method != "DELETE":
        yield FieldError("#/delivery/gone_is_done", f"is for calls that delete; {what} does not")


def _batch_faults(template: Template, document: Document) -> Iterator[FieldError]:
    batch = document["batch"]
    if not batch:
        return
    if template.name != NAME and not template.takes_batches:
        yield FieldError(
            "#/batch",
            f"cannot be set: one call of {template.name} acts on one resource, so each record is a call of its own; "
            f"batches are for {_BATCHING} and {NAME}",
        )
    method = document["manual"]["method"] if document["manual"] else ""
    if method in WITHOUT_BODY:
        yield FieldError("#/batch", f"cannot be set: {method} sends no body that records could share")
    several = batch["grouping"] == "attribute" or "{" in (document["manual"] or {}).get("url", "")
    if document["delivery"]["strict_order"] and several:
        yield FieldError(
            "#/delivery/strict_order",
            "cannot be kept where batches are of several groups: a full one leaves before an older one that is open",
        )
    if batch["wrap"] and template.name != NAME:
        yield FieldError("#/batch/wrap", f"is for the template {NAME}; {template.name} has a form of its own")
    if batch["grouping"] == "attribute" and not batch["attribute"]:
        yield FieldError("#/batch/attribute", "is required to group by: it should be a JMESPath expression")
    if batch["grouping"] == "arrival" and batch["attribute"]:
        yield FieldError("#/batch/attribute", "is for the grouping “attribute”")


def _shape_faults(document: Document) -> Iterator[FieldError]:
    inbound = document["inbound"]
    yield from expression_fault(inbound["records"], "#/inbound/records")
    yield from expression_fault(inbound["when"], "#/inbound/when")
    yield from expression_fault(document["dedupe"], "#/dedupe")
    yield from expression_fault((document["batch"] or {}).get("attribute", ""), "#/batch/attribute")
    for name, text in document["mapping"].items():
        yield from expression_fault(text, f"#/mapping/{escaped(name)}")
    for place, text in enumerate(document["exclude"]):
        try:
            parse_path(text)
        except ValueError as exc:
            yield FieldError(f"#/exclude/{place}", str(exc))
    try:
        read_headers(document["headers"])
    except HeaderFault as exc:
        yield FieldError(f"#/headers/{escaped(exc.name)}" if exc.name else "#/headers", str(exc))

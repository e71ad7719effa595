"""Trying a destination over HTTP before a record goes out: previews, and test sends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, g, jsonify, request, url_for
from marshmallow import fields, validate

from relay.api.delivery_documents import whole
from relay.api.destination_building import build
from relay.api.destination_documents import DestinationDocument
from relay.api.destination_showing import editable
from relay.api.previewing import preview
from relay.api.testing import OVER, send_test
from relay.api.waiting import a_place
from relay.catalogue import CATALOGUE
from relay.errors import Invalid, UnknownDestination
from relay.inbound.reading import records_in
from relay.model.destination import Destination, StandingDestination
from relay.store import Wanted
from relay.web.body import read_object
from relay.web.documents import Document, OneOf, fault, load, sentences
from relay.web.merging import merge
from relay.web.services import services
from relay.web.slugs import is_slug

trials = Blueprint("trials", __name__, url_prefix="/destinations/<identifier>")

MOST_PREVIEWED = 1000  # records
LAST = 5  # records that a preview takes from the log, if it is given none
LOOKED_AT = 50  # deliveries among which those are found

_OBJECT = sentences("should be a JSON object")


class PreviewDocument(Document):
    """What to preview: records, or a whole body as upstream sends it, under settings that need not be saved."""

    records = fields.List(
        fields.Dict(keys=fields.String(), error_messages=_OBJECT),
        load_default=None,
        validate=validate.Length(1, MOST_PREVIEWED, error=f"should be 1 to {MOST_PREVIEWED} records"),
        error_messages=sentences("should be a list of JSON objects"),
    )
    body = fields.Raw(load_default=None)
    source = OneOf("last", "example", load_default=None)
    destination = fields.Dict(keys=fields.String(), load_default=None, error_messages=_OBJECT)


class TrialDocument(Document):
    """What to send: a record as upstream sends it, or the call itself as a person edited it."""

    record = fields.Dict(keys=fields.String(), load_default=None, error_messages=_OBJECT)
    body = fields.Raw(load_default=None)
    path = fields.Dict(keys=fields.String(), load_default=None, error_messages=_OBJECT)


@trials.post("/preview")
def preview_calls(identifier: str) -> Response:
    """Give the exact calls that records would become, under the settings that stand or under those that are given."""
    given = load(PreviewDocument(), _body(), "preview")
    standing = _standing(identifier)
    settings = _settings(identifier, standing, given["destination"])
    records, source = _records(settings, given, known=standing is not None)
    return jsonify({"source": source, "records": records, **preview(services(), settings, records)})


@trials.post("/test")
def make_trial(identifier: str) -> tuple[Response, int, dict[str, str]]:
    """Make one call now, also for a draft, and give what Calendly answered."""
    standing = _standing(identifier)
    if standing is None:
        raise UnknownDestination
    given = load(TrialDocument(), _body(), "test")
    edited = given["body"] is not None or given["path"] is not None
    if (given["record"] is None) != edited:
        raise fault(
            "#/record",
            "is required, unless an edited call is given by body and path: it should be one or the other",
        )
    with a_place(services()):
        delivery = send_test(services(), standing.settings, given)
    g.event["delivery"] = delivery.id
    place = url_for("api.deliveries.show_delivery", identifier=delivery.id)
    ended = delivery.attempts[-1] if delivery.attempts else None
    seconds = None if ended is None or ended.ended_at is None else round(ended.ended_at - ended.started_at, 3)
    status = 200 if delivery.state in OVER else 202
    return jsonify({**whole(delivery), "seconds": seconds}), status, {"Location": place}


def _standing(identifier: str) -> StandingDestination | None:
    if not is_slug(identifier):
        raise UnknownDestination
    try:
        return services().store.destinations.get(identifier)
    except UnknownDestination:
        return None


def _settings(
    identifier: str, standing: StandingDestination | None, given: dict[str, Any] | None
) -> Destination:
    """Give the settings that stand, or those that are given, with what stands where they say nothing."""
    if given is None:
        if standing is None:
            raise UnknownDestination
        return standing.settings
    document = merge(editable(standing, given), given) if standing else {"id": identifier, **given}
    if document.get("id") != identifier:
        raise fault("#/destination/id", "should be the id in the address")
    try:
        loaded = load(DestinationDocument(), document, "destination")
        return build(services(), loaded, standing.settings if standing else None).destination
    except Invalid as exc:
        faults = [
            replace(each, pointer=f"#/destination{each.pointer.removeprefix('#')}") for each in exc.errors
        ]
        raise Invalid(exc.detail, errors=tuple(faults)) from exc


def _records(
    settings: Destination, given: dict[str, Any], *, known: bool
) -> tuple[list[dict[str, Any]], str]:
    """Give what to preview, and where it comes from: given, the last records received, or the template's example."""
    if given["records"] is not None:
        return given["records"], "given"
    if given["body"] is not None:
        return records_in(
            given["body"], MOST_PREVIEWED, settings.shape.records, partial=settings.partial
        ), "given"
    last = _last(settings) if known and given["source"] != "example" else []
    if last or given["source"] == "last":
        return last, "last"
    return [dict(CATALOGUE[settings.template].example)], "example"


def _last(settings: Destination) -> list[dict[str, Any]]:
    """Give the last records that the destination received, as the log has them."""
    deliveries = services().store.deliveries
    page = deliveries.page(Wanted(destination=settings.id), limit=LOOKED_AT)
    # A batch that was split would show its records a second time.
    came = [each.id for each in page.items if not each.test and not each.part_of]
    records = [record for identifier in came[:LAST] for record in deliveries.get(identifier).records]
    return records[:LAST]


def _body() -> dict[str, Any]:
    return read_object(request, services().settings.max_body_bytes, optional=True)

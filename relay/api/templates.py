"""The catalogue, as the management API shows it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from relay.catalogue import CATALOGUE, template
from relay.catalogue.describe import describe

templates = Blueprint("templates", __name__, url_prefix="/templates")


@templates.get("")
def list_templates() -> Response:
    """Give every template, in the order of the catalogue."""
    return jsonify(templates=[describe(one) for one in CATALOGUE.values()])


@templates.get("/<name>")
def show_template(name: str) -> Response:
    """Give one template."""
    return jsonify(describe(template(name)))

"""`GET /openapi.json` and `GET /docs`: the document, and the page that is made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, jsonify

from relay.openapi.document import document_of
from relay.openapi.page import Page, page_of
from relay.web.services import services

_KEY = "calendly-relay-openapi"

openapi = Blueprint("openapi", __name__, template_folder="pages")


@dataclass(frozen=True, slots=True)
class Described:
    """The document of an application, and its page."""

    document: dict[str, Any]
    page: Page


@openapi.get("/openapi.json")
def show_document() -> Response:
    """Give this API as an OpenAPI document."""
    return jsonify(_described().document)


@openapi.get("/docs")
def show_page() -> Response:
    """Give it as a page, which may be styled by its own style and do nothing else."""
    page = _described().page
    return Response(page.text, mimetype="text/html", headers={"Content-Security-Policy": page.policy})


def _described() -> Described:
    """Give both, made when they are first asked for: a process that nobody asks need not make them."""
    kept = current_app.extensions
    if _KEY not in kept:
        # Two threads may both make them; they make the same.
        document = document_of(current_app, services().settings.inbound_base)
        kept[_KEY] = Described(document, page_of(document))
    found: Described = kept[_KEY]
    return found

"""Reading the query of a list as strictly as a document."""

from __future__ import annotations

from typing import Any

from flask import request

from relay.errors import BadRequest
from relay.web.documents import Document, fault, load
from relay.web.slugs import is_slug


def read_query(document: Document) -> dict[str, Any]:
    """Give the parameters of this request. Raises Invalid, also for one that is given twice."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise fault(f"#/{name}", "should be given once")
    return load(document, request.args.to_dict(), "query")


def read_page_query(document: Document) -> dict[str, Any]:
    """Give the parameters of this request for a page of a list by id. Raises Invalid, BadRequest for a cursor that is no id."""
    query = read_query(document)
    if query["cursor"] is not None and not is_slug(query["cursor"]):
        raise BadRequest("The cursor is not one that a page gave.")
    return query

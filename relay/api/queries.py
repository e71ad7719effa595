"""Reading the query of a list as strictly as a document."""

from __future__ import annotations

from typing import Any

from flask import request

from relay.web.documents import Document, fault, load


def read_query(document: Document) -> dict[str, Any]:
    """Give the parameters of this request. Raises Invalid, also for one that is given twice."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise fault(f"#/{name}", "should be given once")
    return load(document, request.args.to_dict(), "query")

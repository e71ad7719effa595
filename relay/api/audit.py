"""The audit over HTTP: who did what, on what, and when."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from relay.api.delivery_documents import USUAL, Count, Moment
from relay.api.queries import read_query
from relay.store.audit import Entry
from relay.web.answers import iso
from relay.web.documents import Document, Text
from relay.web.services import services

audit = Blueprint("audit", __name__, url_prefix="/audit")


class AuditQuery(Document):
    """Which entries a page should hold."""

    since = Moment(load_default=None)
    until = Moment(load_default=None)
    about = Text(longest=100, load_default=None)
    limit = Count(load_default=USUAL)
    cursor = Text(longest=100, load_default=None)


@audit.get("")
def list_deeds() -> Response:
    """Give a page of what was done, newest first, and the cursor of the next one."""
    page = services().store.audit.page(**read_query(AuditQuery()))
    return jsonify(entries=[_shown(each) for each in page.items], next_cursor=page.next_cursor)


def _shown(entry: Entry) -> dict[str, Any]:
    deed = entry.deed
    return {
        "id": entry.id,
        "at": iso(entry.at),
        "who": deed.who,
        "key": deed.key or None,
        "what": deed.what,
        "on": dict(deed.on),
        "details": dict(deed.details),
        "request_id": deed.request_id or None,
    }

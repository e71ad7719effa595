"""Forgetting a person over HTTP: page by page, so that each answer comes soon however much is kept."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from relay.api.deeds import changed_nothing, remember
from relay.model.person import LONGEST, Person
from relay.store.forgetting import About, Forgotten, Wish
from relay.web.body import read_object
from relay.web.documents import Document, Text, YesNo, load, sentences
from relay.web.services import services

_SENTENCE = "should be one e-mail address, such as ada@example.com"
_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]*[^@\s<>,;\".]")

forgetting = Blueprint("forgetting", __name__, url_prefix="/forget")


class EmailText(Text):
    """An address. What is wrong with one is said without it: refusals are kept and passed on."""

    def __init__(self, **options: Any) -> None:
        super().__init__(longest=LONGEST, shortest=3, error_messages=sentences(_SENTENCE), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        if not _ADDRESS.fullmatch(text):
            raise self.make_error("invalid")
        return text


class ForgetDocument(Document):
    """Whom to forget, and how."""

    email = EmailText(required=True)
    dry_run = YesNo(load_default=False)
    waiting = YesNo(load_default=False)
    cursor = Text(longest=100, load_default=None)


@forgetting.post("")
def forget() -> Response:
    """Look through a part of all that is kept, erase what names the person, and say where to go on."""
    body = read_object(request, services().settings.max_body_bytes)
    given = load(ForgetDocument(), body, "wish")
    wish = Wish(person=Person(given["email"]), dry=given["dry_run"], waiting=given["waiting"])
    done = services().store.forgetting.forget(wish, given["cursor"])
    _write_down(wish, done)
    return jsonify(dry_run=wish.dry, **_shown(done))


def _write_down(wish: Wish, done: Forgotten) -> None:
    """Leave in audit and log how much was erased, and never of whom; a page without anything is nobody's deed."""
    left = sum(each.outcome != "erased" for each in done.deliveries)
    if wish.dry or (not done.erased and done.next_cursor is not None):
        changed_nothing()
    remember(erased=done.erased, left=left, last=done.next_cursor is None)
    g.event.update(erased=done.erased, left=left)


def _shown(done: Forgotten) -> dict[str, Any]:
    return {
        "erased": {
            "deliveries": [_about(each) for each in done.deliveries if each.outcome == "erased"],
            "answers": done.answers,
            "audit_entries": done.audit_entries,
            "failures": done.failures,
        },
        "left": [
            {**_about(each), "why": each.outcome} for each in done.deliveries if each.outcome != "erased"
        ],
        "settings": [{"kind": kind, "id": identifier} for kind, identifier in done.settings],
        "looked_at": done.looked_at,
        "next_cursor": done.next_cursor,
    }


def _about(each: About) -> dict[str, str]:
    return {"delivery": each.delivery, "destination": each.destination, "state": each.state}

"""The form of a named key, and how one looks in answers."""

from __future__ import annotations

import re
import time
from typing import Any

from marshmallow import ValidationError

from relay.api.delivery_documents import Moment
from relay.model.admin_key import SCOPES, TAKEN_NAMES, AdminKey, folded
from relay.web.answers import iso
from relay.web.documents import Document, OneOf, ReadOnly, Text
from relay.web.keys import prefix_of

LONGEST_NAME = 64  # characters
# What Unicode counts as printable and nobody sees: fillers, joiners, selectors of a letter's form.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


class KeyName(Text):
    """A name that reads as it is written: printable, and none of those that mean somebody else in the audit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(longest=LONGEST_NAME, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if not name.isprintable() or name != name.strip() or _UNSEEN.search(name):
            raise ValidationError("should be printable, without blanks around it")
        if folded(name) in TAKEN_NAMES:
            raise ValidationError("is a name of the relay's own; choose another")
        return name


class KeyDocument(Document):
    """A key for a person or a script: its name, what it may do, and until when."""

    name = KeyName(required=True)
    scope = OneOf(*SCOPES, required=True)
    expires_at = Moment(load_default=None)
    id = ReadOnly()
    prefix = ReadOnly()
    created_at = ReadOnly()
    expired = ReadOnly()
    last_used_at = ReadOnly()


def show(key: AdminKey, made: str | None = None) -> dict[str, Any]:
    """Give a key as answers show it; the key itself (`made`) only in the answer that made it."""
    return {
        "id": key.id or None,
        "name": key.name,
        "scope": key.scope,
        "prefix": prefix_of(key.id) if key.id else None,
        **({"key": made} if made else {}),
        "created_at": iso(key.created_at),
        "expires_at": iso(key.expires_at),
        "expired": key.expired(time.time()),
        "last_used_at": iso(key.last_used_at),
    }


def editable(key: AdminKey) -> dict[str, Any]:
    """Give the document that a change is laid over."""
    return {"name": key.name, "scope": key.scope, "expires_at": iso(key.expires_at)}

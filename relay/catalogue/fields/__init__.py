"""The fields that templates are made of. Each reads JSON into JSON and says in a sentence what would be right."""

from __future__ import annotations

from relay.catalogue.fields.addresses import Email, HttpsUrl
from relay.catalogue.fields.base import RecordField
from relay.catalogue.fields.lists import ListOf
from relay.catalogue.fields.moments import PastUtc, Utc, months_later
from relay.catalogue.fields.plain import Name, OneOfKnown, OnlyNumber, Text
from relay.catalogue.fields.resources import InviteeUri, ResourceUri, ResourceUuid

__all__ = [
    "RecordField",
    "Text",
    "Name",
    "OneOfKnown",
    "OnlyNumber",
    "ListOf",
    "ResourceUuid",
    "ResourceUri",
    "InviteeUri",
    "Email",
    "HttpsUrl",
    "Utc",
    "PastUtc",
    "months_later",
]

"""The form of a credential's document. Names that only answers carry may come back and have no effect."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from relay.api.delivery_documents import USUAL, Count
from relay.api.ids import Slug
from relay.catalogue.fields import ResourceUri
from relay.model.credential import Rate
from relay.web.documents import Document, OneOf, Part, ReadOnly, Text, Whole
from relay.web.masks import Kept, Secret

KINDS = ("personal_access_token", "oauth", "sandbox")
SANDBOX_TOKEN = "sandbox"  # noqa: S105 # what the sandbox takes unless it is told otherwise
_ORGANIZATIONS = ResourceUri("organizations")


class OrganizationUri(fields.String):
    """The full URI of an organization; left out, it is found."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        del attr, data, kwargs
        try:
            return _ORGANIZATIONS.take(value)
        except ValidationError as exc:
            raise ValidationError(f"{exc.messages[0]}; or left out, and it is found") from exc


class RatePart(Document):
    """What the account may call, until Calendly's own headers say otherwise: `limit` calls a `window` of seconds."""

    limit = Whole(1, 100_000, load_default=Rate().limit)
    window = Whole(1, 3600, load_default=Rate().window)


class CredentialDocument(Document):
    """A credential."""

    id = Slug(required=True)
    kind = OneOf(*KINDS, required=True)
    token: fields.Field[str | Kept] = Secret(shortest=1)
    organization = OrganizationUri(load_default="")
    rate = Part(RatePart, load_default=lambda: RatePart().load({}))
    user = ReadOnly()
    connected = ReadOnly()
    scopes = ReadOnly()
    expires_at = ReadOnly()
    trouble = ReadOnly()
    destinations = ReadOnly()
    created_at = ReadOnly()
    updated_at = ReadOnly()


class CredentialQuery(Document):
    """Which credentials a page should hold."""

    limit = Count(load_default=USUAL)
    cursor = Text(longest=100, load_default=None)

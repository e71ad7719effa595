"""What JSON Schema says of our own marshmallow fields: functions that apispec asks for each field, one after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import Schema, fields, validate

from relay.api.auth_documents import Auth, BasicAuth, BearerAuth, QueryAuth, UserName
from relay.api.credential_documents import OrganizationUri
from relay.api.delivery_documents import MOST, Count, Moment
from relay.api.destination_parts import MOST_NAMES, ExpressionText, Named
from relay.api.ids import Slug
from relay.catalogue.fields import ResourceUri
from relay.openapi.shapes import SHAPES
from relay.openapi.words import WORDS
from relay.web.documents import ReadOnly, Text
from relay.web.masks import Secret
from relay.web.slugs import SLUG

NO_CONTROLS = r"^[^\u0000-\u001f\u007f]*$"
AUTHS = (BearerAuth, BasicAuth, QueryAuth)

Property = dict[str, Any]

NULL: Property = {"type": "null"}


def own_type(self: Any, field: fields.Field[Any], ret: Property) -> Property:
    """Say what a field of ours takes, where its class says more than its marshmallow parent."""
    del ret
    for kind, describe in _TYPES.items():
        if isinstance(field, kind):
            return describe(self, field)
    return {}


def usual_value(self: Any, field: fields.Field[Any], ret: Property) -> Property:
    """Take out a default that only means "none"."""
    del self, field
    usual = ret.get("default", ...)
    if usual is None or usual == "" or (usual == 0 and ret.get("minimum", 0) > 0):
        del ret["default"]
    return {}


def whole_pattern(self: Any, field: fields.Field[Any], ret: Property) -> Property:
    """Write a pattern as JSON Schema does: marshmallow's begins at the start of the text, and has Python's end."""
    del self, ret
    for rule in field.validators:
        if isinstance(rule, validate.Regexp):
            return {"pattern": f"^(?:{str(rule.regex.pattern).removesuffix(chr(92) + 'Z')})$"}
    return {}


def in_words(self: Any, field: fields.Field[Any], ret: Property) -> Property:
    """Add what the field means."""
    del self
    found = _told(field, WORDS)
    return {"description": found} if found and "description" not in ret else {}


def known_shape(self: Any, field: fields.Field[Any], ret: Property) -> Property:
    """Add what other code asks of the field; another schema stands in place of all that was found."""
    del self
    shape = _told(field, SHAPES) or {}
    if "$ref" in shape:
        ret.clear()
    return dict(shape)


def _told(field: fields.Field[Any], table: Any) -> Any:
    """Look for a field in a table by the classes of its schema, the nearest first."""
    name = field.data_key or field.name
    for schema in type(field.parent).__mro__ if isinstance(field.parent, Schema) else ():
        if name in table.get(schema.__name__, {}):
            return table[schema.__name__][name]
    return None


def _auth(converter: Any, field: Any) -> Property:
    del field
    kinds = {one.__name__.removesuffix("Auth").lower(): converter.resolve_nested_schema(one) for one in AUTHS}
    mapping = {kind: one["$ref"] for kind, one in kinds.items()}
    return {
        "oneOf": list(kinds.values()),
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }


def _named(converter: Any, field: Any) -> Property:
    item = or_null(converter.field2property(field.item))
    return {"type": "object", "additionalProperties": item, "maxProperties": MOST_NAMES}


def _secret(converter: Any, field: Any) -> Property:
    del converter
    lengths = field.lengths
    return {
        "type": "string",
        "minLength": lengths.start,
        "maxLength": lengths.stop - 1,
        "pattern": "^[!-~]*$",
        "writeOnly": True,
    }


def _count(converter: Any, field: Any) -> Property:
    del converter
    return {"type": "integer", "minimum": 1, "maximum": MOST, "default": field.load_default}


def or_null(schema: Property) -> Property:
    """Give a schema that takes null besides."""
    if "type" in schema:
        kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        values = {"enum": _with(None, schema["enum"])} if "enum" in schema else {}
        return {**schema, "type": _with("null", kinds), **values}
    if "anyOf" in schema:
        return {**schema, "anyOf": _with(NULL, schema["anyOf"])}
    core = {name: schema[name] for name in ("$ref", "oneOf", "discriminator") if name in schema}
    if not core:
        return schema  # it takes anything already
    told = {name: value for name, value in schema.items() if name not in core}
    return {"anyOf": [core, NULL], **told}


def without_null(schema: Property) -> Property:
    """Give a schema without the null that it takes besides: an address cannot carry one."""
    plain = dict(schema)
    if isinstance(plain.get("type"), list):
        (plain["type"],) = [kind for kind in plain["type"] if kind != "null"]
    if "enum" in plain:
        plain["enum"] = [each for each in plain["enum"] if each is not None]
    return plain


def _with(extra: Any, values: list[Any]) -> list[Any]:
    return values if extra in values else [*values, extra]


# The more special class goes before the one that it comes from.
_TYPES: dict[type[fields.Field[Any]], Callable[[Any, Any], Property]] = {
    Auth: _auth,
    Named: _named,
    Secret: _secret,
    ReadOnly: lambda _converter, _field: {"readOnly": True},
    Moment: lambda _converter, _field: {"type": "string", "format": "date-time"},
    Count: _count,
    OrganizationUri: lambda _converter, _field: ResourceUri("organizations").json_schema(),
    Slug: lambda _converter, _field: {"type": "string", "pattern": f"^{SLUG.pattern}$"},
    UserName: lambda _converter, _field: {"pattern": r"^[^\u0000-\u001f\u007f:]*$"},
    ExpressionText: lambda _converter, _field: {"pattern": NO_CONTROLS, "x-language": "JMESPath"},
    Text: lambda _converter, _field: {"pattern": NO_CONTROLS},
}
FUNCTIONS = (own_type, usual_value, whole_pattern, known_shape, in_words)

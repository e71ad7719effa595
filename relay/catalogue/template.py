"""What a template is: one Calendly endpoint, its fields, its rules and what its answers mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import quote

from marshmallow import Schema, ValidationError, pre_load

from relay.catalogue.answers import Confirm, Says
from relay.catalogue.fields import RecordField
from relay.errors import FieldError
from relay.model.call import Call
from relay.model.pointers import pointed

__all__ = ["Confirm", "InvalidRecord", "Says", "Template", "TemplateSchema"]


class TemplateSchema(Schema):
    """The fields of a template. What else a record carries is ignored; `allow` opens lists of known values.

    `further` holds what JSON Schema can say of rules over several fields, for those who describe the template.
    """

    error_messages = {"type": "should be a JSON object"}  # noqa: RUF012 # marshmallow's name and type
    further: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, *, allow: Mapping[str, tuple[str, ...]] | None = None) -> None:
        super().__init__(unknown="exclude")
        self.allow = allow or {}

    @pre_load
    def _leave_out_null(self, data: Any, **_: Any) -> Any:
        """Read null as "left out": that is how most systems write an empty field."""
        if not isinstance(data, Mapping):
            return data
        return {name: data[name] for name in self.fields if data.get(name) is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One endpoint of Calendly that a destination can be made from.

    `path` holds `{placeholders}`: names of fields, or `organization_uuid`, which the credential gives. Fields that are
    not in the path make the body. `sources` says where in Calendly's documents each rule comes from.
    """

    name: str
    title: str
    summary: str
    method: str
    path: str
    schema: type[TemplateSchema]
    example: Mapping[str, Any]
    role: str
    plan: str
    scopes: tuple[str, ...]
    sources: str
    success: frozenset[int]
    irreversible: bool = False
    harmless_to_repeat: bool = False
    repeat: str = ""  # what Calendly does with the same call a second time, in a sentence
    gone_is_done_after_unknown: bool = (
        False  # a 404 after an attempt with an unknown outcome means: it worked
    )
    done_already: tuple[Says, ...] = ()
    try_again: tuple[Says, ...] = ()  # refusals that Calendly itself asks to repeat
    confirm: Confirm | None = None  # a refusal that a look-up can turn into "done already"
    organization_field: str = (
        ""  # the body field that the credential's organization fills when it is left out
    )
    notes: tuple[str, ...] = ()

    @property
    def path_fields(self) -> tuple[str, ...]:
        """Give the names of the placeholders in the path, in order."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def needs_organization(self) -> bool:
        """Tell whether a call cannot be made before the credential's organization is known."""
        return "organization_uuid" in self.path_fields or bool(self.organization_field)

    @property
    def open_fields(self) -> tuple[str, ...]:
        """Give the names of the fields for which a destination can allow further values."""
        return tuple(name for name, one in self.fields().items() if one.is_open)

    @property
    def secret_fields(self) -> tuple[str, ...]:
        """Give the names of the fields whose value nobody should see again."""
        return tuple(name for name, one in self.fields().items() if one.secret)

    def fields(self, allow: Mapping[str, tuple[str, ...]] | None = None) -> dict[str, RecordField[Any]]:
        """Give the fields by name, in the order of the schema."""
        return {
            name: one
            for name, one in _bound(self.schema, allow).fields.items()
            if isinstance(one, RecordField)
        }

    def read(
        self, record: Mapping[str, Any], allow: Mapping[str, tuple[str, ...]] | None = None
    ) -> dict[str, Any]:
        """Check a record and give the template's fields, ready to be stored as JSON. Reading them again changes nothing.

        Raises InvalidRecord, which names each field that is wrong.
        """
        try:
            loaded: dict[str, Any] = _bound(self.schema, allow).load(record)
        except ValidationError as exc:
            raise InvalidRecord(tuple(pointed(dict(exc.messages_dict)))) from exc
        return loaded

    def call(self, fields: Mapping[str, Any], organization: str = "") -> Call:
        """Make the call for fields that `read` gave. `organization` is the credential's organization URI."""
        values = dict(fields)
        if self.organization_field:
            values.setdefault(self.organization_field, organization)
        in_path = {**values, "organization_uuid": organization.rstrip("/").rpartition("/")[2]}
        segments = [
            quote(str(in_path[part[1:-1]]), safe="") if part.startswith("{") else part
            for part in self.path.split("/")
        ]
        body = {name: value for name, value in values.items() if name not in self.path_fields}
        return Call(self.method, "/".join(segments), None if self.method == "DELETE" else body)


class InvalidRecord(Exception):
    """A record breaks the rules of its template; `errors` names each field."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        self.errors = errors
        super().__init__(f"The record is wrong at {', '.join(error.pointer for error in errors)}")


def _bound(schema: type[TemplateSchema], allow: Mapping[str, tuple[str, ...]] | None) -> TemplateSchema:
    return _schema(schema, tuple(sorted((name, tuple(values)) for name, values in (allow or {}).items())))


@lru_cache(maxsize=512)
def _schema(schema: type[TemplateSchema], allow: tuple[tuple[str, tuple[str, ...]], ...]) -> TemplateSchema:
    """Give the one instance for a schema and its allowed values: building one costs more than a record."""
    return schema(allow=dict(allow))

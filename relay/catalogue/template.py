"""What a template is: one Calendly endpoint, its fields, its rules and what its answers mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, ClassVar
from urllib.parse import quote

from marshmallow import Schema, ValidationError, pre_load, validates_schema

from relay.catalogue.answers import Says
from relay.catalogue.fields import RecordField
from relay.catalogue.look_up import LookUp, chosen, instead, without_alternatives
from relay.catalogue.proof import Proof
from relay.errors import FieldError
from relay.model.call import Call
from relay.model.pointers import pointed

__all__ = ["InvalidRecord", "Says", "Template", "TemplateSchema"]


class TemplateSchema(Schema):
    """The fields of a template. What else a record carries is ignored; `allow` opens lists of known values.

    `further` holds what JSON Schema can say of rules over several fields, for those who describe the template. A field
    that one of `look_ups` finds may be left out for the fields that the look-up reads; those are ignored where the
    record has the field itself.
    """

    error_messages = {"type": "should be a JSON object"}  # noqa: RUF012 # marshmallow's name and type
    further: ClassVar[Mapping[str, Any]] = {}
    look_ups: ClassVar[tuple[LookUp, ...]] = ()

    def __init__(self, *, allow: Mapping[str, tuple[str, ...]] | None = None) -> None:
        super().__init__(unknown="exclude")
        self.allow = allow or {}

    @pre_load
    def _leave_out_null(self, data: Any, **_: Any) -> Any:
        """Read null as "left out": that is how most systems write an empty field."""
        if not isinstance(data, Mapping):
            return data
        given = {name: data[name] for name in self.fields if data.get(name) is not None}
        return without_alternatives(self.look_ups, given)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _can_be_found(self, data: dict[str, Any], original: Any, **_: Any) -> None:
        """Refuse a record that has neither the field nor what it could be found by, and name both ways."""
        del data
        if not self.look_ups or not isinstance(original, Mapping):
            return
        given = {name for name in self.fields if original.get(name) is not None}
        for name in dict.fromkeys(one.finds for one in self.look_ups):
            ways = [one for one in self.look_ups if one.finds == name]
            if name not in given and not any(given.issuperset(one.by) for one in ways):
                what: str = getattr(self.fields[name], "what", name)
                raise ValidationError(f"is required: {what}{instead(ways)}", name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One endpoint of Calendly that a destination can be made from.

    `path` holds `{placeholders}`: names of fields, or `organization_uuid`, which the credential gives. Fields that are
    not in the path make the body. `example_answer` is the body of a success, for samples; None where there is none.
    `sources` says where in Calendly's documents each rule comes from.
    """

    name: str
    title: str
    summary: str
    method: str
    path: str
    schema: type[TemplateSchema]
    example: Mapping[str, Any]
    example_answer: Mapping[str, Any] | None = None
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
    proof: Proof | None = None  # what shows at Calendly that a call took effect
    # A call that was not answered may be made once more, at the price that this sentence names.
    spare: str = ""
    organization_field: str = (
        ""  # the body field that the credential's organization fills when it is left out
    )
    merges: str = ""  # the list field that takes in the records of a batch; empty: one record a call
    notes: tuple[str, ...] = ()

    @property
    def takes_batches(self) -> bool:
        """Tell whether several records can go out in one call."""
        return bool(self.merges)

    @property
    def heaviest(self) -> int:
        """Give how much the records of a batch may weigh together; 0 where only their number counts."""
        return int(getattr(self.fields().get(self.merges), "most", 0))

    def weight(self, fields: Mapping[str, Any]) -> int:
        """Give what a record's fields weigh in a batch."""
        return len(fields[self.merges]) if self.merges else 1

    def merged(self, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Give the fields of the one call for a batch: those of each record, merged without repeats."""
        every = chain.from_iterable(fields[self.merges] for fields in records)
        return {self.merges: list(dict.fromkeys(every))}

    def fits(self, fields: Mapping[str, Any]) -> bool:
        """Tell whether `call` can be made of fields that were read for a template of this name."""
        del fields
        return True

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

    @property
    def look_ups(self) -> tuple[LookUp, ...]:
        """Give the ways in which fields that a record leaves out are found."""
        return self.schema.look_ups

    @property
    def unsent_fields(self) -> frozenset[str]:
        """Give the names of the fields that only look-ups read: no call carries them."""
        return frozenset(name for one in self.look_ups for name in one.fields)

    def look_up(self, fields: Mapping[str, Any]) -> LookUp | None:
        """Give the look-up that `fields` need before their call can be made, or None."""
        return chosen(self.look_ups, fields)

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
        """Make the call for fields that `read` gave. `organization` is the credential's organization URI.

        What a look-up has yet to find, or Calendly to tell of the credential, stays a `{placeholder}` in the path, or is
        left out of the body: such a call is only for people to see.
        """
        unsent = self.unsent_fields
        values = {name: value for name, value in fields.items() if name not in unsent}
        if self.organization_field and organization:
            values.setdefault(self.organization_field, organization)
        of_credential = (
            {"organization_uuid": organization.rstrip("/").rpartition("/")[2]} if organization else {}
        )
        in_path = {**values, **of_credential}
        segments = [
            quote(str(in_path[part[1:-1]]), safe="")
            if part[1:-1] in in_path and part.startswith("{")
            else part
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

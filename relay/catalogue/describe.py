"""What a template looks like from outside: for people, for forms, and as JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marshmallow import missing

from relay.catalogue.answers import Says
from relay.catalogue.fields import RecordField
from relay.catalogue.look_up import LookUp, instead
from relay.catalogue.template import Template

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def describe(template: Template, allow: Mapping[str, tuple[str, ...]] | None = None) -> dict[str, Any]:
    """Give everything that a person or a program needs to know to send records for a template.

    `allow` is a destination's; with it the known values include the allowed ones.
    """
    return {
        "name": template.name,
        "title": template.title,
        "summary": template.summary,
        "method": template.method,
        "path": template.path,
        "role": template.role,
        "plan": template.plan,
        "scopes": list(template.scopes),
        "needs_organization": template.needs_organization,
        "success": sorted(template.success),
        "fields": [_field(template, name, one) for name, one in template.fields(allow).items()],
        "look_ups": [_look_up(one) for one in template.look_ups],
        "schema": json_schema(template, allow),
        "example": dict(template.example),
        "notes": list(template.notes),
        "sources": template.sources,
        **_repeats(template),
    }


def json_schema(template: Template, allow: Mapping[str, tuple[str, ...]] | None = None) -> dict[str, Any]:
    """Give a JSON Schema that accepts every record that the template accepts.

    It is as strict as a schema can be: that a moment is past, or that a span is short enough, only `read` can tell.
    """
    fields = template.fields(allow)
    required = [name for name, one in fields.items() if one.required]
    either = _either(template, fields)
    return {
        "$schema": DIALECT,
        "title": template.title,
        "type": "object",
        "properties": {
            name: _property(one, _phrase(template, name, one), idle=name in template.unsent_fields)
            for name, one in fields.items()
        },
        **({"required": required} if required else {}),
        **({"anyOf": either} if either else {}),
        **template.schema.further,
    }


def _either(template: Template, fields: Mapping[str, RecordField[Any]]) -> list[dict[str, Any]]:
    """Give the ways to say what is meant: the field itself, or what it is looked up by."""
    found = dict.fromkeys(one.finds for one in template.look_ups)
    ways: list[dict[str, Any]] = [
        {"required": [name], "properties": {name: {"type": "string"}}} for name in found
    ]
    for one in template.look_ups:
        read = {name: fields[name].json_schema() for name in one.by}
        read |= {name: _or_null(fields[name].json_schema()) for name in one.narrowed_by}
        ways.append({"required": list(one.by), "properties": read})
    return ways


def _property(one: RecordField[Any], phrase: str, *, idle: bool) -> dict[str, Any]:
    # Null is "left out", so only a field that may be left out takes it. What only a look-up reads is ignored where
    # there is nothing to look up: its rules stand with its way under anyOf.
    schema = {} if idle else one.json_schema() if one.required else _or_null(one.json_schema())
    default = {} if one.load_default is missing else {"default": one.load_default}
    return {"description": phrase, **schema, **default, **({"writeOnly": True} if one.secret else {})}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _phrase(template: Template, name: str, one: RecordField[Any]) -> str:
    """Say what a field is, and what a record can give instead of it, or what it stands for itself."""
    if name in template.unsent_fields:
        found = dict.fromkeys(each.finds for each in template.look_ups if name in each.fields)
        return f"{one.what}; only read where {' and '.join(found)} is missing"
    return one.what + instead([each for each in template.look_ups if each.finds == name])


def _look_up(one: LookUp) -> dict[str, Any]:
    return {
        "finds": one.finds,
        "by": list(one.by),
        "narrowed_by": list(one.narrowed_by),
        "description": f"Without {one.finds}, the relay looks up the one {one.one} with this {' and '.join(one.by)}.",
    }


def _field(template: Template, name: str, one: RecordField[Any]) -> dict[str, Any]:
    return {
        "name": name,
        "required": one.required,
        "description": _phrase(template, name, one),
        "where": _where(template, name),
        "default": None if one.load_default is missing else one.load_default,
        "open": one.is_open,
        "secret": one.secret,
    }


def _where(template: Template, name: str) -> str:
    if name in template.unsent_fields:
        return "look_up"
    return "path" if name in template.path_fields else "body"


def _repeats(template: Template) -> dict[str, Any]:
    """Tell what happens when a call is made twice, on purpose or after silence."""
    done = [_says(one) for one in template.done_already]
    if template.gone_is_done_after_unknown:
        done.append("404 after an attempt with an unknown outcome: that attempt had worked.")
    if template.proof and template.proof.explains:
        evidence = template.proof.evidence[0]
        known = _says(replace(template.proof.explains, meaning=evidence.meaning))
        done.append(f"{known} A look-up at {evidence.listing.path} decides.")
    return {
        "irreversible": template.irreversible,
        "harmless_to_repeat": template.harmless_to_repeat,
        "repeat": template.repeat,
        "after_silence": _after_silence(template),
        "done_already": done,
        "try_again": [_says(one) for one in template.try_again],
    }


def _after_silence(template: Template) -> str:
    """Say what follows a call that may have arrived and was not answered."""
    if template.proof:
        places = " and ".join(f"GET {one.listing.path}" for one in template.proof.evidence)
        return f"{places} shows whether it took effect; only if not, the call is made again."
    if template.spare:
        return f"The call is made once more. {template.spare}"
    return "The call is made again." if template.harmless_to_repeat else "A person decides."


def _says(answer: Says) -> str:
    words = answer.message or answer.title
    return f"{answer.status}{f' {words!r}' if words else ''}: {answer.meaning}"

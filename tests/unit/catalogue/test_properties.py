"""What holds for any JSON object that the world may send."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.catalogue import TEMPLATES
from relay.catalogue.create_webhook_subscription import SCOPES_OF_EVENT
from relay.catalogue.describe import json_schema
from relay.catalogue.template import InvalidRecord, Template
from tests.bad_records import BAD_RECORDS
from tests.unit.catalogue.calls import ORGANIZATION, check_call

API = "https://api.calendly.com"
TEXTS = st.text(st.characters(), max_size=30)  # lone surrogates and NUL among them
SCALARS = st.none() | st.booleans() | st.integers() | st.just(10**4000) | st.floats(allow_nan=False) | TEXTS
JSON = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4),
    max_leaves=12,
)
UUIDS = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
PEOPLE = st.emails() | st.from_regex(r"[a-zà-ÿ+.]{1,12}@[a-zà-ÿ-]{1,12}\.[a-z]{1,4}", fullmatch=True)
MOMENTS = st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat())
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=11))])
SPACED = st.sampled_from(["", " ", "\n", "\t "])
HEALTH = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def _near(name: str) -> st.SearchStrategy[Any]:
    """Give values that a field of that name may well take, so that chance finds its way past the door."""
    event_uri = UUIDS.map(lambda uuid: f"{API}/scheduled_events/{uuid}")
    values: dict[str, st.SearchStrategy[Any]] = {
        "event_uuid": UUIDS | event_uri,
        "reason": TEXTS,
        "owner": UUIDS.map(lambda uuid: f"{API}/event_types/{uuid}"),
        "owner_type": st.sampled_from(["EventType", "eventtype"]),
        "max_event_count": st.sampled_from([1, 1.0, "1", True, 2]),
        "invitee": st.tuples(event_uri, UUIDS).map(lambda pair: f"{pair[0]}/invitees/{pair[1]}"),
        "email": PEOPLE,
        "invitee_email": PEOPLE,
        "event_type": TEXTS,
        "emails": st.lists(PEOPLE, max_size=5),
        "start_time": MOMENTS,
        "end_time": MOMENTS,
        "url": st.from_regex(r"https://[a-z.]{1,12}(:[0-9]{1,5})?/[!-~]{0,12}", fullmatch=True),
        "events": st.lists(st.sampled_from(["invitee.created", "meeting_recap.created", "x"]), max_size=3),
        "scope": st.sampled_from(["organization", "user", "group", "team"]),
        "user": UUIDS.map(lambda uuid: f"{API}/users/{uuid}"),
        "group": UUIDS.map(lambda uuid: f"{API}/groups/{uuid}"),
        "organization": UUIDS.map(lambda uuid: f"{API}/organizations/{uuid}"),
        "signing_key": TEXTS,
    }
    spaced = st.tuples(SPACED, values.get(name, UUIDS), SPACED)
    return spaced.map(lambda parts: "".join(parts) if isinstance(parts[1], str) else parts[1])


@st.composite
def _hooks(draw: st.DrawFn) -> dict[str, Any]:
    """Give webhook subscriptions whose owner fits their scope, and whose events mostly do."""
    scope = draw(st.sampled_from(["organization", "user", "group"]))
    events = draw(st.lists(st.sampled_from(list(SCOPES_OF_EVENT)), min_size=1, max_size=4, unique=True))
    owner = {scope: draw(_near(scope))} if scope != "organization" else {}
    extra = draw(
        st.fixed_dictionaries({}, optional={"organization": _near("organization"), "signing_key": TEXTS})
    )
    return {"url": draw(_near("url")), "events": events, "scope": scope, **owner, **extra}


@st.composite
def _spans(draw: st.DrawFn) -> dict[str, Any]:
    """Give spans of up to three years before 2026, each end in a time zone of its own."""
    start = draw(st.datetimes(datetime(1990, 1, 1), datetime(2022, 12, 1), timezones=ZONES))  # noqa: DTZ001 # zoned
    length = timedelta(seconds=draw(st.floats(-86_400, 3 * 366 * 86_400)))
    return {"start_time": start.isoformat(), "end_time": (start + length).astimezone(draw(ZONES)).isoformat()}


WHOLE = {"create_webhook_subscription": _hooks(), "delete_scheduled_event_data": _spans()}


def _records(template: Template) -> st.SearchStrategy[dict[str, Any]]:
    """Give records that hold some of the template's fields, with values from near and far."""
    known = {name: _near(name) | JSON for name in template.fields()}
    needed = {one.finds for one in template.look_ups}
    fields = template.fields()
    near = {name: _near(name) for name in fields if fields[name].required or name in needed}
    by: st.SearchStrategy[dict[str, Any]] = st.one_of(
        [st.fixed_dictionaries({name: _near(name) for name in one.fields}) for one in template.look_ups]
    )
    optional = {name: known[name] for name in known if name not in near}
    return (
        WHOLE.get(template.name, st.nothing())
        | st.fixed_dictionaries(near, optional=optional)
        | by
        | st.fixed_dictionaries({}, optional=known)
        | st.dictionaries(TEXTS, JSON, max_size=5)
    )


@settings(max_examples=60, deadline=None, suppress_health_check=HEALTH)
@given(data=st.data())
def test_any_object_is_either_refused_or_makes_a_call_that_calendly_allows(
    template: Template, data: st.DataObject
) -> None:
    """Nothing but InvalidRecord comes out of `read`, and what it accepts is right, stable and in the JSON Schema."""
    record = data.draw(_records(template))
    try:
        fields = template.read(record)
    except InvalidRecord as exc:
        _check_errors(exc)
        return

    if template.look_up(fields) is None:
        check_call(template.call(fields, ORGANIZATION))
    assert fields == template.read(fields)
    assert fields == json.loads(json.dumps(fields))
    jsonschema.validate(record, json_schema(template), cls=jsonschema.Draft202012Validator)


def _check_errors(refusal: InvalidRecord) -> None:
    assert refusal.errors
    assert all(error.pointer.startswith("#") and error.detail for error in refusal.errors)


@pytest.mark.parametrize("name", TEMPLATES)
def test_values_of_one_field_never_break_another_template(name: str) -> None:
    """Every bad record of the table meets every template, and is refused or read."""
    for rows in BAD_RECORDS.values():
        for bad in rows:
            try:
                fields = TEMPLATES[name].read(bad.record)
            except InvalidRecord:
                continue
            assert fields == TEMPLATES[name].read(fields)

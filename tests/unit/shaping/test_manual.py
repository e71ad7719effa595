"""The template of a manual destination: its calls, its placeholders, and what its answers mean."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from relay.calendly import read_outcome
from relay.catalogue.template import InvalidRecord
from relay.model.call import Answer, NotSent, Silence
from relay.model.destination import BatchSettings, DeliverySettings, ManualSettings, ShapeSettings
from relay.model.destination_settings import ManualMethod
from relay.shaping.manual import ManualTemplate, manual_template
from relay.shaping.shape import shape
from relay.shaping.templates import template_of
from tests.destinations import a_destination
from workers.doubt import repeat_of
from workers.steps import Ask, Standing, Wait, next_step

METHODS: tuple[ManualMethod, ...] = get_args(ManualMethod)
HARMLESS = {"GET", "PUT", "DELETE"}


def a_template(
    method: ManualMethod = "POST", path: str = "/shares/{id}", exclude: tuple[str, ...] = (), wrap: str = ""
) -> ManualTemplate:
    """Give the template of a manual destination."""
    return manual_template(ManualSettings(method=method, url=path, path=path), exclude, wrap)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_makes_its_call(method: ManualMethod) -> None:
    """The record is the body, but for GET and DELETE, which have none."""
    template = a_template(method)

    call = template.call(template.read({"id": "a b/ü", "n": 1}))

    body = None if method in {"GET", "DELETE"} else {"id": "a b/ü", "n": 1}
    assert (method, "/shares/a%20b%2F%C3%BC", body) == (call.method, call.path, call.body)


def test_what_is_excluded_still_fills_the_address() -> None:
    """It is taken off the body only."""
    template = a_template(path="/shares/{share.id}?team={team}", exclude=("share", "team"))

    call = template.call(template.read({"share": {"id": 7}, "team": "R&D", "name": "Intro"}))

    assert ("/shares/7?team=R%26D", {"name": "Intro"}) == (call.path, call.body)


@pytest.mark.parametrize("value", [None, "", "  ", [], ["a"], {}, {"a": 1}, ..., "..", ".", "a/../b", "\0"])
def test_a_placeholder_without_a_fitting_value_refuses_the_record(value: Any) -> None:
    """The pointer is where the value should stand; nothing of the value is told."""
    record = {} if value is ... else {"share": {"id": value}}

    with pytest.raises(InvalidRecord) as refusal:
        a_template(path="/shares/{share.id}/invitees").read(record)

    assert ["#/share/id"] == [fault.pointer for fault in refusal.value.errors]
    assert refusal.value.errors[0].detail.startswith("should")


@pytest.mark.parametrize(
    ("value", "filled"), [(0, "0"), (1.5, "1.5"), (True, "true"), ("?x=1#y", "%3Fx%3D1%23y"), ("..x", "..x")]
)
def test_a_placeholder_takes_texts_numbers_and_truths(value: Any, filled: str) -> None:
    """Encoded, so that a value stays in its place."""
    template = a_template()

    assert f"/shares/{filled}" == template.call(template.read({"id": value})).path


@pytest.mark.parametrize("batch", [BatchSettings(), BatchSettings(wrap="records")])
def test_a_batch_is_an_array_or_an_object_around_it(batch: BatchSettings) -> None:
    """Of the bodies in order, with the address that all of them have."""
    manual = ManualSettings(method="PATCH", url="/shares/{id}", path="/shares/{id}")
    destination = a_destination(
        template="manual", manual=manual, batch=batch, shape=ShapeSettings(exclude=("id",))
    )
    records = [{"id": "x", "n": number} for number in range(3)]
    template = template_of(destination)

    call = template.call(template.merged([each.fields for each in shape(destination, records).right]))

    bodies = [{"n": 0}, {"n": 1}, {"n": 2}]
    assert ("/shares/x", {"records": bodies} if batch.wrap else bodies) == (call.path, call.body)


def test_only_methods_with_a_body_take_batches() -> None:
    """The others would have nothing for records to share."""
    assert {"POST", "PUT", "PATCH"} == {method for method in METHODS if a_template(method).takes_batches}


@pytest.mark.parametrize("method", METHODS)
def test_fields_fit_the_method_that_they_were_read_for(method: ManualMethod) -> None:
    """A destination that was made anew with another method finds that what waited is not for it."""
    fields = a_template(method).read({"id": 1})

    assert [method] == [other for other in METHODS if a_template(other).fits(fields)]


# What is repeated after silence: nothing that could be done twice, and nothing whose owner asks for care.
AFTER_SILENCE = [
    *((method, "default", Wait if method in HARMLESS else Ask) for method in METHODS),
    *((method, "hold", Ask) for method in METHODS),
]


@pytest.mark.parametrize(("method", "on_unknown", "step"), AFTER_SILENCE)
def test_what_follows_silence(method: ManualMethod, on_unknown: Any, step: type) -> None:
    """GET, PUT and DELETE are repeated; POST and PATCH wait for a person."""
    template = a_template(method)
    standing = Standing(
        1, 0.0, repeat_of(template, 1), DeliverySettings(on_unknown=on_unknown), in_doubt=True
    )

    verdict = read_outcome(template, Silence("reset"))

    assert isinstance(next_step(verdict, standing, retry_base=1.0, jitter=0.0), step)


@pytest.mark.parametrize(
    ("method", "status", "verdict"),
    [
        ("POST", 200, "delivered"),
        ("POST", 299, "delivered"),
        ("GET", 204, "delivered"),
        ("POST", 302, "refused"),
        ("POST", 400, "refused"),
        ("DELETE", 404, "refused"),
        ("POST", 401, "unauthorized"),
        ("POST", 429, "busy"),
        ("POST", 500, "unknown"),
        ("PATCH", 502, "unknown"),
        ("PUT", 500, "failed"),
        ("GET", 500, "failed"),
        ("DELETE", 500, "failed"),
        ("POST", 503, "failed"),
    ],
)
def test_what_an_answer_means(method: ManualMethod, status: int, verdict: str) -> None:
    """Any 2xx is a success; a 5xx to what may not be repeated leaves open what happened."""
    assert verdict == read_outcome(a_template(method), Answer(status)).name


@pytest.mark.parametrize(
    ("method", "verdict"), [("DELETE", "done_already"), ("PUT", "refused"), ("GET", "refused")]
)
def test_what_is_gone_after_silence_was_deleted_by_the_call_before(
    method: ManualMethod, verdict: str
) -> None:
    """Only a DELETE can have done that."""
    gone = Answer(404, {}, {"title": "Resource Not Found"})

    assert verdict == read_outcome(a_template(method), gone, after_unknown=True).name


def test_nothing_sent_can_be_repeated_by_any_method() -> None:
    """Where no byte left, nothing was done."""
    for method in METHODS:
        step = next_step(
            read_outcome(a_template(method), NotSent("refused")),
            Standing(1, 0.0, repeat_of(a_template(method), 0), DeliverySettings()),
            retry_base=1.0,
            jitter=0.0,
        )
        assert isinstance(step, Wait)

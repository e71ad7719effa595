"""Any other endpoint of Calendly: the destination says which, and the record is the body."""

from __future__ import annotations

from relay.catalogue.template import Template, TemplateSchema

NAME = "manual"
HARMLESS = frozenset({"GET", "PUT", "DELETE"})  # to repeat after a call that may have arrived


class AnyRecord(TemplateSchema):
    """Whatever the record carries."""


TEMPLATE = Template(
    name=NAME,
    title="Any other call",
    summary="Calls an address of Calendly's that has no template: method, URL and headers are the destination's.",
    method="POST",
    path="/",
    schema=AnyRecord,
    example={
        "event_type": "https://api.calendly.com/event_types/EVENTTYPE0000001",
        "name": "Intro",
        "duration": 30,
    },
    example_answer={"resource": {}},
    role="as the endpoint asks for",
    plan="as the endpoint asks for",
    scopes=(),
    sources="Calendly reference of the endpoint that the destination names",
    success=frozenset(range(200, 300)),
    repeat="GET, PUT and DELETE are harmless to repeat; POST and PATCH are not.",
    notes=(
        "The destination's `manual` gives the method and the URL, whose {placeholders} the record fills.",
        "The body is the whole record less `exclude`, with what `mapping` and `constants` add.",
        "GET and DELETE send no body.",
        "A batch is sent as an array, or as an object with the array under `wrap`.",
    ),
)

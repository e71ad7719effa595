"""How the catalogue grows: a template is one object, and everything else follows from it."""

from __future__ import annotations

from relay.catalogue.describe import describe
from relay.catalogue.fields import ResourceUuid, Text
from relay.catalogue.template import Template, TemplateSchema
from relay.model.call import Call
from tests.unit.catalogue.calls import check_call


class CancelQuietly(TemplateSchema):
    """An event, and a reason that must be given."""

    event_uuid = ResourceUuid("scheduled_events", required=True)
    reason = Text("a short reason", required=True, longest=20)


QUIETLY = Template(
    name="cancel_quietly",
    title="Cancel quietly",
    summary="Calls off a meeting, briefly.",
    method="POST",
    path="/scheduled_events/{event_uuid}/cancellation",
    schema=CancelQuietly,
    example={"event_uuid": "AAAA", "reason": "ill"},
    role="host",
    plan="any",
    scopes=("scheduled_events:write",),
    sources="this test",
    success=frozenset({201}),
)


def test_a_new_template_is_one_object() -> None:
    """It reads, calls and describes itself without a line elsewhere."""
    call = QUIETLY.call(QUIETLY.read(QUIETLY.example))
    check_call(call)

    assert Call("POST", "/scheduled_events/AAAA/cancellation", {"reason": "ill"}) == call
    assert ["event_uuid", "reason"] == describe(QUIETLY)["schema"]["required"]


def test_a_new_template_is_careful_until_it_says_otherwise() -> None:
    """Repeats do harm, nothing is done already and nothing shows it, as long as nobody has looked it up."""
    assert (False, False, (), None, "") == (
        QUIETLY.harmless_to_repeat,
        QUIETLY.gone_is_done_after_unknown,
        QUIETLY.done_already,
        QUIETLY.proof,
        QUIETLY.spare,
    )

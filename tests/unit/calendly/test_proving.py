"""Looking up whether a call took effect, with Calendly as a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from relay.calendly import Absent, Asking, Stands, Untold, needs_explaining, prove
from relay.catalogue import TEMPLATES
from relay.catalogue.template import Template
from relay.model.call import Answer, Call, NotSent, Outcome, Silence
from tests.calendly_contract import check_request, find_operation
from tests.system.calendly_answers import ORGANIZATION
from tests.system.calendly_world import Asked, World
from tests.unit.calendly.fakes import REAL, calendly_that, pages

OURS = replace(REAL, organization=ORGANIZATION)
PROVEN = [pytest.param(one, id=name) for name, one in TEMPLATES.items() if one.proof]
HOOK = TEMPLATES["create_webhook_subscription"]
EXISTS = Answer(409, {}, {"title": "Already Exists", "message": "Hook with this url already exists"})
INVITE = TEMPLATES["invite_user_to_organization"]


def asked(world: World, method: str, url: str, body: Any = None) -> Answer:
    """Give what Calendly answers in this world."""
    operation, _ = find_operation(method, url)
    parts = urlsplit(url)
    key = (operation.method, operation.template)
    status, answer = world.answer(key, Asked(parts.path, dict(parse_qsl(parts.query)), body or {}))
    return Answer(status, {}, answer)


def the_call(template: Template) -> Call:
    """Give the call of the template's example."""
    return template.call(template.read(template.example), ORGANIZATION)


def proving(template: Template, answer: Callable[[str, str], Outcome]) -> tuple[Any, list[str]]:
    """Look for the effect of the template's example, and give what was found and which addresses were asked."""
    calendly, fake = calendly_that(answer)
    shown = prove(Asking(calendly, OURS, "t"), template, template.read(template.example))
    return shown, [url for _, url, *_ in fake.asked]


@pytest.mark.parametrize("template", PROVEN)
def test_what_a_look_up_gives_is_what_calendly_answered(template: Template) -> None:
    """Before the call there is no effect; after it, the find becomes the very answer that was lost."""
    world = World()
    call = the_call(template)

    before, urls = proving(template, lambda method, url: asked(world, method, url))
    answered = asked(world, call.method, call.path, call.body)
    after, _ = proving(template, lambda method, url: asked(world, method, url))

    assert Absent() == before
    assert isinstance(after, Stands)
    assert answered == after.answer
    for url in urls:
        check_request("GET", url, {"Authorization": "Bearer t"})


@pytest.mark.parametrize("template", PROVEN)
@pytest.mark.parametrize(
    "outcome",
    [Answer(429), Answer(500), Answer(403), Answer(200, {}, "<html>"), Silence("cut"), NotSent("no way")],
    ids=lambda outcome: str(getattr(outcome, "status", type(outcome).__name__)),
)
def test_a_look_up_that_fails_tells_nothing(template: Template, outcome: Outcome) -> None:
    """What came of it is passed on; it is never taken for "no effect"."""
    shown, _ = proving(template, lambda *_: outcome)

    assert isinstance(shown, Untold)
    assert outcome == shown.outcome


@pytest.mark.parametrize(
    "template",
    [one for one in TEMPLATES.values() if one.gone_is_done_after_unknown],
    ids=lambda one: one.name,
)
@pytest.mark.parametrize(
    "body", ["<html>No such host</html>", None, {"message": "no Route matched"}], ids=str
)
def test_somebody_elses_answer_does_not_say_that_a_thing_is_gone(template: Template, body: Any) -> None:
    """A proxy or a gateway that knows no such address answers 404 as well."""
    shown, _ = proving(template, lambda *_: Answer(404, {}, body))

    assert isinstance(shown, Untold)


def test_somebody_who_has_joined_needs_no_invitation() -> None:
    """The membership is what was found; the answer names no invitation, since none stands."""
    member = {"uri": "https://x/organization_memberships/M", "user": {"email": "ADA@example.com"}}

    def answer(_: str, url: str) -> Answer:
        rows = [member] if "organization_memberships" in url else []
        return Answer(200, {}, {"collection": rows, "pagination": {"next_page_token": None}})

    shown, _ = proving(INVITE, answer)

    assert isinstance(shown, Stands)
    assert (member, Answer(201, {}, {"resource": None})) == (shown.resource, shown.answer)


def test_an_address_with_capitals_is_asked_for_twice() -> None:
    """Calendly does not say whether its filter minds the case."""
    calendly, fake = calendly_that(pages([]))

    shown = prove(Asking(calendly, OURS, "t"), INVITE, {"email": "Ada@Example.com"})

    assert Absent() == shown
    assert ["Ada@Example.com", "ada@example.com"] * 2 == [
        parse_qs(urlsplit(url).query)["email"][0] for _, url, *_ in fake.asked
    ]


def test_a_subscription_is_looked_for_on_every_page_of_its_owners_list() -> None:
    """The owner is asked for where the call names one, and the organization of the record goes before the credential's."""
    other = "https://api.calendly.com/organizations/OTHER"
    wished = {"url": "https://crm.example/h", "events": ["invitee.created"], "scope": "organization"}
    row = {
        **wished,
        "callback_url": wished["url"],
        "organization": other,
        "user": "somebody",
        "state": "active",
    }
    calendly, fake = calendly_that(pages([{"callback_url": "https://x.example"}], [row]))

    shown = prove(Asking(calendly, OURS, "t"), HOOK, {**wished, "organization": other})

    assert isinstance(shown, Stands)
    assert {"organization": [other], "scope": ["organization"], "count": ["100"]} == parse_qs(
        urlsplit(fake.asked[0][1]).query
    )


@pytest.mark.parametrize(
    ("template", "outcome", "needed"),
    [
        (HOOK, EXISTS, True),
        (HOOK, Answer(201), False),
        (HOOK, Answer(403), False),
        (HOOK, Silence("x"), False),
        (HOOK, NotSent("x"), False),
        (INVITE, EXISTS, False),
        (TEMPLATES["create_scheduling_link"], EXISTS, False),
    ],
)
def test_a_refusal_is_looked_into_only_where_nothing_else_explains_it(
    template: Template, outcome: Outcome, needed: bool
) -> None:
    """Calls are scarce."""
    assert needed == needs_explaining(template, outcome)


def test_what_nothing_shows_costs_no_look_up() -> None:
    """A link cannot be found again."""
    shown, urls = proving(TEMPLATES["create_scheduling_link"], lambda *_: Answer(500))

    assert (None, []) == (shown, urls)

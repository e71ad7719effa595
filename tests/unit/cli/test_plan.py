"""What `apply` would do, worked out before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from relay.cli.plan import Plan, Request, Standing, make_plan
from relay.cli.shapes import MASK, Document, Kind
from relay.cli.wanted import Wanted

CREDENTIAL: Document = {"id": "acme", "kind": "sandbox", "token": MASK, "organization": "https://found"}
WHSEC = f"{MASK}b2st"


def a_destination(**changes: Any) -> Document:
    """Give a destination as the relay shows it."""
    usual = {
        "id": "here",
        "template": "cancel_scheduled_event",
        "credential": "acme",
        "inbound": {"auth": {"kind": "bearer", "key": MASK}, "records": None, "when": None},
        "callback": {"url": "https://crm.example/", "secret": WHSEC, "previous_secret": None, "headers": {}},
        "state": "draft",
    }
    return {**usual, **changes}


def in_file(**changes: Any) -> Document:
    """Give the same destination as a file says it."""
    usual = {
        "id": "here",
        "template": "cancel_scheduled_event",
        "credential": "acme",
        "inbound": {"auth": {"kind": "bearer", "key": "the-key-of-upstream"}},
        "callback": {"url": "https://crm.example/", "secret": "whsec_that-ends-with-b2st"},
    }
    return {**usual, **changes}


def plan(stands: list[Document], wanted: list[Document], **options: bool) -> Plan:
    """Plan for destinations alone."""
    documents: dict[Kind, dict[str, Document]] = {
        "credential": {"acme": CREDENTIAL},
        "destination": {each["id"]: each for each in stands},
    }
    files = Wanted({"destination": {each["id"]: each for each in wanted}})
    return make_plan(Standing(documents, frozenset({"cancel_scheduled_event"})), files, **options)


def requests(made: Plan) -> list[Request]:
    """Give all requests of a plan."""
    return [request for step in made.steps for request in step.requests]


def test_what_stands_already_is_no_step() -> None:
    """Secrets that cannot be compared count as unchanged, and are named."""
    made = plan([a_destination()], [in_file()])

    assert ([], ["destination here: inbound.auth.key"]) == (made.steps, made.incomparable)


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({"delivery": {"concurrency": 1}}, {"delivery": {"concurrency": 1}}),
        ({"headers": {"X-Team": "rev-ops"}}, {"headers": {"X-Team": "rev-ops"}}),
        ({"callback": None}, {"callback": None}),
        (
            {"callback": {"url": "https://crm.example/", "secret": "whsec_that-ends-otherwise"}},
            {"callback": {"secret": "whsec_that-ends-otherwise"}},
        ),
        ({"callback": {"url": "https://crm.example/2"}}, {"callback": {"url": "https://crm.example/2"}}),
        (
            {"inbound": {"auth": {"kind": "query", "key": "the-key-of-upstream"}}},
            {"inbound": {"auth": {"kind": "query", "key": "the-key-of-upstream"}}},
        ),
        (
            {"inbound": {"auth": {"kind": "basic", "username": "crm"}, "when": "a"}},
            {"inbound": {"auth": {"kind": "basic", "username": "crm"}, "when": "a"}},
        ),
        ({"batch": {}}, {"batch": {}}),
    ],
)
def test_a_change_sends_what_differs_and_no_more(changes: Document, body: Document) -> None:
    """The secrets that stay are not among it."""
    made = plan([a_destination()], [in_file(**changes)])

    assert [Request("PATCH", "/destinations/here", body)] == requests(made)


def test_rotating_sends_every_secret_that_is_given() -> None:
    """Also those whose masks look the same."""
    made = plan([a_destination()], [in_file()], rotate=True)

    assert [
        {
            "inbound": {"auth": {"key": "the-key-of-upstream"}},
            "callback": {"secret": "whsec_that-ends-with-b2st"},
        }
    ] == [each.body for each in requests(made)]


def test_a_previous_secret_goes_only_when_the_file_says_null() -> None:
    """While a receiver changes over, an apply does not end that."""
    callback = {"url": "https://crm.example/", "secret": WHSEC, "previous_secret": f"{MASK}0000"}
    rotating = a_destination(callback=callback)
    ends = in_file(callback={"url": "https://crm.example/", "previous_secret": None})

    assert [] == plan([rotating], [in_file()]).steps
    assert [{"callback": {"previous_secret": None}}] == [
        each.body for each in requests(plan([rotating], [ends]))
    ]


def test_a_callback_header_that_the_file_leaves_out_goes() -> None:
    """Its name is a setting; only its value is a secret."""
    headers = {"X-Old": MASK, "X-Kept": f"{MASK}kept"}
    stands = a_destination(callback={"url": "https://crm.example/", "secret": WHSEC, "headers": headers})
    wanted = in_file(callback={"url": "https://crm.example/", "headers": {"X-Kept": "a-long-value-kept"}})

    assert [{"callback": {"headers": {"X-Old": None}}}] == [
        each.body for each in requests(plan([stands], [wanted]))
    ]


@pytest.mark.parametrize(
    ("before", "after", "ways"),
    [
        ("draft", "active", ["PATCH", "activate"]),
        ("paused", "active", ["PATCH", "activate"]),
        ("active", "active", ["PATCH"]),
        ("active", "paused", ["pause", "PATCH"]),
        ("draft", "draft", ["PATCH"]),
        ("active", None, ["PATCH"]),
    ],
)
def test_records_meet_the_settings_that_are_meant_for_them(
    before: str, after: str | None, ways: list[str]
) -> None:
    """A destination is paused before it is changed, and changed before it is activated."""
    wanted = in_file(name="new", acknowledge="irreversible", **({"state": after} if after else {}))
    made = requests(plan([a_destination(state=before)], [wanted]))

    assert ways == ["PATCH" if each.method == "PATCH" else each.path.rsplit("/", 1)[1] for each in made]


def test_a_new_destination_is_made_and_activated() -> None:
    """The state and the acknowledgement are no settings."""
    wanted = in_file(state="active", acknowledge="irreversible")
    made = requests(plan([], [wanted]))

    assert [
        Request("POST", "/destinations", in_file()),
        Request("POST", "/destinations/here/activate", {"acknowledge": "irreversible"}),
    ] == made


@pytest.mark.parametrize(
    ("stands", "changes", "fault"),
    [
        ([], {"state": "active"}, "add “acknowledge: irreversible”"),
        ([a_destination(state="active")], {"state": "draft"}, "cannot become a draft again"),
        ([a_destination()], {"template": "create_scheduling_link"}, "template cannot be changed"),
    ],
)
def test_what_cannot_be_done_is_known_before_anything_is(
    stands: list[Document], changes: Document, fault: str
) -> None:
    """The relay would refuse it half way through."""
    made = plan(stands, [in_file(**changes)])

    assert [True] == [fault in each for each in made.faults]


def test_pruning_deletes_what_no_file_has_of_the_kinds_they_speak_of() -> None:
    """A file with destinations alone deletes no credentials."""
    other = a_destination(id="other", counts={"queued": 2, "uncertain": 1, "delivered": 9})
    made = plan([a_destination(), other], [in_file()], prune=True)

    assert [("-", "destination", "other", 3)] == [
        (each.sign, each.kind, each.identifier, each.waiting) for each in made.steps
    ]
    assert [] == plan([a_destination(), other], [in_file()]).steps

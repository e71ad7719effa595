"""Verdicts, row by row, as the documentation has them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.calendly import Absent, Stands, Untold, read_outcome
from relay.catalogue import TEMPLATES
from relay.model.call import Answer, NotSent, Outcome, Silence
from relay.model.verdict import (
    Busy,
    Delivered,
    DoneAlready,
    Failed,
    Refused,
    Unauthorized,
    Unknown,
    Unreachable,
    Verdict,
)

CANCEL = TEMPLATES["cancel_scheduled_event"]  # harmless to repeat
LINK = TEMPLATES["create_scheduling_link"]  # every call makes another link
INVITE = TEMPLATES["invite_user_to_organization"]
HOOK = TEMPLATES["create_webhook_subscription"]
assert HOOK.proof is not None
REMOVE = TEMPLATES["remove_user_from_organization"]
DELETES = [template for template in TEMPLATES.values() if template.method == "DELETE"]
POSTS = [template for template in TEMPLATES.values() if template.method == "POST"]


def says(status: int, title: str = "", message: str = "", **more: Any) -> Answer:
    """Give an answer with Calendly's error body and perhaps headers."""
    headers = {name.replace("_", "-"): value for name, value in more.pop("headers", {}).items()}
    return Answer(status, headers, {"title": title, "message": message, **more})


GONE = says(404, "Resource Not Found", "The server could not find the requested resource.")


@pytest.mark.parametrize(
    ("template", "outcome", "verdict"),
    [
        # done
        (CANCEL, Answer(201), Delivered()),
        (CANCEL, Answer(200), Delivered("Calendly answered 200 where 201 is usual.")),
        (REMOVE, Answer(204), Delivered()),
        (REMOVE, Answer(200, {}, None), Delivered("Calendly answered 200 where 204 is usual.")),
        # a page of somebody's on the way
        (
            LINK,
            Answer(200, {}, "<html>We'll be right back</html>"),
            Unknown("The answer, with status 200, is none of Calendly's."),
        ),
        # done already
        (
            CANCEL,
            says(403, "Permission Denied", "Event is already canceled"),
            DoneAlready(CANCEL.done_already[0].meaning),
        ),
        (
            INVITE,
            says(400, "Already Invited", "a@b.example has already been invited"),
            DoneAlready(
                next(known.meaning for known in INVITE.done_already if known.title == "Already Invited")
            ),
        ),
        # no, and it would be no again
        (
            CANCEL,
            says(403, "Permission Denied", "Event in the past"),
            Refused("403 Permission Denied: Event in the past"),
        ),
        (
            INVITE,
            says(
                400,
                "Invalid Argument",
                "The supplied parameters are invalid.",
                details=[{"parameter": "email", "message": "must be filled"}, {"message": "is odd"}, 7],
            ),
            Refused(
                "400 Invalid Argument: The supplied parameters are invalid. (email must be filled; is odd)"
            ),
        ),
        (
            REMOVE,
            says(404, "Resource Not Found", "The server could not find the requested resource."),
            Refused("404 Resource Not Found: The server could not find the requested resource."),
        ),
        (CANCEL, Answer(302, {"location": "https://elsewhere.example"}), Refused("302")),
        (CANCEL, Answer(418, {}, "short and stout"), Refused("418 short and stout")),
        (CANCEL, Answer(999), Refused("999")),
        # the token
        (
            CANCEL,
            says(401, "Unauthenticated", "The access token is invalid"),
            Unauthorized("401 Unauthenticated: The access token is invalid"),
        ),
        (
            HOOK,
            says(403, "Insufficient scope", "Needs more.", required_scopes=["webhooks:write"]),
            Unauthorized("403 Insufficient scope: Needs more.", ("webhooks:write",)),
        ),
        (HOOK, says(403, "Insufficient scope"), Unauthorized("403 Insufficient scope")),
        (HOOK, says(403, "Odd", required_scopes=["a:b"]), Unauthorized("403 Odd", ("a:b",))),
        (
            HOOK,
            says(403, "Permission Denied", "You do not have permission"),
            Refused("403 Permission Denied: You do not have permission"),
        ),
        # not now
        (CANCEL, Answer(429, {"x-ratelimit-reset": "17"}), Busy("429", 17.0)),
        (CANCEL, Answer(429, {"retry-after": "90", "x-ratelimit-reset": "17"}), Busy("429", 90.0)),
        (CANCEL, Answer(429), Busy("429", 60.0)),
        (CANCEL, Answer(429, {"x-ratelimit-reset": "soon"}), Busy("429", 60.0)),
        (CANCEL, Answer(429, {"x-ratelimit-reset": "1763827200"}), Busy("429", 3600.0)),
        (CANCEL, Answer(429, {"retry-after": "0", "x-ratelimit-reset": "0"}), Busy("429", 1.0)),
        (LINK, Answer(503, {"retry-after": "30"}), Busy("503", 30.0)),
        (LINK, Answer(503, {"retry-after": "1"}), Busy("503", 1.0)),
        (LINK, Answer(503, {"retry-after": "0"}), Failed("503")),
        (LINK, Answer(503, {"retry-after": "0.001"}), Failed("503")),
        # it failed, or may have
        (LINK, Answer(503), Failed("503")),
        (CANCEL, Answer(500), Failed("500")),
        (CANCEL, Answer(502, {"retry-after": "9"}), Failed("502", 9.0)),
        (LINK, Answer(500), Unknown("500")),
        (
            LINK,
            Answer(504, {}, "<html>\n upstream  time-out</html>"),
            Unknown("504 <html> upstream time-out</html>"),
        ),
        (
            INVITE,
            says(400, "Race Condition", "A race condition occurred. Please try the request again."),
            Failed("400 Race Condition: A race condition occurred. Please try the request again."),
        ),
        # no answer
        (CANCEL, NotSent("no connection"), Unreachable("no connection")),
        (CANCEL, NotSent("not allowed", forbidden=True), Refused("not allowed")),
        (CANCEL, Silence("no answer within 30 seconds"), Unknown("no answer within 30 seconds")),
    ],
)
def test_what_an_attempt_came_to(template: Any, outcome: Outcome, verdict: Verdict) -> None:
    """One row, one verdict."""
    assert verdict == read_outcome(template, outcome)


@pytest.mark.parametrize("template", DELETES, ids=lambda template: template.name)
def test_gone_after_an_unknown_attempt_is_done(template: Any) -> None:
    """The attempt that was not answered must have worked."""
    assert DoneAlready("It is gone already.") == read_outcome(template, GONE, after_unknown=True)


@pytest.mark.parametrize("template", DELETES, ids=lambda template: template.name)
def test_gone_is_done_where_the_destination_says_so(template: Any) -> None:
    """Where upstream only wants it away, a 404 will do."""
    assert DoneAlready("It is gone already.") == read_outcome(template, GONE, gone_is_done=True)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<html>No such host</html>", "404 <html>No such host</html>"),
        (None, "404"),
        ("", "404"),
        ({"message": "no Route matched with those values"}, "404 no Route matched with those values"),
        ({"title": "Not Found", "status": 404}, "404 Not Found"),
        (["Resource Not Found"], "404"),
    ],
)
def test_gone_is_what_calendly_says_and_no_proxy(body: Any, said: str) -> None:
    """Somebody's answer about an address that he does not know says nothing of what stands at Calendly."""
    verdict = read_outcome(DELETES[0], Answer(404, {}, body), gone_is_done=True, after_unknown=True)

    assert Refused(said) == verdict


@pytest.mark.parametrize("template", POSTS, ids=lambda template: template.name)
def test_gone_is_never_done_for_a_call_that_makes_something(template: Any) -> None:
    """What is not there cannot have been acted on."""
    verdict = read_outcome(template, GONE, gone_is_done=True, after_unknown=True)

    assert isinstance(verdict, Refused)


EXISTS = says(409, "Already Exists", "Hook with this url already exists")
SAID = "409 Already Exists: Hook with this url already exists"


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        (None, Refused(SAID)),
        (Stands("It stands.", {"uri": "x"}, Answer(201)), DoneAlready("It stands.")),
        (Absent(), Refused(f"{SAID}. {HOOK.proof.otherwise}")),
        (
            Untold(Silence("nothing came"), "nothing came"),
            Failed(f"{SAID}, and what stands could not be looked up: nothing came"),
        ),
        (
            Untold(Answer(500), "500"),
            Failed(f"{SAID}, and what stands could not be looked up: 500"),
        ),
        (
            Untold(says(403, "Permission Denied"), "403"),
            Refused(f"{SAID}, and what stands could not be looked up: 403"),
        ),
        (
            Untold(NotSent("too long", forbidden=True), "too long"),
            Refused(f"{SAID}, and what stands could not be looked up: too long"),
        ),
        (Untold(Answer(429, {"x-ratelimit-reset": "9"}), "429"), Busy("429", 9.0)),
        (Untold(Answer(401), "401"), Unauthorized("401")),
        (
            Untold(says(403, "Insufficient scope", required_scopes=["webhooks:read"]), "403"),
            Unauthorized("403 Insufficient scope", ("webhooks:read",)),
        ),
    ],
)
def test_a_hook_that_exists_is_done_only_if_it_is_the_wished_one(shown: Any, verdict: Verdict) -> None:
    """The refusal names no hook, so what stands is looked up; a look-up that fails is made again later."""
    assert verdict == read_outcome(HOOK, EXISTS, shown=shown)


def test_a_long_reason_is_cut() -> None:
    """The log keeps 500 characters of what Calendly said."""
    verdict = read_outcome(CANCEL, says(400, "T", "m" * 10_000))

    assert isinstance(verdict, Refused)
    assert 500 == len(verdict.reason)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["title", "message", "details", "required_scopes", "parameter", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "x-ratelimit-reset", "x-ratelimit-limit", "x-ratelimit-remaining"]),
    st.text(max_size=30) | st.integers().map(str) | st.floats().map(str) | st.datetimes().map(str),
)
ANSWERS = st.builds(
    Answer, st.integers(200, 999) | st.sampled_from([401, 403, 404, 409, 429, 503]), HEADERS, JSON
)


@given(
    template=st.sampled_from(sorted(TEMPLATES)),
    outcome=ANSWERS,
    after_unknown=st.booleans(),
    gone_is_done=st.booleans(),
    shown=st.sampled_from([None, Absent(), Stands("It stands.", {}, Answer(201)), Untold(Silence("x"), "x")]),
)
def test_every_answer_has_a_verdict(
    template: str, outcome: Answer, after_unknown: bool, gone_is_done: bool, shown: Any
) -> None:
    """Whatever comes, there is a verdict, and no wait is absurd."""
    verdict = read_outcome(
        TEMPLATES[template],
        outcome,
        after_unknown=after_unknown,
        gone_is_done=gone_is_done,
        shown=shown,
    )

    assert isinstance(verdict, Verdict)
    assert 0 <= getattr(verdict, "wait", 0.0) <= 3600
    assert len(verdict.reason) <= 500


@given(outcome=ANSWERS)
def test_a_call_that_must_not_be_doubled_is_never_simply_repeated(outcome: Answer) -> None:
    """Short of 429, 503 and Calendly's own wish, nothing lets a scheduling link be made twice."""
    verdict = read_outcome(LINK, outcome)

    assert isinstance(verdict, Failed | Busy) == (outcome.status in {429, 503})

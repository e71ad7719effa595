"""What the commands make of a server that answers something else, or what only a server of one's own can answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.command_line import Asked, Say, recording


def test_a_redirect_takes_no_key_along() -> None:
    """A key goes where it was sent, and no further."""
    with recording(lambda _: Say({}, 302, {"Location": "http://127.0.0.1:1/"})) as relay:
        ended = relay.run("export")

    assert (1, 1) == (ended.code, len(relay.asked))
    assert "The relay refused this (302)" in ended.err


def test_something_else_at_the_address_is_known_for_what_it_is() -> None:
    """An address may lead to any web page."""
    with recording(lambda _: Say("<html>", 404)) as relay:
        ended = relay.run("deliveries")
        checked = relay.run("check")

    assert (1, True) == (ended.code, "does the address lead to one?" in ended.err)
    assert (1, True) == (checked.code, "not as a relay does" in checked.out)


@pytest.mark.parametrize(
    "body", [[], "text", {"next_cursor": None}, None, {"deliveries": 7, "next_cursor": None}]
)
def test_an_answer_that_makes_no_sense_is_no_traceback(body: Any) -> None:
    """Whatever stands at the address."""
    with recording(lambda _: Say(body)) as relay:
        ended = relay.run("deliveries")

    assert 1 == ended.code
    assert "Traceback" not in ended.err
    assert "address lead" in ended.err


def test_new_oauth_credentials_say_where_to_agree() -> None:
    """The relay cannot act for anybody until somebody did that in a browser."""

    def answer(asked: Asked) -> Say:
        if asked.path.endswith("/connect"):
            return Say({"url": "https://auth.calendly.com/oauth/authorize?x=y"})
        if asked.method == "POST":
            return Say({**asked.json, "connected": False}, 201)
        return Say({"credentials": [], "destinations": [], "templates": [], "next_cursor": None})

    with recording(answer) as relay:
        ended = relay.run("apply", "-", "--yes", given="credentials: [{id: acme, kind: oauth}]")

    assert 0 == ended.code
    assert "open this in a browser: https://auth.calendly.com/oauth/authorize?x=y" in ended.out


def test_lost_deliveries_are_agreed_to_by_their_number() -> None:
    """--yes alone loses nothing."""
    old = {
        "id": "old",
        "template": "x",
        "credential": "acme",
        "inbound": {"auth": {"kind": "bearer", "key": "••••"}},
        "state": "paused",
    }

    def answer(asked: Asked) -> Say:
        if asked.method == "DELETE":
            return Say(None, 204)
        if asked.path.endswith("/old"):
            return Say({**old, "counts": {"queued": 2, "uncertain": 1, "dead": 5}})
        return Say({"credentials": [], "destinations": [old], "templates": [], "next_cursor": None})

    with recording(answer) as relay:
        arguments = ("apply", "-", "--prune", "--yes")
        refused = relay.run(*arguments, given="destinations: []")
        wrong = relay.run(*arguments, "--discard", "old=2", given="destinations: []")
        agreed = relay.run(*arguments, "--discard", "old=3", given="destinations: []")

    assert (3, 3, 0) == (refused.code, wrong.code, agreed.code)
    assert "--discard old=3" in refused.err
    assert [("/api/v1/destinations/old", {"discard": 3})] == [
        (each.path, each.json) for each in relay.of("DELETE")
    ]

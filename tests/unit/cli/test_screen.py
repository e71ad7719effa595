"""What people see."""

from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.cli.plain_text import plain, plain_lines
from relay.cli.problems import read_problem
from relay.cli.screen import columns, wants_colour


class Stream:
    """A stream that is a terminal, or is none."""

    def __init__(self, *, terminal: bool) -> None:
        self.terminal = terminal

    def isatty(self) -> bool:
        """Tell which."""
        return self.terminal


@given(st.text())
def test_nothing_of_strangers_moves_a_terminal(text: str) -> None:
    """Escapes, line breaks and reversed writing are shown, not obeyed."""
    assert plain(text).isprintable()
    assert all(line.isprintable() for line in plain_lines(text).split("\n"))


def test_plain_text_stays_as_it_is() -> None:
    """Also in other alphabets."""
    assert ["Zoë, 東京 ok", "a\\u001b[31mb\\n"] == [plain("Zoë, 東京 ok"), plain("a\x1b[31mb\n")]


def test_columns_line_up_and_end_without_spaces() -> None:
    """A list that grows keeps the least widths it began with."""
    lines = [click.unstyle(line) for line in columns([("a", "dead", "x"), ("long", "ok", "")], (0, 6))]

    assert ["a     dead    x", "long  ok"] == lines


@pytest.mark.parametrize(
    ("terminal", "environ", "coloured"),
    [(True, {}, True), (False, {}, False), (True, {"NO_COLOR": "1"}, False), (True, {"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_whose_people_want_them(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, environ: dict[str, str], coloured: bool
) -> None:
    """NO_COLOR is honoured."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    assert coloured == wants_colour(Stream(terminal=terminal))


def test_a_problem_is_told_in_words() -> None:
    """Which record, where in it, and what would be right."""
    errors = [
        {"index": 0, "pointer": "#/emails/0", "detail": "should be an email address"},
        {"pointer": "#", "detail": "should be a JSON object"},
    ]
    told = read_problem(422, {"type": "urn:x:invalid", "detail": "2 are wrong.", "errors": errors}, {})

    assert [
        "The relay refused this (422): 2 are wrong.",
        "  record 1, #/emails/0: should be an email address",
        "  should be a JSON object",
    ] == told.in_words().splitlines()


def test_one_fault_is_not_told_twice() -> None:
    """Its problem's detail says it already."""
    errors = [{"pointer": "#/state", "detail": "is read-only"}]
    told = read_problem(422, {"detail": "#/state: is read-only.", "errors": errors}, {})

    assert ["The relay refused this (422): #/state: is read-only."] == told.in_words().splitlines()


@pytest.mark.parametrize("body", [None, [], "hello", {"error": "x"}, {"detail": 7}])
def test_an_answer_of_something_else_is_known_for_what_it_is(body: object) -> None:
    """A proxy's page is no relay's problem."""
    assert "none of a relay's" in read_problem(502, body, {}).in_words()

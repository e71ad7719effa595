"""What is printed."""

from __future__ import annotations

import io

import pytest

from local.terminal import Terminal


class Screen(io.StringIO):
    """A text stream that a person looks at."""

    def isatty(self) -> bool:
        """Claim to be a terminal."""
        return True


def test_lines_carry_the_name_of_their_process() -> None:
    """All names take the same width, so that lines are aligned."""
    out = io.StringIO()
    terminal = Terminal(out)

    terminal.listener("web")("hello")
    terminal.listener("sandbox")("there")

    assert "web     | hello\nsandbox | there\n" == out.getvalue()


def test_colours_are_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log file gets plain text, a screen gets colours."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    screen, file = Screen(), io.StringIO()

    Terminal(screen).say("up")
    Terminal(file).say("up")

    assert ("\033[32mrelay   |\033[0m up\n", "relay   | up\n") == (screen.getvalue(), file.getvalue())


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The common variable turns colours off everywhere."""
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Screen()

    Terminal(screen).say("up")

    assert "relay   | up\n" == screen.getvalue()


def test_a_quiet_terminal_drops_what_children_say() -> None:
    """What the house itself says is still printed."""
    out = io.StringIO()
    terminal = Terminal(out, quiet=True)

    terminal.listener("web")("chatter")
    terminal.say("news")

    assert "relay   | news\n" == out.getvalue()


def test_a_terminal_that_went_away_does_no_harm() -> None:
    """Its processes must still be read and ended in order."""
    out = io.StringIO()
    terminal = Terminal(out)
    out.close()

    terminal.listener("web")("into the void")
    terminal.say("and again")


def test_what_a_terminal_cannot_show_is_replaced() -> None:
    """An old encoding is no reason to stop."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")

    Terminal(out).say("stopping …")

    assert b"relay   | stopping ?\n" == raw.getvalue()

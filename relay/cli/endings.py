"""How a command ends when it does not end well: a sentence for stderr and an exit code, never a traceback."""

from __future__ import annotations

from relay.cli.problems import Problem

DONE = 0
FAILED = 1  # the relay refused something, could not be reached, or a check failed
WOULD_CHANGE = 2  # `apply --dry-run` found something to change
NOT_AGREED = 3  # nobody agreed to a change: the answer was no, or there was nobody to ask
WRONG_USAGE = 64  # an option or argument is wrong; 2 is taken, and 64 is EX_USAGE
STOPPED = 130  # Ctrl-C


class Ending(Exception):
    """The command ends here, with this text on stderr."""

    exit_code = FAILED


class Trouble(Ending):
    """Something is wrong with what the command was given, or with what it found."""


class NotAgreed(Ending):
    """Nobody agreed to what the command would change."""

    exit_code = NOT_AGREED


class NoAnswer(Ending):
    """The relay could not be reached, or said nothing in time. What was asked may have been done."""


class Refused(Ending):
    """The relay answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.in_words())

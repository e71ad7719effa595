"""Every error of the local house, in one tree.

LocalError
├── CannotStart      something is in the way; the message is one sentence for the person at the terminal
├── CallFailed       one of our own processes refused a call of the set-up
├── StopAsked        Ctrl-C or SIGTERM came while we waited for something else
└── TookTooLong      what was waited for did not happen in time
"""

from __future__ import annotations


class LocalError(Exception):
    """The local house could not do this."""


class CannotStart(LocalError):
    """Something is in the way of starting."""


class CallFailed(LocalError):
    """One of our own processes refused a call of the set-up."""


class StopAsked(LocalError):
    """Somebody asked the house to stop."""


class TookTooLong(LocalError):
    """What was waited for did not happen in time."""

"""What the control API says to somebody who asks for something senseless."""

from __future__ import annotations


class Mistake(ValueError):
    """A request to the sandbox itself that makes no sense; the message is a sentence for its author."""

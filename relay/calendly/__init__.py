"""Calendly: asking it, and reading its answers as verdicts."""

from relay.calendly.client import Calendly, LookUpFailed, Me, TokenRefused
from relay.calendly.finds import Finds
from relay.calendly.look_ups import Found, find
from relay.calendly.places import Asking
from relay.calendly.proving import Absent, Shown, Stands, Untold, needs_explaining, prove
from relay.calendly.rate import RateTold, rate_told
from relay.calendly.verdicts import read_failed_look_up, read_outcome

__all__ = [
    "Absent",
    "Asking",
    "Calendly",
    "Finds",
    "Found",
    "LookUpFailed",
    "Me",
    "RateTold",
    "Shown",
    "Stands",
    "TokenRefused",
    "Untold",
    "find",
    "needs_explaining",
    "prove",
    "rate_told",
    "read_failed_look_up",
    "read_outcome",
]

"""Calendly: asking it, and reading its answers as verdicts."""

from relay.calendly.client import Calendly, LookUpFailed, Me, TokenRefused
from relay.calendly.confirm import Confirmed, Differs, Stands, Untold, confirm
from relay.calendly.finds import Finds
from relay.calendly.look_ups import Asking, Found, find
from relay.calendly.rate import RateTold, rate_told
from relay.calendly.verdicts import read_failed_look_up, read_outcome

__all__ = [
    "Asking",
    "Calendly",
    "Confirmed",
    "Differs",
    "Finds",
    "Found",
    "LookUpFailed",
    "Me",
    "RateTold",
    "Stands",
    "TokenRefused",
    "Untold",
    "confirm",
    "find",
    "rate_told",
    "read_failed_look_up",
    "read_outcome",
]

"""Calendly: asking it, and reading its answers as verdicts."""

from relay.calendly.client import Calendly, LookUpFailed, Me, TokenRefused
from relay.calendly.confirm import Confirmed, Differs, Stands, Untold, confirm
from relay.calendly.rate import RateTold, rate_told
from relay.calendly.verdicts import read_failed_look_up, read_outcome

__all__ = [
    "Calendly",
    "Confirmed",
    "Differs",
    "LookUpFailed",
    "Me",
    "RateTold",
    "Stands",
    "TokenRefused",
    "Untold",
    "confirm",
    "rate_told",
    "read_failed_look_up",
    "read_outcome",
]

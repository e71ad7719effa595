"""Reading what the token endpoint answered. Pure, and it repeats no token: neither one sent nor one received."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from relay.model.call import Answer, NotSent, Outcome
from relay.outgoing.waits import retry_after

USUAL_LIFE = 7200.0  # seconds; what Calendly gives, where its answer does not say
LONGEST_LIFE = 30 * 24 * 3600.0  # seconds
BUSY = 60.0  # seconds to stay away after a 429 that names none: Calendly counts token calls by the minute
LONGEST_WAIT = 3600.0  # seconds
LONGEST_TOKEN = 8192  # characters
LONGEST_WORDS = 300  # characters
OUR_FAULT = frozenset({"invalid_client", "unauthorized_client"})
_TOKEN = re.compile(f"[!-~]{{1,{LONGEST_TOKEN}}}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair of tokens in clear, for as short a time as can be. Without a `refresh_token` the old one goes on."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    life: float
    scopes: tuple[str, ...] = ()
    user: str = ""
    organization: str = ""


@dataclass(frozen=True, slots=True)
class GrantRefused:
    """`invalid_grant`: the code or the refresh token is used up, too old, or was revoked. Asking again is no use."""

    says: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No tokens, for a reason that may pass. `known`: nothing can have come of the call, so no token is used up."""

    reason: str
    known: bool
    wait: float = 0.0


Told = Tokens | GrantRefused | Unanswered


def read_tokens(outcome: Outcome, secrets: Iterable[str]) -> Told:
    """Say what came of a token call that sent `secrets`; never raises, whatever the other side answered."""
    if not isinstance(outcome, Answer):
        return Unanswered(outcome.reason, known=isinstance(outcome, NotSent))
    if outcome.status == 200:
        return _tokens(outcome.body) or Unanswered("its answer was of no use", known=False)
    says = what_it_says(outcome, secrets)
    if 400 <= outcome.status <= 499:
        if _error(outcome) == "invalid_grant":
            return GrantRefused(says)
        if _error(outcome) in OUR_FAULT:
            says += " (is it the right CALENDLY_CLIENT_ID with the right CALENDLY_CLIENT_SECRET?)"
        wait = retry_after(outcome.headers, longest=LONGEST_WAIT)
        return Unanswered(says, known=True, wait=(wait or BUSY) if outcome.status == 429 else wait or 0.0)
    return Unanswered(says, known=False, wait=retry_after(outcome.headers, longest=LONGEST_WAIT) or 0.0)


def what_it_says(answer: Answer, secrets: Iterable[str]) -> str:
    """Give status, error and description in one line; no description that repeats a secret."""
    body = answer.body if isinstance(answer.body, dict) else {}
    description = body.get("error_description")
    words = " ".join(description.split()) if isinstance(description, str) else ""
    if any(secret and secret in words for secret in secrets):
        words = ""
    parts = (_error(answer), words[:LONGEST_WORDS])
    return f"{answer.status} {': '.join(part for part in parts if part)}".rstrip()


def _error(answer: Answer) -> str:
    error = answer.body.get("error") if isinstance(answer.body, dict) else None
    return error if isinstance(error, str) and _CODE.fullmatch(error) else ""


def _tokens(body: Any) -> Tokens | None:
    if not isinstance(body, dict):
        return None
    access, refresh = body.get("access_token"), body.get("refresh_token", "")
    kind = body.get("token_type", "Bearer")
    if not _is_token(access) or not (refresh == "" or _is_token(refresh)):
        return None
    if not (isinstance(kind, str) and kind.lower() == "bearer"):
        return None
    return Tokens(
        access_token=access,
        refresh_token=refresh,
        life=_life(body.get("expires_in")),
        scopes=tuple(_text(body.get("scope")).split())[:100],
        user=_text(body.get("owner")),
        organization=_text(body.get("organization")),
    )


def _is_token(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def _life(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        return USUAL_LIFE
    return min(float(value), LONGEST_LIFE)


def _text(value: Any) -> str:
    return value[:2000] if isinstance(value, str) else ""

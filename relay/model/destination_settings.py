"""The parts of a destination's settings: how records come in, what becomes of them, and where outcomes go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ManualMethod = Literal["POST", "DELETE", "PUT", "PATCH", "GET"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundAuth:
    """How an upstream system proves itself. The secret is kept as a salted SHA-256 digest only.

    `bearer`: `Authorization: Bearer <key>`. `basic`: user name and password. `query`: `?<parameter>=<key>`.
    """

    kind: Literal["bearer", "basic", "query"]
    salt: str
    digest: str
    username: str = ""
    parameter: str = "token"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeSettings:
    """What is made of a request's records before Calendly sees them. Expressions are JMESPath; empty means none.

    `records` finds the records in the body, `when` says which of them count, `dedupe` gives the key by which a repeat is
    known. `mapping` gives a field its expression, `constants` its fixed value. `exclude` names attributes, as dotted
    paths, that are not sent.
    """

    records: str = ""
    when: str = ""
    dedupe: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, object] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualSettings:
    """The call of a manual destination. `url` is an address on Calendly's host or a path, with `{placeholders}`.

    `path` is what `url` says below Calendly's address.
    """

    method: ManualMethod
    url: str
    path: str
    format: Literal["json"] = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSettings:
    """Several records in one delivery: at most `size` of them, and it leaves `window` seconds after the first.

    With `grouping` by attribute, only records for which the expression `attribute` gives the same share a delivery.
    `wrap` names the attribute of the body that holds the array (empty: the body is the array).
    """

    size: int = 100
    window: int = 5
    grouping: Literal["arrival", "attribute"] = "arrival"
    attribute: str = ""
    wrap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackSettings:
    """Where outcomes go. Secrets and the values of headers are as the vault sealed them, never in clear.

    `previous_secret` signs as well while a receiver changes over; empty when there is none. It does until
    `previous_until` (Unix seconds; 0: until a person ends it). `body` is a JMESPath expression that reshapes the
    payload; empty sends it as it is.
    """

    url: str
    secret: str
    previous_secret: str = ""
    previous_until: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    on: Literal["settled", "attempt"] = "settled"

    def previous_secret_at(self, now: float) -> str:
        """Give the previous secret if it still signs at `now`; empty when there is none, or its time is over."""
        over = self.previous_until and now >= self.previous_until
        return "" if over else self.previous_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """How hard to try. `concurrency` in calls at a time, `max_age` in seconds since the first attempt.

    With `strict_order` no record is sent before the one that came before it is settled. `max_waiting` is how many
    deliveries may wait before further records are refused for a while; 0 sets no bound.
    """

    concurrency: int = 4
    strict_order: bool = False
    max_attempts: int = 12
    max_age: int = 86400
    on_unknown: Literal["default", "repeat", "hold"] = "default"
    gone_is_done: bool = False
    max_waiting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """How long settled deliveries stay: `days`, where 0 is as long as the relay keeps them usually.

    Without `keep_payload`, what a delivery and its callbacks carried is dropped as soon as both have ended.
    """

    days: int = 0
    keep_payload: bool = True

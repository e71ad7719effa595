"""What an endpoint is, and what it gets to see of a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.entities import Membership, Token, User
from sandbox.fields import Fields
from sandbox.state import State


@dataclass(slots=True)
class Call:
    """One call that passed the gate, as its endpoint sees it."""

    state: State
    token: Token
    ids: Mapping[str, str]
    query: Mapping[str, str]
    address: str
    body: Mapping[str, object]
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.state.clock.now()

    @property
    def user(self) -> User:
        """Whose token it is."""
        return self.token.user

    @property
    def membership(self) -> Membership:
        """The caller's place in the current organization."""
        return self.state.membership_of(self.token.user)

    def fields(self) -> Fields:
        """Readers for the body."""
        return Fields(self.body)

    def parameters(self) -> Fields:
        """Readers for the query."""
        return Fields(self.query)


Answer = tuple[int, object]
Endpoint = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint: where it is, the scope it needs, and the function that carries it out."""

    method: str
    rule: str
    scope: str
    endpoint: Endpoint
    takes_body: bool = False

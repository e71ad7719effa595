"""Calendly as a function from request to outcome, and its lists page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from relay.calendly import Calendly
from relay.config import Settings
from relay.model.call import Answer, Outcome
from relay.model.credential import Credential

REAL = Credential(
    id="acme", kind="personal_access_token", token="sealed", organization="https://x/organizations/O"
)


@dataclass
class FakeCalendly:
    """Calendly as a function from request to outcome; it remembers what was asked."""

    answer: Callable[[str, str], Outcome]
    asked: list[tuple[str, str, dict[str, str], bytes | None]] = field(default_factory=list)

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Outcome:
        """Remember and answer."""
        self.asked.append((method, url, dict(headers), body))
        return self.answer(method, url)


def calendly_that(
    answer: Callable[[str, str], Outcome], sandbox_url: str = "http://sandbox.example:8001"
) -> Any:
    """Give a client and the fake that it asks."""
    fake = FakeCalendly(answer)
    settings = Settings(redis_url="", secret_keys=(), admin_key="", sandbox_url=sandbox_url)
    return Calendly(settings, fake), fake


def pages(*lists: list[Any]) -> Callable[[str, str], Outcome]:
    """Answer with a list, page by page; every `next_page` leads to another host."""

    def answer(_: str, url: str) -> Outcome:
        number = int(parse_qs(urlsplit(url).query).get("page_token", ["0"])[0])
        following = str(number + 1) if number + 1 < len(lists) else None
        pagination = {"next_page": "https://evil.example/?t=1", "next_page_token": following}
        return Answer(200, {}, {"collection": lists[number], "pagination": pagination})

    return answer

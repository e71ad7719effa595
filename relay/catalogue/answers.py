"""Answers of Calendly's that mean something in particular, described as data."""

from __future__ import annotations

from dataclasses import dataclass

from relay.model.call import Answer


@dataclass(frozen=True, slots=True)
class Says:
    """An answer of Calendly's, known by its status, title and message; an empty text stands for any."""

    status: int
    title: str = ""
    message: str = ""
    meaning: str = ""  # a sentence for the log

    def matches(self, answer: Answer) -> bool:
        """Tell whether `answer` is this one. Texts are compared without case; a message may stand inside another."""
        body = answer.body if isinstance(answer.body, dict) else {}
        title, message = str(body.get("title", "")), str(body.get("message", ""))
        return (
            answer.status == self.status
            and self.title.lower() in {"", title.lower()}
            and self.message.lower() in message.lower()
        )

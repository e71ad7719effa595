"""People's data: forgetting a person."""

from __future__ import annotations

from relay.api.forgetting import ForgetDocument
from relay.openapi.answers.forgetting import ForgottenAnswer
from relay.openapi.operations.model import WRITE, Body, Operation, Reply

OPERATIONS = {
    "api.forgetting.forget": Operation(
        name="forget_person",
        tag="People",
        summary="Forget a person",
        description="What deliveries that are over carried is erased where it names the person, and so are answers kept for repeats, "
        "notes in the audit and traces of failed jobs. What waits is left and told, unless `waiting` is set. What others wait to hear is never dropped. An answer comes after "
        "about two seconds and may have a `next_cursor`: follow it until it is null, then begin again until nothing is erased any "
        "more. Doing it again does no harm.",
        body=Body(
            schema=ForgetDocument,
            examples={
                "what would be erased": {"email": "ada@example.com", "dry_run": True},
                "do it": {"email": "ada@example.com"},
            },
        ),
        answers={
            200: Reply(words="What was erased, or would be, and what was left.", schema=ForgottenAnswer)
        },
        problems={**WRITE, 400: f"{WRITE[400]} Or the cursor is not one that an answer gave."},
    ),
}

"""The audit: who did what, on what, and when."""

from __future__ import annotations

from relay.api.audit import AuditQuery
from relay.openapi.answers.common import AuditPage
from relay.openapi.operations.model import READ, Operation, Reply

OPERATIONS = {
    "api.audit.list_deeds": Operation(
        name="list_audit",
        tag="Audit",
        summary="List what was done",
        description="Every change that was made by this API, newest first. What was refused stands in the process's log only.",
        query=AuditQuery,
        answers={200: Reply(words="A page of entries.", schema=AuditPage)},
        problems={
            **READ,
            400: "The cursor is not one that a page gave.",
            422: "The query breaks the rules that `errors` names.",
        },
    ),
}

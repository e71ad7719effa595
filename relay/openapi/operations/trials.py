"""Trying a destination before a record goes out, and replaying what went wrong."""

from __future__ import annotations

from relay.api.replays import ReplayDocument
from relay.api.trials import PreviewDocument, TrialDocument
from relay.catalogue import TEMPLATES
from relay.openapi.answers.delivery import TestSend
from relay.openapi.answers.trials import Previewed, Replayed
from relay.openapi.operations.destinations import TAG, UNKNOWN
from relay.openapi.operations.model import WRITE, Body, Operation, Reply

_RECORD = dict(TEMPLATES["cancel_scheduled_event"].example)

OPERATIONS = {
    "api.trials.preview_calls": Operation(
        name="preview_calls",
        tag=TAG,
        summary="Preview the calls",
        description="The exact calls that records would become, batches included, under the settings that stand or under those in "
        "`destination`, which need not be saved. Nothing is stored and nothing leaves.",
        body=Body(
            schema=PreviewDocument,
            required=False,
            examples={
                "given records": {"records": [_RECORD]},
                "other settings": {
                    "records": [_RECORD],
                    "destination": {"constants": {"reason": "Closed lost"}},
                },
                "the template's example": {"source": "example"},
            },
        ),
        answers={200: Reply(words="The calls.", schema=Previewed)},
        problems={
            **WRITE,
            **UNKNOWN,
            413: "The body is larger than the relay takes, or holds too many records.",
        },
    ),
    "api.trials.make_trial": Operation(
        name="send_test",
        tag=TAG,
        summary="Send a test",
        description="One call is made now, also for a draft: of a record, or as a person edited it. The answer waits until it is "
        "over. It stands in the log, marked as a test, and no callback tells of it.",
        body=Body(
            schema=TrialDocument,
            examples={
                "a record": {"record": _RECORD},
                "an edited call": {
                    "path": {"event_uuid": "EVENT00000000001"},
                    "body": {"reason": "Only a test"},
                },
            },
        ),
        answers={
            200: Reply(words="The delivery, and what came of it.", schema=TestSend, headers=("Location",)),
            202: Reply(words="The call is not over yet; look again.", schema=TestSend, headers=("Location",)),
        },
        problems={
            **WRITE,
            **UNKNOWN,
            503: "Redis does not answer, or cannot promise what `RELAY_DURABILITY` asks for (`not_durable`), or no worker is there "
            "to make the call; try again after `Retry-After` seconds.",
        },
    ),
    "api.replays.replay": Operation(
        name="replay_deliveries",
        tag=TAG,
        summary="Replay deliveries",
        description="Settled deliveries go out again, the oldest first. With `dry_run` the answer only says how many there are. "
        "Uncertain ones may have taken effect, so they need an acknowledgement.",
        body=Body(
            schema=ReplayDocument,
            examples={
                "how many": {"state": "dead", "since": "2026-11-01T00:00:00Z", "dry_run": True},
                "do it": {"state": "dead", "limit": 500},
            },
        ),
        answers={200: Reply(words="What came of it, or would.", schema=Replayed)},
        problems={**WRITE, **UNKNOWN},
    ),
}

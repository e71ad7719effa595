"""A destination's callback: trying it, and rotating its secret."""

from __future__ import annotations

from relay.api.callbacks import RotationDocument, SampleDocument
from relay.openapi.answers.destination import DestinationAnswer
from relay.openapi.answers.trials import CallbackTest
from relay.openapi.operations.destinations import TAG, UNKNOWN
from relay.openapi.operations.model import SEALED, WRITE, Body, Operation, Reply

OPERATIONS = {
    "api.callbacks.try_callback": Operation(
        name="test_callback",
        tag=TAG,
        summary="Send a sample callback",
        description="A sample is sent now, exactly as real callbacks are, also for a draft. What the receiver answers is told; trouble "
        "on the way is part of the answer.",
        body=Body(schema=SampleDocument, required=False, examples={"a failure": {"type": "delivery.dead"}}),
        answers={200: Reply(words="What was sent, and what came of it.", schema=CallbackTest)},
        problems={**WRITE, **UNKNOWN, **SEALED, 409: "The destination has no callback."},
    ),
    "api.callbacks.rotate_secret": Operation(
        name="rotate_callback_secret",
        tag=TAG,
        summary="Rotate the callback's secret",
        description="Callbacks are signed with a new secret and with the present one, so that a receiver can change over. A secret that "
        "is made is shown in this answer only.",
        body=Body(
            schema=RotationDocument,
            required=False,
            examples={"a day to change over": {"keep_previous_for": 86400}},
        ),
        answers={200: Reply(words="The destination as it stands now.", schema=DestinationAnswer)},
        problems={
            **WRITE,
            **UNKNOWN,
            409: "The destination has no callback, is being changed by somebody else, or signs with two secrets already.",
        },
    ),
}

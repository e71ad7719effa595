"""The inbound route: where records come in."""

from __future__ import annotations

from relay.catalogue import TEMPLATES
from relay.openapi.answers.common import Taken
from relay.openapi.operations.model import READING, STORE, Body, Operation, Reply

TAG = "Records"
_DELIVERY = "dlv_01M827FHJFFHKJZCADKFZBDNA"
_RECORDS = {
    "one record": dict(TEMPLATES["cancel_scheduled_event"].example),
    "several records": [
        {"event_uuid": "EVENT00000000001", "deal": "D-1042"},
        {"event_uuid": "EVENT00000000002", "deal": "D-1043"},
    ],
}

OPERATIONS = {
    "inbound.take": Operation(
        name="send_records",
        tag=TAG,
        summary="Send records to a destination",
        description="One JSON object, an array of objects, or one object a line (NDJSON), in UTF-8: the first byte decides, "
        "not `Content-Type`. Each record becomes a delivery; where the destination batches, several share one. The answer "
        "comes after Redis has the records, and from then on none is lost. By default one bad record refuses the whole "
        "request; with `partial` the good ones are taken.\n\n"
        "The request proves itself as the destination's `inbound.auth` says: a bearer key, user name and password, or a key "
        "in the query. Which fields a record needs depends on the template; `mapping`, `constants` and `inbound.records` may "
        "let it have any other form.\n\n"
        "`Idempotency-Key` makes a repeat harmless: the same key with the same body within four days "
        "(`RELAY_IDEMPOTENCY_DAYS`) is given the first answer, with `Idempotent-Replayed: true`.",
        security="inbound",
        body=Body(schema=None, examples=_RECORDS),
        answers={
            200: Reply(
                words="Nothing was to be taken: no record counts.",
                schema=Taken,
                headers=("Idempotent-Replayed",),
                example={"accepted": [], "rejected": [], "skipped": [{"index": 0}]},
            ),
            202: Reply(
                words="The records are stored, and will be delivered.",
                schema=Taken,
                headers=("Idempotent-Replayed",),
                example={"accepted": [{"index": 0, "delivery": _DELIVERY}], "rejected": [], "skipped": []},
            ),
        },
        problems={
            **READING,
            **STORE,
            400: "The body is no JSON or holds no record, or the `Idempotency-Key` is malformed.",
            401: "The request does not prove itself as the destination asks.",
            404: "No destination has that id.",
            409: "The destination is not active, and refuses records until it is.",
            413: "The body is larger than the relay takes, or holds too many records.",
            422: "Records are wrong, and `errors` names their index and fields; or the `Idempotency-Key` came with another "
            "body before.",
            503: "Redis cannot store the records, does not keep them as `RELAY_DURABILITY` asks, or has lost its data; or as "
            "many deliveries wait as may. Send again after `Retry-After` seconds: after `not_confirmed` the records may have been "
            "stored, and only the same `Idempotency-Key` makes the repeat harmless.",
        },
    )
}

"""Answers that belong to no one thing: problems, health, and what an inbound route answers."""

from __future__ import annotations

from relay.openapi.kit import Answer, anything, listed, part, text, whole, yes_no


class Fault(Answer):
    """One fault in what was sent: where it is, and what would be right."""

    index = whole("Which of the records, counted from 0; only where records were sent.", optional=True)
    pointer = text("A JSON pointer at what is wrong, such as `#/emails/0`.", pattern="^#")
    detail = text("What would be right.")


class Problem(Answer):
    """Why a request was refused, as RFC 9457 has it."""

    type = text(
        "Which problem it is; the codes are listed under “Problems”.", pattern="^urn:calendly-relay:problem:"
    )
    title = text("The problem's name for people.")
    status = whole("The status of the answer.", minimum=400, maximum=599)
    detail = text("What is the matter, in a sentence.")
    errors = part(Fault, "Each fault, a hundred at most.", many=True, optional=True)


class Alive(Answer):
    """This process serves requests."""

    status = text("Always `ok`.", enum=["ok"])


class RedisWarning(Answer):
    """Something that may make Redis lose what it was given."""

    code = text(
        "What it is about.",
        enum=["version", "read_only", "eviction", "disk", "durability", "persistence", "lost"],
    )
    detail = text("A sentence about it.")


class Ready(Answer):
    """Redis can be used, and a worker is there."""

    status = text("Always `ready`.", enum=["ready"])
    redis = yes_no("Whether Redis can be used.")
    workers = whole("How many worker processes run.")
    warnings = part(RedisWarning, "What may make Redis lose what it was given.", many=True)


class NotReadyProblem(Problem):
    """Why nothing would be sent now."""

    redis = yes_no("Whether Redis can be used.")
    workers = whole("How many worker processes run.")
    warnings = part(RedisWarning, "What may make Redis lose what it was given.", many=True)


class RecordFault(Answer):
    """One fault in a record: where it is, and what would be right."""

    pointer = text("A JSON pointer at what is wrong, such as `#/event_uuid`.", pattern="^#")
    detail = text("What would be right.")


class AcceptedRecord(Answer):
    """A record that is stored, and will be delivered."""

    index = whole("Which of the request's records, counted from 0.")
    delivery = text("The id of its delivery; records of one batch share it.")


class RejectedRecord(Answer):
    """A record that is wrong; nothing of it is stored."""

    index = whole("Which of the records, counted from 0.")
    errors = part(RecordFault, "What is wrong with it.", many=True)


class SkippedRecord(Answer):
    """A record that does not count: the destination's `inbound.when` is not true for it."""

    index = whole("Which of the records, counted from 0.")


class Taken(Answer):
    """What became of each record of a request."""

    accepted = part(AcceptedRecord, "The records that are stored.", many=True)
    rejected = part(
        RejectedRecord, "The records that are wrong; only a destination with `partial` has any.", many=True
    )
    skipped = part(SkippedRecord, "The records that do not count.", many=True)


class Deed(Answer):
    """Something that somebody did by this API."""

    id = text("The entry's id.")
    at = text("When it was done.", format="date-time")
    who = text("The name of the key that was shown; `relay` where the relay did it by itself.")
    key = text("The id of that key; null for `RELAY_ADMIN_KEY` and for the relay.", null=True)
    what = text("What was done, such as `destination.changed`.")
    on = anything(
        "The things that it was done to: kind to id.", type="object", additionalProperties={"type": "string"}
    )
    details = anything("Names, counts and notes; never a secret or a record.", type="object")
    request_id = text("The `X-Request-Id` of the request.", null=True)


class AuditPage(Answer):
    """A page of what was done, newest first."""

    entries = part(Deed, "The entries.", many=True)
    next_cursor = text("Where the next page begins; null on the last one.", null=True)


class DestinationNames(Answer):
    """The destinations that something was done to."""

    destinations = listed(text("An id."), "Their ids.")

"""How previews, sample callbacks and replays are answered."""

from __future__ import annotations

from relay.openapi.answers.common import RejectedRecord, SkippedRecord
from relay.openapi.answers.delivery import Received
from relay.openapi.kit import Answer, anything, listed, moment, named, number, part, text, whole, yes_no


class PreviewedCall(Answer):
    """One call as it would be made."""

    records = listed(whole("An index."), "Which of the records it is made from.")
    method = text("The HTTP method.")
    url = text("The address.")
    headers = named(text("A value."), "The headers, the token masked.")
    body = anything("The body; null: none.")
    content = text("The body byte for byte.", null=True)
    look_up = text("What is looked up before, in a sentence.", null=True)


class Previewed(Answer):
    """The calls that records would become, in the order in which they would begin."""

    source = text("Where the records come from.", enum=["given", "last", "example"])
    records = listed(anything("A record."), "The records.")
    calls = part(PreviewedCall, "The calls.", many=True)
    rejected = part(RejectedRecord, "The records that are wrong.", many=True)
    skipped = part(SkippedRecord, "The records that do not count.", many=True)


class Replayed(Answer):
    """What came of a replay, or would come of it."""

    matching = whole("Deliveries with that state, in that time.")
    oldest = moment("When the oldest of them was accepted.", null=True)
    newest = moment("When the newest of them was accepted.", null=True)
    replayed = whole("How many go out again.")
    skipped = whole("How many were looked at and left out.")
    more = yes_no("Whether the replay ended before the last one.")


class SentCallback(Answer):
    """A callback as it was sent."""

    url = text("The address.")
    headers = named(text("A value."), "The headers; those of the destination masked.")
    body = anything("The body.")


class CallbackTest(Answer):
    """What came of a sample callback."""

    sent = part(SentCallback, "What was sent; null: nothing could be.", null=True)
    response = part(Received, "What the receiver answered; null: nothing.", null=True)
    error = text("Why a real callback would not count as arrived; null: it would.", null=True)
    seconds = number("How long it took.", minimum=0)

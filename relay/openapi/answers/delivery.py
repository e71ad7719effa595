"""How deliveries look in answers: short in lists, and whole."""

from __future__ import annotations

from relay.model.delivery import CALLBACK_STATES, PAYLOADS, STATES
from relay.openapi.kit import (
    Answer,
    Field,
    anything,
    listed,
    moment,
    named,
    number,
    part,
    text,
    whole,
    yes_no,
)


class AttemptAnswer(Answer):
    """One attempt."""

    number = whole("Which attempt it is, counted from 1.")
    started_at = moment("When it was written down, before its first byte was sent.")
    ended_at = moment("When it ended; null while it is in flight.", null=True)
    verdict = text(
        "What it came to, such as `delivered`, `refused` or `unknown`; empty while it is in flight."
    )
    status = whole("The status of the answer, if there was one.", null=True)
    reason = text("Why the verdict is what it is.")
    decision = text("What followed.")


class CallbackLogAnswer(Answer):
    """One callback of a delivery, with its attempts."""

    id = text("The callback's id, sent as `webhook-id`.")
    type = text("What it tells, such as `delivery.delivered`.")
    state = text("How it fares.", enum=list(CALLBACK_STATES))
    url = text("The address that it goes to.")
    reason = text("Why it is in this state.", null=True)
    next_attempt_at = moment("When it is tried next.", null=True)
    body = anything("What is sent.")
    unshaped = text("Why the payload could not be reshaped and goes as it is.", null=True)
    payload = text(
        "Whether its body and reasons are kept, or were dropped or erased with those of its delivery.",
        enum=list(PAYLOADS),
    )
    attempts = part(AttemptAnswer, "Its attempts, the first one first.", many=True)


class LatestCallback(Answer):
    """The latest callback of a delivery."""

    id = text("The callback's id.")
    state = text("How it fares.", enum=list(CALLBACK_STATES))


class _Delivery(Answer):
    """What lists and single deliveries have in common."""

    id = text("The delivery's id.")
    destination = text("The id of its destination.")
    template = text("The template that it was made for.")
    state = text("How it fares.", enum=list(STATES))
    reason = text("Why it is in this state.", null=True)
    record_count = whole("How many records it was made from.")
    test = yes_no("Whether it is a test send.")
    part_of = text("The batch that it is a part of, if that was split.", null=True)
    parts = listed(text("A delivery's id."), "The parts that a batch was split into.")
    payload = text(
        "What became of all that it carried: records, fields, request, response and reasons. `dropped`: the destination keeps "
        "none once it is settled; `forgotten`: a person in it was. Such a delivery cannot be retried.",
        enum=list(PAYLOADS),
    )
    accepted_at = moment("When its first record was accepted.")
    updated_at = moment("When it last changed.")
    settled_at = moment("When it was settled.", null=True)
    next_attempt_at = moment("When it is due next.", null=True)


class DeliverySummary(_Delivery):
    """A delivery as lists show it, without what was sent."""

    attempts = whole("How many attempts were made.")
    callback: Field = part(LatestCallback, "Its latest callback.", null=True)


class DeliveryPage(Answer):
    """A page of deliveries, newest first."""

    deliveries = part(
        DeliverySummary, "The deliveries; a page may be short and not be the last one.", many=True
    )
    next_cursor = text("Where the next page begins; null on the last one.", null=True)


class DeliveryRequest(Answer):
    """The call as it was made last, without the token."""

    method = text("The HTTP method.")
    url = text("The address.")
    body = anything("The body; null: none.")


class Received(Answer):
    """What was answered."""

    status = whole("The status.", minimum=100, maximum=999)
    headers = named(text("A value."), "The headers.")
    body = anything("The body; a text where it is no JSON.")
    found_by_look_up = yes_no(
        "True: no answer arrived, but a look-up showed that the call took effect, and this is what it would have been.",
        optional=True,
    )


class WholeDelivery(_Delivery):
    """Everything about one delivery; secrets that a record carried are masked."""

    records = listed(anything("A record."), "The records that it was made from.")
    values = named(None, "The template's fields as they are sent.", called="fields")
    found = named(
        None, "What a look-up found: `fields` that the record left out, and the `thing`.", null=True
    )
    attempts = part(AttemptAnswer, "Its attempts, the first one first.", many=True)
    request = part(DeliveryRequest, "The latest call.", null=True)
    response = part(Received, "Calendly's latest answer.", null=True)
    callbacks = part(CallbackLogAnswer, "Its callbacks, the first one first.", many=True)


class TestSend(WholeDelivery):
    """A test send: its delivery with all that came of it."""

    seconds = number("How long the call took; null where it is not over.", null=True, minimum=0)

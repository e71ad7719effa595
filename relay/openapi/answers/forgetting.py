"""How it is answered when a person is to be forgotten."""

from __future__ import annotations

from relay.model.delivery import STATES
from relay.openapi.kit import Answer, part, text, whole, yes_no

_STATES = [*STATES, "expired"]


class ErasedDelivery(Answer):
    """A delivery that named the person. Its ids, times and states are kept, and nothing that it carried."""

    delivery = text("The delivery's id.")
    destination = text("The id of its destination.")
    state = text("Its state; `expired` where only a callback of it was left.", enum=_STATES)


class LeftDelivery(ErasedDelivery):
    """A delivery that names the person and was left as it is."""

    why = text(
        "It waits, its call is on its way, its callback is not over, or it changed at that moment.",
        enum=["waiting", "sending", "telling", "changed"],
    )


class Erased(Answer):
    """What was erased, or would be."""

    deliveries = part(
        ErasedDelivery, "The deliveries; of a batch that waits, the person's records.", many=True
    )
    answers = whole("Answers kept for repeats of a request.")
    audit_entries = whole("Entries of the audit, written anew without the person.")
    failures = whole("Traces of failed jobs.")


class NamingSetting(Answer):
    """Settings that name the person. A person changes those."""

    kind = text("What it is.", enum=["destination", "credential", "key"])
    id = text("Its id.")


class ForgottenAnswer(Answer):
    """What one look through a part of all that is kept came to."""

    dry_run = yes_no("Whether nothing was done.")
    erased = part(Erased, "What was erased, or would be.")
    left = part(LeftDelivery, "Deliveries that name the person and were left as they are.", many=True)
    settings = part(NamingSetting, "Settings that name the person; they are left as they are.", many=True)
    looked_at = whole("How many keys or entries were looked at.")
    next_cursor = text("Where to go on; null: that was all.", null=True)

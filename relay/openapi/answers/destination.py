"""How destinations look in answers: as their documents, with every name there and secrets masked."""

from __future__ import annotations

from relay.model.delivery import STATES
from relay.openapi.kit import Answer, anything, listed, moment, named, part, text, whole, yes_no

MASKED = "A mask, or the secret itself in the one answer after it was made."


class AuthAnswer(Answer):
    """How upstream proves itself."""

    kind = text("The rule.", enum=["bearer", "basic", "query"])
    key = text(f"For `bearer` and `query`. {MASKED}", optional=True)
    username = text("For `basic`.", optional=True)
    password = text(f"For `basic`. {MASKED}", optional=True)
    parameter = text("For `query`: the parameter that carries the key.", optional=True)


class InboundAnswer(Answer):
    """The inbound route."""

    url = text("The address to send records to.", format="uri")
    auth = part(AuthAnswer, "How upstream proves itself.")
    records = text("The expression that finds the records in a body; null: the body is them.", null=True)
    when = text("The expression that says which records count; null: all.", null=True)


class ManualAnswer(Answer):
    """The call of a manual destination."""

    method = text("The HTTP method.", enum=["POST", "DELETE", "PUT", "PATCH", "GET"])
    url = text("The path or address, with `{placeholders}`.")
    format = text("The format of the body.", enum=["json"])


class BatchAnswer(Answer):
    """Several records in one delivery."""

    size = whole("Records in a batch at most.")
    window = whole("Seconds after the first one at which a batch leaves.")
    grouping = text("What shares a batch.", enum=["arrival", "attribute"])
    attribute = text("The expression to group by.", null=True)
    wrap = text("The name under which the array is sent.", null=True)


class CallbackSettingsAnswer(Answer):
    """Where outcomes go."""

    url = text("The receiver's address.")
    secret = text(f"Signs each callback. {MASKED}")
    previous_secret = text(
        "The mask of the secret that signs as well while a receiver changes over.", null=True
    )
    previous_until = moment("When the previous secret stops signing; null: not by itself.", null=True)
    headers = named(text("A mask."), "Headers that go with every callback, their values masked.")
    body = text("The expression that reshapes the payload.", null=True)
    on = text("What is told.", enum=["settled", "attempt"])
    stopped_because = text(
        "Why nothing is sent there any more; null while callbacks are sent. Only where one destination is read.",
        null=True,
        optional=True,
    )


class DeliverySettingsAnswer(Answer):
    """How hard to try."""

    concurrency = whole("Calls on their way at a time.")
    strict_order = yes_no("Whether no call begins before the record that came first is settled.")
    max_attempts = whole("Attempts before a delivery is dead.")
    max_age = whole("Seconds after which a delivery is dead.")
    on_unknown = text("What follows silence.", enum=["default", "repeat", "hold"])
    gone_is_done = yes_no("Whether a DELETE of what is gone already counts as done.")
    max_waiting = whole("So many deliveries may wait; null sets no bound.", null=True)


class RetentionAnswer(Answer):
    """How long settled deliveries are kept."""

    days = whole("Days that a settled delivery is kept; null: as many as the relay keeps one.", null=True)
    keep_payload = yes_no("Whether what it carried is kept as well once it is settled.")


class DestinationAnswer(Answer):
    """A destination: its settings as they stand, and its state."""

    id = text("The destination's id.")
    name = text("A name for people.")
    template = text("The template whose endpoint is called, or `manual`.")
    credential = text("The id of the credential.")
    inbound = part(InboundAnswer, "The inbound route.")
    mapping = named(text("A JMESPath expression."), "For each mapped field its expression.")
    constants = named(None, "For each constant field its value.")
    # marshmallow has attributes of its own under this name, and under “partial”.
    left_out = listed(text("A dotted path."), "Attributes of the record that are not sent.", called="exclude")
    headers = named(text("The header's value."), "Headers that go with every call.")
    manual = part(ManualAnswer, "The call of a manual destination.", null=True)
    batch = part(BatchAnswer, "Several records in one delivery; null: each record is its own.", null=True)
    takes_part = yes_no(
        "Whether the good records of a request are taken where others are wrong.", called="partial"
    )
    dedupe = text("The expression that gives a record's dedupe key.", null=True)
    callback = part(CallbackSettingsAnswer, "Where outcomes go; null tells nobody.", null=True)
    delivery = part(DeliverySettingsAnswer, "How hard to try.")
    allow = named(listed(text("A value."), "Values."), "Field values beyond those that the template knows.")
    when_inactive = text("What happens to records while it is not active.", enum=["hold", "refuse"])
    retention = part(RetentionAnswer, "How long settled deliveries are kept.")
    state = text("Whether anything goes out.", enum=["draft", "active", "paused"])
    paused_because = text("Why the relay paused it; null when a person did.", null=True)
    counts = anything(
        "How many deliveries it has in each state; only where one destination is read.",
        optional=True,
        type="object",
        properties={state: {"type": "integer", "minimum": 0} for state in STATES},
    )
    created_at = moment("When it was made.", null=True)
    updated_at = moment("When it was last changed.", null=True)
    activated_at = moment("When it was last activated; null: never.", null=True)


class DestinationPage(Answer):
    """A page of destinations, by id."""

    destinations = part(
        DestinationAnswer, "The destinations; a page may be short and not be the last one.", many=True
    )
    next_cursor = text("Where the next page begins; null on the last one.", null=True)

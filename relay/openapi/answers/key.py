"""How keys look in answers."""

from __future__ import annotations

from relay.model.admin_key import SCOPES
from relay.openapi.kit import Answer, moment, part, text, yes_no


class KeyAnswer(Answer):
    """A key: whose it is, what it may do, and until when. The key itself is in no answer but the one that made it."""

    id = text("The id, which stands in the key; null for `RELAY_ADMIN_KEY`.", null=True)
    name = text("Who or what has it.")
    scope = text("What it may do.", enum=list(SCOPES))
    prefix = text("What the key begins with; null for `RELAY_ADMIN_KEY`.", null=True)
    created_at = moment("When it was made; null for `RELAY_ADMIN_KEY`.", null=True)
    expires_at = moment("When it ends; null is never.", null=True)
    expired = yes_no("Whether it has ended.")
    last_used_at = moment("When it was last used, to the minute; null where it never was.", null=True)


class NewKeyAnswer(KeyAnswer):
    """A key that was made just now."""

    key = text("The key itself, shown this once.", pattern="^rly_[0-9a-f]{16}_[0-9a-f]{64}$")


class KeyList(Answer):
    """Every key, by name."""

    keys = part(KeyAnswer, "The keys.", many=True)

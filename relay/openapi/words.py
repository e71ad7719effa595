"""What the names in documents and queries mean, by the class that reads them. A test asks for every one of them."""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, Mapping[str, str]]

_TAKEN_BACK = "Only answers carry it; in a document it may come back, without effect."

WORDS: Words = {
    "BearerAuth": {
        "kind": "The request carries `Authorization: Bearer <key>`.",
        "key": "The key; left out, one is made and shown once.",
    },
    "BasicAuth": {
        "kind": "The request carries user name and password as basic authentication.",
        "username": "The user name, without a colon.",
        "password": "The password; left out, one is made and shown once.",
    },
    "QueryAuth": {
        "kind": "The address carries the key, for systems that can only be given a URL.",
        "parameter": "The query parameter that carries the key.",
        "key": "The key; left out, one is made and shown once.",
    },
    "CredentialDocument": {
        "id": "The id by which destinations name the credential.",
        "kind": "A personal access token, a grant by OAuth (no token is given: it comes of connecting), or the sandbox.",
        "token": "The personal access token. It is encrypted and never shown again; the sandbox needs none.",
        "organization": "The organization's full URI; left out, Calendly tells it.",
        "rate": "What the account may call until Calendly's own headers say otherwise.",
        "user": f"The user that the token acts for. {_TAKEN_BACK}",
        "connected": f"Whether there is a grant. {_TAKEN_BACK}",
        "scopes": f"What the grant allows. {_TAKEN_BACK}",
        "expires_at": f"When the access token ends; it is renewed before. {_TAKEN_BACK}",
        "trouble": f"Why Calendly last refused the token. {_TAKEN_BACK}",
        "destinations": f"The destinations that use the credential. {_TAKEN_BACK}",
        "created_at": f"When it was made. {_TAKEN_BACK}",
        "updated_at": f"When it was last changed. {_TAKEN_BACK}",
    },
    "RatePart": {"limit": "Calls in one window.", "window": "Seconds that a window lasts."},
    "DestinationDocument": {
        "id": "The id; it stands in the address of the inbound route.",
        "name": "A name for people.",
        "template": "The template whose endpoint is called, or `manual`.",
        "credential": "The id of the credential to act with.",
        "inbound": "The inbound route: who may use it, and where a request's records are.",
        "mapping": "For each field of the template a JMESPath expression over the record. A field without one takes the "
        "record's attribute of the same name.",
        "constants": "For each field of the template a fixed value. A field is either mapped or constant.",
        "exclude": "Attributes of the record that are not sent, as dotted paths. The callback still carries them.",
        "headers": "Headers that go with every call: an object, or a text such as `X-Team:rev-ops,X-Run:nightly`.",
        "manual": "The call of a destination whose template is `manual`.",
        "batch": "Several records in one call, where the template takes them.",
        "partial": "Whether the good records of a request are taken and the bad ones listed; else one bad record refuses all.",
        "dedupe": "A JMESPath expression that gives a key by which a repeated record is known. Null gives none.",
        "callback": "Where outcomes go; null tells nobody.",
        "delivery": "How hard to try, how many at a time, and in which order.",
        "allow": "For each open field of the template further values that it takes.",
        "when_inactive": "What happens to records while the destination is a draft or paused: held, or refused with `409`.",
        "retention": "How long settled deliveries are kept, and whether with what they carried.",
        "state": "`draft`, `active` or `paused`; `activate` and `pause` change it. It may come back unchanged.",
        "paused_because": f"Why the relay paused it; null when a person did. {_TAKEN_BACK}",
        "counts": f"How many deliveries it has in each state. {_TAKEN_BACK}",
        "created_at": f"When it was made. {_TAKEN_BACK}",
        "updated_at": f"When it was last changed. {_TAKEN_BACK}",
        "activated_at": f"When it was last activated. {_TAKEN_BACK}",
    },
    "InboundPart": {
        "auth": "How upstream proves itself.",
        "records": "A JMESPath expression that finds the records in the body; left out, the body is the records.",
        "when": "A JMESPath expression; a record for which it is false, null or empty is skipped.",
        "url": f"The address of the inbound route. {_TAKEN_BACK}",
    },
    "ManualPart": {
        "method": "The HTTP method. It cannot be changed later.",
        "url": "A path, or an address on Calendly's host and no other. `{placeholders}` are filled from the record and "
        "percent-encoded.",
        "format": "The format of the body.",
    },
    "BatchPart": {
        "size": "A batch leaves when it holds so many records,",
        "window": "or so many seconds after its first one.",
        "grouping": "With `attribute` only records that agree in `attribute` share a batch.",
        "attribute": "A JMESPath expression over the record, to group by.",
        "wrap": "The name under which a manual call carries the array; left out, the body is the array.",
    },
    "CallbackPart": {
        "url": "The address that is told of outcomes.",
        "secret": "Signs each callback, as Standard Webhooks says: `whsec_` and 24 to 64 bytes in base64. Left out, one is "
        "made and shown once.",
        "previous_secret": "Signs as well while a receiver changes over.",
        "previous_until": f"When the previous secret stops signing. {_TAKEN_BACK}",
        "headers": "Headers that go with every callback. Their values are encrypted, and shown masked.",
        "body": "A JMESPath expression over the payload that makes the body, so that a CRM's own API can be the receiver.",
        "on": "Whether outcomes are told, or each attempt as well.",
        "stopped_because": f"Why nothing is sent there any more. {_TAKEN_BACK}",
    },
    "DeliveryPart": {
        "concurrency": "Calls on their way at a time.",
        "strict_order": "Whether no call begins before the record that came first is settled.",
        "max_attempts": "Attempts before a delivery is dead.",
        "max_age": "Seconds since the first attempt, or the latest activation, after which a delivery is dead.",
        "on_unknown": "What follows silence: `hold` looks up at most, and waits for a person; `repeat` is for calls that are harmless to repeat.",
        "gone_is_done": "Whether a DELETE of what is gone already counts as done.",
        "max_waiting": "So many deliveries may wait; then requests get `503`. Null sets no bound.",
    },
    "RetentionPart": {
        "days": "Days that a settled delivery is kept; null: as many as `RELAY_RETENTION_DAYS` says.",
        "keep_payload": "Whether what a delivery and its callbacks carried is kept as well once both have ended.",
    },
    "CredentialQuery": {
        "limit": "Credentials on a page.",
        "cursor": "Where to go on: the `next_cursor` of the page before.",
    },
    "DestinationQuery": {
        "state": "Only destinations in this state.",
        "template": "Only destinations of this template.",
        "credential": "Only destinations that use this credential.",
        "limit": "Destinations on a page. A page may be short and still have a `next_cursor`.",
        "cursor": "Where to go on: the `next_cursor` of the page before.",
    },
    "Acknowledgement": {"acknowledge": "Says that calls which cannot be undone are meant."},
    "DiscardDocument": {
        "discard": "How many waiting deliveries are deleted with it; the right number is in the refusal."
    },
    "PreviewDocument": {
        "records": "Records to preview.",
        "body": "A whole body as upstream would send it, in place of `records`.",
        "source": "What to take where nothing is given: the last records received, or the template's example.",
        "destination": "Settings that need not be saved. Over a destination that stands they are laid like a PATCH.",
    },
    "TrialDocument": {
        "record": "A record as upstream would send it.",
        "body": "The body of the call, as a person edited it, in place of `record`.",
        "path": "The values of the path's placeholders, beside `body`.",
    },
    "ReplayDocument": {
        "state": "The state of the deliveries that go out again.",
        "since": "Only deliveries accepted then or later.",
        "until": "Only deliveries accepted then or earlier.",
        "limit": "At most so many, the oldest first.",
        "dry_run": "Whether to say how many there are, and do nothing.",
        "acknowledge": "Says that calls which may have taken effect are made again. Uncertain deliveries need it.",
    },
    "ResolutionDocument": {
        "as": "What became of the delivery: Calendly did it, or it did not.",
        "note": "How that is known. It stands in the log and the audit.",
    },
    "DeliveryQuery": {
        "destination": "Only deliveries of this destination.",
        "state": "Only deliveries in this state.",
        "since": "Only deliveries accepted then or later.",
        "until": "Only deliveries accepted then or earlier.",
        "record": "Only deliveries with a record that has this text in one of its values, in any case.",
        "limit": "Deliveries on a page. A page may be short and still have a `next_cursor`.",
        "cursor": "Where to go on: the `next_cursor` of the page before.",
    },
    "ForgetDocument": {
        "email": "The address of the person, in any case. Subaddresses (`ada+news@…`) are other addresses.",
        "dry_run": "Whether to say what would be erased, and do nothing.",
        "waiting": "Whether deliveries that wait are canceled, too; of a batch only the person's records go.",
        "cursor": "Where to go on: the `next_cursor` of the answer before.",
    },
    "SampleDocument": {"type": "What the sample tells."},
    "RotationDocument": {
        "secret": "The new secret; left out, one is made and shown once.",
        "keep_previous_for": "Seconds for which the present secret signs as well; left out, until somebody ends it.",
        "replace": "Whether an older secret that still signs is dropped; else that is a `409`.",
    },
    "ReturnQuery": {
        "state": "Proves that somebody with the admin key sent the person out.",
        "code": "What access is obtained with.",
        "error": "Why there is none.",
    },
    "KeyDocument": {
        "name": "Who or what has it, as the audit will say. Each key has a name of its own.",
        "scope": "What it may do: `read` looks, `operate` runs what is set up, `admin` does everything. It cannot be changed.",
        "expires_at": "When it ends; null is never.",
        "id": f"The id, which stands in the key. {_TAKEN_BACK}",
        "prefix": f"What the key begins with. {_TAKEN_BACK}",
        "created_at": f"When it was made. {_TAKEN_BACK}",
        "expired": f"Whether it has ended. {_TAKEN_BACK}",
        "last_used_at": f"When it was last used. {_TAKEN_BACK}",
    },
    "AuditQuery": {
        "since": "Only what was done then or later.",
        "until": "Only what was done then or earlier.",
        "about": "Only what was done to the thing, or with the key, that has this id.",
        "limit": "Entries on a page. A page may be short and still have a `next_cursor`.",
        "cursor": "Where to go on: the `next_cursor` of the page before.",
    },
}

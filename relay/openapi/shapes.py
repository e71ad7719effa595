"""Forms that fields do not tell by themselves, since other code checks them: by the class of the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relay.model.ids import ALPHABET
from relay.shaping.header_rules import LONGEST_VALUE, MOST_HEADERS
from relay.web.slugs import SLUG

HEADERS: dict[str, Any] = {
    "anyOf": [
        {
            "type": "object",
            "additionalProperties": {"type": "string", "minLength": 1, "maxLength": LONGEST_VALUE},
            "maxProperties": MOST_HEADERS,
        },
        {"type": "string"},
    ]
}
DELIVERY_ID = f"^dlv_[{ALPHABET}]{{24}}[0-9A-F]$"
SIGNING_SECRET = {"pattern": "^whsec_[A-Za-z0-9+/]{32,86}={0,2}$"}
_IN_EMAIL = r'[^@\s<>,;"\u0000-\u001f\u007f'
EMAIL = f"^{_IN_EMAIL}]+@{_IN_EMAIL}]*{_IN_EMAIL}.]$"
BY_ID = {"cursor": {"pattern": f"^{SLUG.pattern}$"}}
CHANGE = {"$ref": "#/components/schemas/DestinationChange"}

SHAPES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "DestinationDocument": {"headers": HEADERS},
    "CallbackPart": {"headers": HEADERS, "secret": SIGNING_SECRET, "previous_secret": SIGNING_SECRET},
    "RotationDocument": {"secret": SIGNING_SECRET},
    "PreviewDocument": {"destination": CHANGE},
    "CredentialQuery": BY_ID,
    "DestinationQuery": BY_ID,
    "DeliveryQuery": {"cursor": {"pattern": DELIVERY_ID}},
    "ForgetDocument": {
        "email": {"pattern": EMAIL},
        "cursor": {"pattern": "^(?:[0-9]{1,4}\\.[0-9]{1,20}|audit\\.[1-9][0-9]{0,17}-[0-9]{1,18})$"},
    },
    "AuditQuery": {"cursor": {"pattern": "^[1-9][0-9]{0,17}-[0-9]{1,18}$"}},
}

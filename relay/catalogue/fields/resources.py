"""How a record names things at Calendly: by uuid, or by full URI.

Any host is accepted in a URI, since the relay may be pointed at another Calendly host and the uuid is all that counts
in a path; the collection is checked, since a user's uuid in place of a membership's is the usual mistake.
"""

from __future__ import annotations

import re
from typing import Any

from relay.catalogue.fields.base import WHITE_PATTERN, RecordField, trimmed

LONGEST_UUID = 200  # characters; our own bound, Calendly's uuids have up to 36
LONGEST_URI = 2048  # characters; our own bound
_UUID = f"[A-Za-z0-9_-]{{1,{LONGEST_UUID}}}"  # opaque: sixteen letters, RFC 4122 and plain digits all occur
_HOST = r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_ABOVE = r"(?:/[A-Za-z0-9._~-]+)*"


class _Resource(RecordField[str]):
    """A thing in a collection. `*` in a collection stands for the uuid of the thing that it is nested under."""

    def __init__(self, collection: str, what: str, *, bare: bool, required: bool = False) -> None:
        super().__init__(what, required=required)
        tail = "/".join(_UUID if step == "*" else re.escape(step) for step in collection.split("/"))
        uri = f"{_HOST}{_ABOVE}/{tail}/{_UUID}/?"
        self.pattern = f"{_UUID}|{uri}" if bare else uri

    def take(self, value: Any) -> str:
        """Accept what fits the pattern, without white space around it or a slash at its end."""
        text = trimmed(value)
        if text is None or len(text) > LONGEST_URI or not re.fullmatch(self.pattern, text):
            raise self.wrong()
        return text.rstrip("/")

    def json_schema(self) -> dict[str, Any]:
        """Give the pattern that `take` uses."""
        return {"type": "string", "pattern": f"^{WHITE_PATTERN}(?:{self.pattern}){WHITE_PATTERN}$"}


class ResourceUuid(_Resource):
    """The uuid of a thing. Its full URI is accepted and cut to the uuid."""

    def __init__(self, collection: str, *, required: bool = False) -> None:
        what = f"the {_noun(collection)}'s uuid or its full URI, such as {_address(collection)}"
        super().__init__(collection, what, bare=True, required=required)

    def take(self, value: Any) -> str:
        """Accept a uuid or a URI, and give the uuid."""
        return super().take(value).rpartition("/")[2]


class ResourceUri(_Resource):
    """The full URI of a thing."""

    def __init__(self, collection: str, *, required: bool = False) -> None:
        what = f"the {_noun(collection)}'s full URI, such as {_address(collection)}"
        super().__init__(collection, what, bare=False, required=required)


class InviteeUri(_Resource):
    """The full URI of an invitee, which Calendly nests under the event: a uuid alone does not find it."""

    def __init__(self, *, required: bool = False) -> None:
        collection = "scheduled_events/*/invitees"
        what = f"the invitee's full URI with its event, {_address(collection)}; a uuid alone is not enough"
        super().__init__(collection, what, bare=False, required=required)


def _noun(collection: str) -> str:
    """Name one thing of a collection: `event_types` holds an event type."""
    return collection.rpartition("/")[2].replace("_", " ").removesuffix("s")


def _address(collection: str) -> str:
    return f"https://api.calendly.com/{collection.replace('*', '…')}/…"

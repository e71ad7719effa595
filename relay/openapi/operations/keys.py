"""Keys of people and scripts to the management API."""

from __future__ import annotations

from relay.api.key_documents import KeyDocument
from relay.openapi.answers.key import KeyAnswer, KeyList, NewKeyAnswer
from relay.openapi.operations.model import READ, WRITE, Body, Operation, Reply

TAG = "Keys"
UNKNOWN = {404: "No key has that id."}

OPERATIONS = {
    "api.keys.list_keys": Operation(
        name="list_keys",
        tag=TAG,
        summary="List keys",
        description="Every key (there are 500 at most), by name, those that have ended among them. `RELAY_ADMIN_KEY` is no part of it: it stands in the "
        "settings only.",
        answers={200: Reply(words="The keys.", schema=KeyList)},
        problems=READ,
    ),
    "api.keys.create_key": Operation(
        name="create_key",
        tag=TAG,
        summary="Make a key",
        description="The answer shows the key this once: the relay keeps only its SHA-256. To replace a key, make another one, change "
        "over, and revoke the first.",
        body=Body(
            schema=KeyDocument,
            examples={
                "a dashboard": {"name": "Grafana", "scope": "read"},
                "a person, until a day": {
                    "name": "Ana Lima",
                    "scope": "operate",
                    "expires_at": "2099-12-31T00:00:00Z",
                },
            },
        ),
        answers={201: Reply(words="The key.", schema=NewKeyAnswer, headers=("Location",))},
        problems={**WRITE, 409: "A key with that name exists, or there are too many keys."},
    ),
    "api.keys.show_mine": Operation(
        name="show_my_key",
        tag=TAG,
        summary="Show the key of this request",
        description="Whose it is, what it may do, and until when.",
        answers={200: Reply(words="The key.", schema=KeyAnswer)},
        problems=READ,
    ),
    "api.keys.show_key": Operation(
        name="show_key",
        tag=TAG,
        summary="Show a key",
        description="One key, and when it was last used.",
        answers={200: Reply(words="The key.", schema=KeyAnswer)},
        problems={**READ, **UNKNOWN},
    ),
    "api.keys.change_key": Operation(
        name="change_key",
        tag=TAG,
        summary="Rename or prolong a key",
        description="The names that are given are laid over the key; an `expires_at` that is null takes its end away. The scope cannot be "
        "changed.",
        body=Body(schema=KeyDocument, change=True, examples={"no end": {"expires_at": None}}),
        answers={200: Reply(words="The key as it stands now.", schema=KeyAnswer)},
        problems={**WRITE, **UNKNOWN, 409: "A key with that name exists."},
    ),
    "api.keys.revoke_key": Operation(
        name="revoke_key",
        tag=TAG,
        summary="Revoke a key",
        description="From the next request on every process refuses it. A key may revoke itself.",
        answers={204: Reply(words="It opens nothing any more.")},
        problems={**READ, **UNKNOWN},
    ),
}

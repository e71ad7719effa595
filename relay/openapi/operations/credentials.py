"""Credentials: how to act for a Calendly user."""

from __future__ import annotations

from relay.api.credential_documents import CredentialDocument, CredentialQuery
from relay.openapi.answers.common import DestinationNames
from relay.openapi.answers.credential import ConnectionLink, CredentialAnswer, CredentialCheck, CredentialPage
from relay.openapi.operations.model import READ, SEALED, WRITE, Body, Operation, Reply

TAG = "Credentials"
UNKNOWN = {404: "No credential has that id."}
_NEW = {
    "personal access token": {"id": "acme", "kind": "personal_access_token", "token": "eyJraWQiOiIxY2UxZTEz"},
    "OAuth": {"id": "acme-oauth", "kind": "oauth"},
    "sandbox": {"id": "demo", "kind": "sandbox", "rate": {"limit": 500, "window": 60}},
}

OPERATIONS = {
    "api.credentials.list_credentials": Operation(
        name="list_credentials",
        tag=TAG,
        summary="List credentials",
        description="Credentials by id, with their tokens masked. Follow `next_cursor` until it is null.",
        query=CredentialQuery,
        answers={200: Reply(words="A page of credentials.", schema=CredentialPage)},
        problems={
            **READ,
            400: "The cursor is not one that a page gave.",
            422: "The query breaks the rules that `errors` names.",
        },
    ),
    "api.credentials.create_credential": Operation(
        name="create_credential",
        tag=TAG,
        summary="Make a credential",
        description="The token is shown to Calendly first, which tells the user and the organization; one that Calendly "
        "refuses is not stored. If Calendly does not answer, the credential is stored and `trouble` says so.",
        body=Body(schema=CredentialDocument, examples=_NEW),
        answers={201: Reply(words="The credential.", schema=CredentialAnswer, headers=("Location",))},
        problems={**WRITE, 409: "A credential with that id exists."},
    ),
    "api.credentials.show_credential": Operation(
        name="show_credential",
        tag=TAG,
        summary="Show a credential",
        description="One credential, and the destinations that use it.",
        answers={200: Reply(words="The credential.", schema=CredentialAnswer)},
        problems={**READ, **UNKNOWN},
    ),
    "api.credentials.change_credential": Operation(
        name="change_credential",
        tag=TAG,
        summary="Change a credential",
        description="The names that are given are laid over the credential; null takes one back to its default. A new token is "
        "shown to Calendly first, and its organization is found anew. `id` and `kind` cannot be changed.",
        body=Body(
            schema=CredentialDocument, change=True, examples={"slower": {"rate": {"limit": 50, "window": 60}}}
        ),
        answers={200: Reply(words="The credential as it stands now.", schema=CredentialAnswer)},
        problems={**WRITE, **UNKNOWN, **SEALED, 409: "Somebody else changed it at the same time."},
    ),
    "api.credentials.delete_credential": Operation(
        name="delete_credential",
        tag=TAG,
        summary="Delete a credential",
        description="Only a credential that no destination uses can be deleted. Calendly is asked to forget its grant.",
        answers={204: Reply(words="It is deleted.")},
        problems={**READ, **UNKNOWN, 409: "Destinations use it."},
    ),
    "api.credentials.check_credential": Operation(
        name="check_credential",
        tag=TAG,
        summary="Check a credential",
        description="Calendly is asked now whom the token acts for, and what it says of the token is kept.",
        answers={
            200: Reply(words="What Calendly says; `ok` tells whether it is well.", schema=CredentialCheck)
        },
        problems={**READ, **UNKNOWN, **SEALED},
    ),
    "api.credentials.connect_credential": Operation(
        name="connect_credential",
        tag=TAG,
        summary="Connect a credential by OAuth",
        description="Gives an address at Calendly where a person allows access. It is good for ten minutes and one use; Calendly "
        "sends the person back to `/console/connect`.",
        answers={200: Reply(words="The address.", schema=ConnectionLink)},
        problems={
            **READ,
            **UNKNOWN,
            409: "The credential is of another kind than `oauth`.",
            422: "`CALENDLY_CLIENT_ID` or `CALENDLY_CLIENT_SECRET` is not set.",
        },
    ),
    "api.credentials.pause_destinations": Operation(
        name="pause_credential",
        tag=TAG,
        summary="Pause all destinations of a credential",
        description="Its active destinations are paused; those that are drafts or paused already stay as they are.",
        answers={200: Reply(words="The destinations that were paused.", schema=DestinationNames)},
        problems={**READ, **UNKNOWN},
    ),
    "api.credentials.resume_destinations": Operation(
        name="resume_credential",
        tag=TAG,
        summary="Resume the destinations of a credential",
        description="The destinations that were paused with the credential are activated, and no others.",
        answers={200: Reply(words="The destinations that were activated.", schema=DestinationNames)},
        problems={**READ, **UNKNOWN},
    ),
}

"""How credentials look in answers."""

from __future__ import annotations

from relay.openapi.kit import Answer, listed, moment, part, text, whole, yes_no


class RateAnswer(Answer):
    """What the account may call, until Calendly's own headers say otherwise."""

    limit = whole("Calls in one window.")
    window = whole("Seconds that a window lasts.")


class CredentialAnswer(Answer):
    """A credential. Its token is shown as a mask, with the last four characters where it is long."""

    id = text("The credential's id.")
    kind = text("How it acts for somebody.", enum=["personal_access_token", "oauth", "sandbox"])
    token = text("The mask of the token; a credential of kind `oauth` has none.", optional=True)
    connected = yes_no("Whether there is a grant; only of kind `oauth`.", optional=True)
    scopes = listed(text("A scope."), "What the grant allows; only of kind `oauth`.", optional=True)
    expires_at = moment(
        "When the access token ends; it is renewed before. Only of kind `oauth`.", null=True, optional=True
    )
    organization = text("The organization's full URI; null until Calendly has told it.", null=True)
    user = text("The user's full URI; null until Calendly has told it.", null=True)
    rate = part(RateAnswer, "What the account may call.")
    trouble = text("What keeps it from being used; null while all is well.", null=True)
    created_at = moment("When it was made.", null=True)
    updated_at = moment("When it was last changed.", null=True)
    destinations = listed(
        text("An id."), "The destinations that use it; only where one credential is read.", optional=True
    )


class CredentialPage(Answer):
    """A page of credentials, by id."""

    credentials = part(CredentialAnswer, "The credentials.", many=True)
    next_cursor = text("Where the next page begins; null on the last one.", null=True)


class CredentialCheck(Answer):
    """What Calendly says of a token just now."""

    ok = yes_no("Whether the credential can be used.")
    user = text("The user's full URI.", null=True)
    organization = text("The organization's full URI.", null=True)
    detail = text("What Calendly says, in a sentence.")


class ConnectionLink(Answer):
    """Where a person allows access."""

    url = text("The address at Calendly to open in a browser. It is good for one use.", format="uri")
    expires_at = moment("Until when it is good.")

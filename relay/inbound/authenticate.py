"""Whether a request may hand records to a destination, by the destination's own rule."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping

from flask import Request, g

from relay.errors import NotAuthenticated
from relay.model.destination import InboundAuth
from relay.web.keys import bearer, digest, same

_REALM = 'realm="calendly-relay"'
_CHALLENGES = {
    "bearer": f"Bearer {_REALM}",
    "basic": f'Basic {_REALM}, charset="UTF-8"',
    # No scheme of HTTP stands for a key in the address, and a 401 has to name one.
    "query": f"Query {_REALM}",
}


def authenticate(request: Request, auth: InboundAuth) -> None:
    """Raise NotAuthenticated unless the request proves itself. The secret is compared in constant time."""
    if not _CHECKS[auth.kind](request, auth):
        g.challenge = _CHALLENGES[auth.kind]
        raise NotAuthenticated(
            f"This destination asks for {_ASKS[auth.kind].format(parameter=auth.parameter)}."
        )


def _by_bearer(request: Request, auth: InboundAuth) -> bool:
    return _fits(auth, bearer(request.headers.get("Authorization")))


def _by_basic(request: Request, auth: InboundAuth) -> bool:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        pair = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    username, _, password = pair.partition(b":")
    # Both are compared whatever the first says: the time tells nothing about the user name.
    return same(auth.username, username) & _fits(auth, password)


def _by_query(request: Request, auth: InboundAuth) -> bool:
    given = request.args.getlist(auth.parameter)
    return len(given) == 1 and _fits(auth, given[0].encode())


def _fits(auth: InboundAuth, key: bytes) -> bool:
    return same(auth.digest, digest(auth.salt, key))


_CHECKS: Mapping[str, Callable[[Request, InboundAuth], bool]] = {
    "bearer": _by_bearer,
    "basic": _by_basic,
    "query": _by_query,
}
_ASKS = {
    "bearer": "the header “Authorization: Bearer” with its key",
    "basic": "its user name and password as basic authentication",
    "query": "its key in the query parameter “{parameter}”",
}

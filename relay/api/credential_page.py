"""Where Calendly sends people back to: the one page of this API, in words for the person who reads it.

It asks for no admin key: the state that comes back proves that somebody with the key sent this person out. What the
address carries is never shown, and what Calendly says is escaped.
"""

from __future__ import annotations

import math

import structlog
from flask import Blueprint, Response, g, request
from markupsafe import Markup

from relay.api.credential_asking import Asked, ask
from relay.errors import StoreUnavailable, UnknownCredential
from relay.model.admin_key import ROOT
from relay.model.credential import Credential
from relay.oauth import Connected, Connecting, NotConnected, end_grant, foreign
from relay.store.audit import Deed
from relay.web.services import services

LONGEST = 4096  # characters of a state or a code; neither of ours nor of Calendly's is as long
PAGE = Markup("""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Calendly Relay</title></head>
<body><h1>{title}</h1>
<p>{text}</p></body>
</html>
""")
# What is said, and the status of the answer, for each reason why nothing changed.
WHY = {
    "unknown_state": (
        400,
        "This link has expired, or this relay did not make it. Links are good for ten minutes: ask for a new one.",
    ),
    "used_state": (400, "This link was used before. Each is good for one time: ask for a new one."),
    "revoked": (
        403,
        "The admin key that asked for this link has been revoked, has ended or may do less by now. Nothing was changed.",
    ),
    "denied": (403, "Calendly says that access was not allowed. Nothing was changed."),
    "gone": (404, "The credential “{credential}” does not exist any more. Nothing was changed."),
    "elsewhere": (409, "{says} Nothing was changed."),
    "too_many": (
        503,
        "Calendly takes only a few of these steps a minute. Load this page again in {wait} seconds, and it goes on.",
    ),
    "refused": (
        502,
        "Calendly did not accept the code that you came back with: {says}. Nothing was changed; ask for a new link.",
    ),
    "unanswered": (
        502,
        "Calendly gave no access: {says}. Nothing was changed; ask for a new link.",
    ),
}

connect_page = Blueprint("connect_page", __name__)
log = structlog.get_logger()


@connect_page.get("/console/connect")
def come_back() -> Response:
    """Take a person who is back from Calendly, and say what came of it."""
    if (
        request.method == "HEAD"
    ):  # mail and chat programs look at links that way, and each is good for one time
        return Response(status=405, headers={"Allow": "GET"})
    state, code = (request.args.get(name, "") for name in ("state", "code"))
    if "error" in request.args or max(len(state), len(code)) > LONGEST:
        code = ""
    try:
        services().ask_redis()
        came = Connecting(services().store, services().grants.server).finish(state[:LONGEST], code)
        return _connected(came) if isinstance(came, Connected) else _not_connected(came)
    except StoreUnavailable as exc:
        log.warning("connect.store_unavailable", exc_info=exc)
        answer = _page(
            "Not now", 503, "The relay cannot reach its store at this moment. Ask for a new link in a while."
        )
        answer.headers["Retry-After"] = "30"
        return answer


def _connected(came: Connected) -> Response:
    """Ask Calendly who it was. The grant is stored by now, so an answer that does not come changes nothing."""
    credential = came.credential
    asked = ask(services(), credential)
    if asked.me and credential.organization not in {"", asked.me.organization}:
        because = foreign(credential.id, credential.organization)
        end_grant(services().store, credential.id, credential.grant.id if credential.grant else "", because)
        services().grants.revoke(credential)
        return _page("Not connected", 409, because)
    on = {"credential": credential.id}
    # The state that came back proves that whoever showed this key sent this person out. An older release knew one only.
    who = came.who or ROOT.name
    deed = Deed(who=who, key=came.key, what="credential.connected", on=on, request_id=g.request_id)
    services().store.audit.write(deed)
    _write_down(credential, asked)
    if asked.me is None:
        text = Markup("Credential “{}” is connected, but Calendly did not say as whom: {}")
        return _page("Connected", 200, text.format(credential.id, asked.trouble))
    who = asked.me.name or asked.me.user
    return _page(
        "Connected",
        200,
        Markup("Credential “{}” is connected as {}. You can close this page.").format(credential.id, who),
    )


def _write_down(credential: Credential, asked: Asked) -> None:
    def told(stands: Credential) -> Credential:
        return asked.told(stands) if stands.token == asked.token else stands

    try:
        services().store.credentials.change(credential.id, told)
    except UnknownCredential:
        log.info(
            "connect.credential_gone", credential=credential.id
        )  # deleted at this moment: nothing to write on


def _not_connected(came: NotConnected) -> Response:
    status, words = WHY[came.why]
    wait = math.ceil(came.wait)
    text = Markup(words).format(credential=came.credential, says=came.says, wait=wait)  # noqa: S704 - our own words
    answer = _page("Not connected", status, text)
    if came.wait:
        answer.headers["Retry-After"] = str(wait)
    return answer


def _page(title: str, status: int, text: str) -> Response:
    return Response(PAGE.format(title=title, text=text), status, mimetype="text/html")

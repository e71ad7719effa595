"""About the relay itself: health, this document, and the one address that people are sent to."""

from __future__ import annotations

from relay.openapi.answers.common import Alive, Ready
from relay.openapi.operations.model import HTML, Operation, Reply
from relay.web.documents import Document, Text

TAG = "The relay itself"


class ReturnQuery(Document):
    """What the address carries when Calendly sends a person back."""

    state = Text(longest=4096)
    code = Text(longest=4096)
    error = Text(longest=4096)


OPERATIONS = {
    "health.alive": Operation(
        name="alive",
        tag=TAG,
        summary="Is this process alive?",
        description="Says that the process serves requests, and asks nothing else.",
        security="nobody",
        answers={200: Reply(words="It is.", schema=Alive)},
    ),
    "health.ready": Operation(
        name="ready",
        tag=TAG,
        summary="Can the relay do its work?",
        description="Says whether Redis can be used and a worker is there, and warns of what may make Redis lose something.",
        security="nobody",
        answers={200: Reply(words="It can.", schema=Ready)},
        problems={
            503: "Redis cannot be used or has lost its data, or no worker is there; the answer says which."
        },
    ),
    "openapi.show_document": Operation(
        name="show_openapi",
        tag=TAG,
        summary="This API as an OpenAPI document",
        description="OpenAPI 3.1, made from the schemas that the relay reads and answers with.",
        security="nobody",
        answers={200: Reply(words="The document.", media="application/json")},
    ),
    "openapi.show_page": Operation(
        name="show_docs",
        tag=TAG,
        summary="This API as a page",
        description="The same for people. It needs no script and nothing from anywhere else.",
        security="nobody",
        answers={200: Reply(words="The page.", media=HTML)},
    ),
    "connect_page.come_back": Operation(
        name="come_back_from_calendly",
        tag=TAG,
        summary="Come back from Calendly",
        description="Calendly sends a person here who allowed access, or did not; the page says what came of it. Programs have no use for "
        "it. The `state` proves that somebody with the admin key sent the person out.",
        security="nobody",
        query=ReturnQuery,
        answers={
            200: Reply(words="The credential is connected.", media=HTML),
            400: Reply(words="The link has expired, was used before, or is not ours.", media=HTML),
            403: Reply(words="Access was not allowed.", media=HTML),
            404: Reply(words="The credential does not exist any more.", media=HTML),
            409: Reply(words="Calendly connected somebody of another organization.", media=HTML),
            502: Reply(words="Calendly gave no access.", media=HTML),
            503: Reply(
                words="Not at this moment; load the page again.", media=HTML, headers=("Retry-After",)
            ),
        },
    ),
}

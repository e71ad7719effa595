"""Replays over HTTP: many settled deliveries of a destination go out again."""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify, request

from relay.api.deeds import changed_nothing, remember
from relay.api.delivery_documents import Moment
from relay.errors import UnknownDestination
from relay.model.ids import made_at
from relay.store.deliveries import PREFIX
from relay.store.replays import Selection
from relay.web.answers import iso
from relay.web.body import read_object
from relay.web.documents import Document, OneOf, Whole, YesNo, fault, load
from relay.web.services import services
from relay.web.slugs import is_slug
from relay.web.turns import ask_for_turn

MOST = 10_000  # deliveries in one request
USUAL = 1_000

replays = Blueprint("replays", __name__, url_prefix="/destinations/<identifier>")


class ReplayDocument(Document):
    """Which deliveries go out again."""

    state = OneOf("dead", "canceled", "uncertain", required=True)
    since = Moment(load_default=None)
    until = Moment(load_default=None)
    limit = Whole(1, MOST, load_default=USUAL)
    dry_run = YesNo(load_default=False)
    acknowledge = OneOf("may_repeat", load_default=None)


@replays.post("/replay")
def replay(identifier: str) -> Response:
    """Put settled deliveries back into the lane, the oldest first, or only say how many there are."""
    if not is_slug(identifier):
        raise UnknownDestination
    store = services().store
    standing = store.destinations.get(identifier)
    selection, dry_run = _selection()
    if dry_run:
        changed_nothing()
        done = store.replays.look(standing, selection)
    else:
        done = store.replays.run(standing, selection)
        remember(state=selection.state, replayed=done.replayed, skipped=done.skipped)
        g.event["replayed"] = done.replayed
        if done.replayed:
            ask_for_turn(identifier)
    return jsonify(
        matching=done.matching,
        oldest=done.oldest and iso(made_at(PREFIX, done.oldest)),
        newest=done.newest and iso(made_at(PREFIX, done.newest)),
        replayed=done.replayed,
        skipped=done.skipped,
        more=done.more,
    )


def _selection() -> tuple[Selection, bool]:
    """Read what the body selects, and whether it only asks. Raises Invalid."""
    given = load(ReplayDocument(), read_object(request, services().settings.max_body_bytes), "replay")
    may_repeat = given.pop("acknowledge") is not None
    dry_run = given.pop("dry_run")
    if given["state"] == "uncertain" and not may_repeat and not dry_run:
        raise fault(
            "#/acknowledge",
            "should be “may_repeat”: calls of uncertain deliveries may have taken effect, and would be made twice",
        )
    if None not in {given["since"], given["until"]} and given["since"] > given["until"]:
        raise fault("#/until", "should not be before “since”")
    return Selection(**given, may_repeat=may_repeat), dry_run

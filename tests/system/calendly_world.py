"""What Calendly remembers: every effect that a call had, so that later calls and look-ups meet it.

Whatever a test names exists, until a call takes it away: events are active, invitees came, memberships stand. Webhook
subscriptions and invitations that are listed are those that were made here.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.system import calendly_answers as show
from tests.system.calendly_answers import ORGANIZATION, Json

Answered = tuple[int, Any]


class Asked(NamedTuple):
    """What a call says beside its method."""

    path: str
    query: Mapping[str, str]
    body: Json


GONE: Answered = (
    404,
    {"title": "Resource Not Found", "message": "The server could not find the requested resource."},
)


def _refusal(status: int, title: str, message: str) -> Answered:
    return status, {"title": title, "message": message}


def _listed(rows: list[Json]) -> Answered:
    nowhere = dict.fromkeys(("next_page", "previous_page", "next_page_token", "previous_page_token"))
    return 200, {"collection": rows, "pagination": {"count": len(rows), **nowhere}}


class World:
    """Answers as Calendly would, one call at a time. `effects` counts, by what they were had on, the effects of all calls."""

    def __init__(self) -> None:
        self.effects: Counter[tuple[str, str]] = Counter()  # (operation, what it was had on) -> how often
        self._lock = threading.Lock()
        self._cancellations: dict[str, Json] = {}
        self._subscriptions: dict[str, Json] = {}  # by uuid
        self._invitations: dict[str, Json] = {}  # by uuid
        self._marks: dict[str, Json] = {}  # by the invitee's URI
        self._gone: set[str] = set()  # paths of what was taken away
        self._made = 0

    def answer(self, operation: tuple[str, str], asked: Asked) -> Answered:
        """Let a call of this method and path template have its effect, and give what Calendly answers."""
        with self._lock:
            return ANSWERS[operation](self, asked)

    def _had(self, operation: str, on: str) -> None:
        self.effects[operation, on] += 1

    def _uuid(self) -> str:
        self._made += 1
        return f"MADE{self._made:012}"

    def me(self, asked: Asked) -> Answered:
        """Show the token's user."""
        return 200, {"resource": {**show.user(), "current_organization": ORGANIZATION}}

    def cancel(self, asked: Asked) -> Answered:
        """Cancel an event, once."""
        uuid = asked.path.split("/")[2]
        if uuid in self._cancellations:
            return _refusal(403, "Permission Denied", "Event is already canceled")
        self._had("cancel", uuid)
        self._cancellations[uuid] = show.cancellation(asked.body.get("reason"))
        return 201, {"resource": self._cancellations[uuid]}

    def event(self, asked: Asked) -> Answered:
        """Show an event."""
        uuid = _last(asked.path)
        return 200, {"resource": show.event(uuid, self._cancellations.get(uuid))}

    def invitee(self, asked: Asked) -> Answered:
        """Show an invitee."""
        _, _, event, _, uuid = asked.path.split("/")
        return 200, {"resource": show.invitee(event, uuid, self._marks.get(f"{show.API}{asked.path}"))}

    def link(self, asked: Asked) -> Answered:
        """Make another link, each time."""
        self._had("link", _last(asked.body["owner"]))
        self._made += 1
        return 201, {"resource": show.link(asked.body["owner"], self._made)}

    def subscribe(self, asked: Asked) -> Answered:
        """Subscribe an address, once."""
        if any(each["callback_url"] == asked.body["url"] for each in self._subscriptions.values()):
            return _refusal(409, "Already Exists", "Hook with this url already exists")
        self._had("subscribe", asked.body["url"])
        uuid = self._uuid()
        self._subscriptions[uuid] = show.subscription(uuid, asked.body)
        return 201, {"resource": self._subscriptions[uuid]}

    def subscriptions(self, asked: Asked) -> Answered:
        """List the subscriptions of one scope, and of one owner where the scope has one."""
        owner = asked.query["scope"] if asked.query["scope"] in {"user", "group"} else "organization"
        rows = [
            each
            for each in self._subscriptions.values()
            if each["scope"] == asked.query["scope"] and each[owner] == asked.query.get(owner)
        ]
        return _listed(rows)

    def subscription(self, asked: Asked) -> Answered:
        """Show a subscription."""
        whoever = {
            "url": "https://crm.example/",
            "events": [],
            "scope": "organization",
            "organization": ORGANIZATION,
        }
        made = self._subscriptions.get(_last(asked.path))
        return self._there(asked.path, made or show.subscription(_last(asked.path), whoever))

    def unsubscribe(self, asked: Asked) -> Answered:
        """End a subscription."""
        self._subscriptions.pop(_last(asked.path), None)
        return self._take_away("unsubscribe", asked.path)

    def mark(self, asked: Asked) -> Answered:
        """Mark an invitee; nobody knows what Calendly does with a second mark, so here it is a second effect."""
        self._had("mark", _last(asked.body["invitee"]))
        self._marks[asked.body["invitee"]] = show.no_show(self._uuid(), asked.body["invitee"])
        return 201, {"resource": self._marks[asked.body["invitee"]]}

    def mark_made(self, asked: Asked) -> Answered:
        """Show the mark of a no-show."""
        return self._there(asked.path, show.no_show(_last(asked.path), show.INVITEE))

    def unmark(self, asked: Asked) -> Answered:
        """Take a mark away."""
        kept = {of: each for of, each in self._marks.items() if _last(each["uri"]) != _last(asked.path)}
        self._marks = kept
        return self._take_away("unmark", asked.path)

    def invite(self, asked: Asked) -> Answered:
        """Invite somebody, once."""
        if any(_alike(each["email"], asked.body["email"]) for each in self._invitations.values()):
            return _refusal(400, "Already Invited", f"{asked.body['email']} has already been invited")
        self._had("invite", asked.body["email"])
        uuid = self._uuid()
        self._invitations[uuid] = show.invitation(uuid, asked.path.split("/")[2], asked.body["email"])
        return 201, {"resource": self._invitations[uuid]}

    def invitations(self, asked: Asked) -> Answered:
        """List invitations, of one address where one is given."""
        email = asked.query.get("email")
        rows = [each for each in self._invitations.values() if email is None or _alike(each["email"], email)]
        return _listed(rows)

    def invitation(self, asked: Asked) -> Answered:
        """Show an invitation."""
        made = self._invitations.get(_last(asked.path))
        return self._there(
            asked.path,
            made or show.invitation(_last(asked.path), asked.path.split("/")[2], "ada@example.com"),
        )

    def revoke(self, asked: Asked) -> Answered:
        """Take an invitation back."""
        self._invitations.pop(_last(asked.path), None)
        return self._take_away("revoke", asked.path)

    def memberships(self, asked: Asked) -> Answered:
        """List nobody: no test has let anybody join."""
        return _listed([])

    def membership(self, asked: Asked) -> Answered:
        """Show a membership."""
        return self._there(asked.path, show.membership(_last(asked.path)))

    def remove(self, asked: Asked) -> Answered:
        """Take somebody out of the organization."""
        return self._take_away("remove", asked.path)

    def erase(self, asked: Asked) -> Answered:
        """Take a request to erase data, each time."""
        for each in asked.body.get(
            "emails", [f"{asked.body.get('start_time')}/{asked.body.get('end_time')}"]
        ):
            self._had("erase", each)
        return 202, {}

    def _there(self, path: str, shown: Json) -> Answered:
        return GONE if path in self._gone else (200, {"resource": shown})

    def _take_away(self, operation: str, path: str) -> Answered:
        if path in self._gone:
            return GONE
        self._had(operation, _last(path))
        self._gone.add(path)
        return 204, None


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _alike(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


ANSWERS: dict[tuple[str, str], Callable[[World, Asked], Answered]] = {
    ("GET", "/users/me"): World.me,
    ("GET", "/scheduled_events/{uuid}"): World.event,
    ("POST", "/scheduled_events/{uuid}/cancellation"): World.cancel,
    ("GET", "/scheduled_events/{event_uuid}/invitees/{invitee_uuid}"): World.invitee,
    ("POST", "/scheduling_links"): World.link,
    ("POST", "/webhook_subscriptions"): World.subscribe,
    ("GET", "/webhook_subscriptions"): World.subscriptions,
    ("GET", "/webhook_subscriptions/{webhook_uuid}"): World.subscription,
    ("DELETE", "/webhook_subscriptions/{webhook_uuid}"): World.unsubscribe,
    ("POST", "/invitee_no_shows"): World.mark,
    ("GET", "/invitee_no_shows/{uuid}"): World.mark_made,
    ("DELETE", "/invitee_no_shows/{uuid}"): World.unmark,
    ("GET", "/organization_memberships"): World.memberships,
    ("GET", "/organization_memberships/{uuid}"): World.membership,
    ("DELETE", "/organization_memberships/{uuid}"): World.remove,
    ("POST", "/organizations/{uuid}/invitations"): World.invite,
    ("GET", "/organizations/{uuid}/invitations"): World.invitations,
    ("GET", "/organizations/{org_uuid}/invitations/{uuid}"): World.invitation,
    ("DELETE", "/organizations/{org_uuid}/invitations/{uuid}"): World.revoke,
    ("POST", "/data_compliance/deletion/invitees"): World.erase,
    ("POST", "/data_compliance/deletion/events"): World.erase,
}

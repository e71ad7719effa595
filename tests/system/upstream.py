"""The relay seen from outside: an operator's management calls and an upstream system's records, over HTTP alone."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

import requests

from tests.processes import ADMIN_KEY, CALLBACK_SECRET, INBOUND_KEY, PERSON, REASON, TOKEN
from tests.system.calendly_answers import API
from tests.system.calendly_double import LIMIT, WINDOW
from tests.waiting import until

AT_REST = ("delivered", "dead", "canceled", "uncertain")
PATIENCE = 40.0  # seconds for one answer
BATCH = 5  # records a request of a poster
PAUSE = 0.02  # seconds between two requests of a poster
MANUAL: dict[str, Any] = {"manual": {"method": "POST", "url": "/scheduling_links"}, "exclude": ["who"]}
MakeRecords = Callable[[str, Iterable[int]], list[dict[str, Any]]]


def event_uuid(name: str, number: int) -> str:
    """Give the uuid of an event that no other record of a test has."""
    return f"{name}-{number:05}"


def cancellations(name: str, numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Give records for cancel_scheduled_event, which is harmless to repeat."""
    return [{"event_uuid": event_uuid(name, n), "reason": REASON, "who": PERSON} for n in numbers]


def links(name: str, numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Give records for create_scheduling_link, which may be repeated once after silence."""
    return [{"owner": f"{API}/event_types/{event_uuid(name, n)}", "who": PERSON} for n in numbers]


def bookings(name: str, numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Give records for a `MANUAL` destination, whose calls must never be repeated by themselves."""
    more = {"owner_type": "EventType", "max_event_count": 1}
    return [{**each, **more} for each in links(name, numbers)]


def absences(name: str, numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Give records for mark_invitee_no_show, which may be repeated only after a look-up."""
    uris = [f"{API}/scheduled_events/E/invitees/{event_uuid(name, n)}" for n in numbers]
    return [{"invitee": uri, "who": PERSON} for uri in uris]


class Upstream:
    """Talks to one relay. Each request has a connection of its own, so that it survives restarts of the relay."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(
        self, method: str, path: str, body: Any = None, key: str = ADMIN_KEY, **further: str
    ) -> requests.Response:
        """Make a request, with `further` headers, and give the answer, whatever it is."""
        headers = {"Authorization": f"Bearer {key}", "Connection": "close", **further}
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.url + path, json=body, headers=headers, timeout=PATIENCE)

    def manage(self, method: str, path: str, body: Any = None) -> Any:
        """Make a management call that must work, and give its JSON. A question is asked again while the answer is to come again."""
        answer = self.ask(method, f"/api/v1{path}", body)
        if method == "GET" and answer.status_code == 503:
            (answer,) = until(lambda: self._asked_again(path))
        assert answer.status_code in {200, 201, 204}, answer.text
        return answer.json() if answer.content else None

    def _asked_again(self, path: str) -> list[requests.Response]:
        answer = self.ask("GET", f"/api/v1{path}")
        return [] if answer.status_code == 503 else [answer]

    def credential(self, identifier: str = "acme", **changes: Any) -> Any:
        """Make a credential with the planted token, whose user may call as often as a test likes."""
        rate = {"limit": LIMIT, "window": WINDOW}
        usual = {"id": identifier, "kind": "personal_access_token", "token": TOKEN, "rate": rate}
        return self.manage("POST", "/credentials", {**usual, **changes})

    def destination(self, identifier: str, template: str, callback: str = "", **changes: Any) -> str:
        """Make an active destination and give its id; without a `callback` address it has none."""
        self.manage("POST", "/destinations", destination_document(identifier, template, callback, **changes))
        self.manage("POST", f"/destinations/{identifier}/activate", {"acknowledge": "irreversible"})
        return identifier

    def post(self, destination: str, records: Any, **headers: str) -> requests.Response:
        """Send records to an inbound route and give the answer, whatever it is."""
        return self.ask("POST", f"/in/{destination}", records, INBOUND_KEY, **headers)

    def accept(self, destination: str, records: Any) -> list[str]:
        """Send records that are taken, and give the ids of their deliveries."""
        return accepted(self.post(destination, records))

    def counts(self, destination: str) -> Counter[str]:
        """Count a destination's deliveries by state; nothing is counted while the relay cannot say."""
        try:
            answer = self.ask("GET", f"/api/v1/destinations/{destination}")
        except requests.ConnectionError:
            return Counter()
        return Counter(answer.json()["counts"]) if answer.status_code == 200 else Counter()

    def at_rest(self, *destinations: str) -> int:
        """Count the deliveries of these destinations that nothing more will happen to by itself."""
        return sum(self.counts(each)[state] for each in destinations for state in AT_REST)

    def log(self, destination: str) -> dict[str, dict[str, Any]]:
        """Give every delivery of a destination as the list shows it, by its id."""
        found: dict[str, dict[str, Any]] = {}
        query = f"/deliveries?destination={destination}&limit=200"
        page = self.manage("GET", query)
        while True:
            found |= {each["id"]: each for each in page["deliveries"]}
            if page["next_cursor"] is None:
                return found
            page = self.manage("GET", f"{query}&cursor={page['next_cursor']}")

    def delivery(self, identifier: str) -> Any:
        """Give everything about one delivery."""
        return self.manage("GET", f"/deliveries/{identifier}")


def destination_document(
    identifier: str, template: str, callback: str = "", **changes: Any
) -> dict[str, Any]:
    """Give the settings of a destination as they are usual in tests."""
    usual = {
        "id": identifier,
        "template": template,
        "credential": "acme",
        "inbound": {"auth": {"kind": "bearer", "key": INBOUND_KEY}},
        "callback": {"url": callback, "secret": CALLBACK_SECRET} if callback else None,
    }
    return {**usual, **changes}


def accepted(answer: requests.Response) -> list[str]:
    """Give the ids in a 202."""
    assert answer.status_code == 202, answer.text
    return [each["delivery"] for each in answer.json()["accepted"]]


class Poster(threading.Thread):
    """Posts one batch after the other while a test does its worst, and keeps every answer, until it is told to finish.

    A batch whose answer never came is not sent again: the test could not tell who stored it.
    """

    def __init__(self, upstream: Upstream, destination: str, make: MakeRecords) -> None:
        super().__init__(name="poster", daemon=True)
        self.ids: dict[str, dict[str, Any]] = {}  # what was answered with 202: the record of each delivery
        self.answers: list[requests.Response] = []
        self.unanswered = 0
        self.destination = destination
        self._upstream = upstream
        self._make = make
        self._finished = threading.Event()

    def run(self) -> None:
        """Post until the test has seen enough."""
        for start in count(step=BATCH):
            self._post(self._make(self.destination, range(start, start + BATCH)))
            if self._finished.wait(PAUSE):
                return

    def finish(self) -> None:
        """Post no more, and return once the last answer is there."""
        self._finished.set()
        self.join(PATIENCE)

    def statuses(self, after: int = 0) -> set[int]:
        """Give each status that was answered, but to the first so many posts."""
        return {answer.status_code for answer in list(self.answers)[after:]}

    def _post(self, batch: list[dict[str, Any]]) -> None:
        try:
            answer = self._upstream.post(self.destination, batch)
        except requests.ConnectionError:
            self.unanswered += 1
            return
        self.answers.append(answer)
        if answer.status_code == 202:
            self.ids |= dict(zip(accepted(answer), batch, strict=True))


def in_batches(records: Sequence[dict[str, Any]], size: int) -> list[list[dict[str, Any]]]:
    """Cut records into batches of that size."""
    return [list(records[start : start + size]) for start in range(0, len(records), size)]

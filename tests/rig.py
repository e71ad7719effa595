"""The whole service in one process: web, turns and sandbox around one real Redis, driven step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from relay.config import Settings
from relay.model.delivery import DeliveryLog
from relay.store import Store, Wanted
from sandbox.server import Sandbox
from tests.apps import application
from tests.described import judged
from tests.waiting import until
from workers.services import Services, open_services
from workers.turn import serve

INBOUND_KEY = "inbound-key-for-tests"
AT_REST = {"delivered", "dead", "canceled", "uncertain"}


class Rig:
    """Posts records as an upstream system does, manages as an operator does, and serves lanes as a worker does."""

    def __init__(self, settings: Settings, sandbox: Sandbox) -> None:
        self.settings = settings
        self.sandbox = sandbox
        self.services: Services = open_services(settings, "rig")
        self.store: Store = self.services.store
        self.client: FlaskClient = judged(application(settings, self.store))
        self.admin = {"Authorization": f"Bearer {settings.admin_key}"}

    def manage(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        """Make a management call and give its JSON."""
        answer = self.client.open(f"/api/v1{path}", method=method, json=body, headers=self.admin)
        wanted = {status} if status else {200, 201, 204}
        assert answer.status_code in wanted, answer.get_data(as_text=True)
        return answer.get_json()

    def credential(self, identifier: str = "acme", **changes: Any) -> Any:
        """Make a credential for the sandbox."""
        body = {"id": identifier, "kind": "sandbox", "rate": {"limit": 100_000, "window": 60}, **changes}
        return self.manage("POST", "/credentials", body)

    def destination(
        self, template: str, identifier: str = "here", *, activate: bool = True, **changes: Any
    ) -> Any:
        """Make a destination whose callbacks the sandbox receives under the destination's id."""
        body = {
            "id": identifier,
            "template": template,
            "credential": "acme",
            "inbound": {"auth": {"kind": "bearer", "key": INBOUND_KEY}},
            "callback": {"url": self.sandbox.callback_url(identifier)},
            **changes,
        }
        made = self.manage("POST", "/destinations", body)
        if activate:
            self.activate(identifier)
        return made

    def activate(self, identifier: str) -> None:
        """Activate a destination, knowing that its calls may be irreversible."""
        self.manage("POST", f"/destinations/{identifier}/activate", {"acknowledge": "irreversible"})

    def post(self, records: Any, identifier: str = "here") -> TestResponse:
        """Send records to an inbound route."""
        return self.client.post(
            f"/in/{identifier}", json=records, headers={"Authorization": f"Bearer {INBOUND_KEY}"}
        )

    def accept(self, records: Any, identifier: str = "here") -> list[str]:
        """Send records that are taken, and give the ids of their deliveries."""
        answer = self.post(records, identifier)
        assert answer.status_code == 202, answer.get_data(as_text=True)
        return [each["delivery"] for each in answer.get_json()["accepted"]]

    def turn(self) -> int:
        """Serve each lane whose time has come, once, and tell how many there were."""
        lanes = self.store.lanes.whose_time_has_come(100)
        for lane in lanes:
            serve(self.services, lane)
        return len(lanes)

    def drain(self, seconds: float = 60.0) -> None:
        """Serve lanes until nothing waits in any of them."""
        self.forget_who_was_asked()
        until(lambda: not self.turn() and not self._waiting(), seconds)

    def turn_until(self, what: Callable[[], Any], seconds: float = 60.0) -> None:
        """Serve lanes until something is true."""
        self.forget_who_was_asked()
        until(lambda: (self.turn(), what())[1], seconds)

    def outcome(self, identifier: str) -> DeliveryLog:
        """Serve lanes without the waits between attempts until a delivery is at rest, and give it once all is told."""
        self.hurry_until(lambda: self.delivery(identifier).state in AT_REST)
        self.drain()
        return self.delivery(identifier)

    def hurry_until(self, what: Callable[[], Any]) -> None:
        """Serve lanes without the waits between attempts until something is true."""

        def hurried() -> Any:
            self.hurry()
            return what()

        self.turn_until(hurried)

    def hurry(self) -> None:
        """Let every delivery that waits to be tried again be due now."""
        redis: Any = self.store.redis
        for key in redis.scan_iter("relay:*:due:delivery/*"):
            for name, _ in redis.zrange(key, 0, -1, withscores=True):
                redis.zadd(key, {name: 1}, xx=True)
        for key in redis.scan_iter("relay:*:delivery:*"):
            redis.hdel(key, "lands_at", "effect_by")  # and what was on its way has arrived
        self.forget_pauses()
        self.forget_who_was_asked()

    def forget_who_was_asked(self) -> None:
        """Let lanes be found at once for which a turn has been asked for: in this ring nobody takes jobs from RQ."""
        redis: Any = self.store.redis
        for key in redis.scan_iter("relay:*:lane:*"):
            redis.hdel(key, "asked_until")
        for key in redis.scan_iter("relay:*:attention"):
            for name, _ in redis.zrange(key, 0, -1, withscores=True):
                redis.zadd(key, {name: 0}, lt=True)

    def forget_pauses(self) -> None:
        """Let lanes be served at once that were to be left alone for a while."""
        redis: Any = self.store.redis
        for key in redis.scan_iter("relay:*:lane:*"):
            redis.hdel(key, "not_before")

    def _waiting(self) -> int:
        redis: Any = self.store.redis
        waiting = list(redis.scan_iter("relay:*:attention"))
        return sum(redis.zcard(key) for key in waiting)

    def told(self, name: str = "here") -> list[Any]:
        """Give the payloads of the callbacks that arrived, oldest first."""
        return [callback.parsed for callback in reversed(self.sandbox.callbacks(name))]

    def delivery(self, identifier: str) -> DeliveryLog:
        """Give a delivery as the log has it."""
        return self.store.deliveries.get(identifier)

    def states(self) -> dict[str, int]:
        """Count all deliveries by state."""
        counts: dict[str, int] = {}
        cursor = None
        while True:
            page = self.store.deliveries.page(Wanted(), limit=200, cursor=cursor)
            for each in page.items:
                counts[each.state] = counts.get(each.state, 0) + 1
            cursor = page.next_cursor
            if cursor is None:
                return counts


def everything_in(redis: Any) -> str:
    """Give every key and value of a Redis as one text."""
    read = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"set": redis.smembers,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
        b"stream": redis.xrange,
    }
    return "\n".join(f"{key} {read[redis.type(key)](key)}" for key in redis.scan_iter("*"))

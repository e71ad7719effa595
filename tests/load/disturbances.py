"""What a relay may be put through by some, while the others go about their business."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

import requests

from relay.store import keys
from tests.load.calendly import HANGING, REVOKED
from tests.load.house import House
from tests.load.probe import API
from tests.system.upstream import in_batches
from tests.waiting import until

CONNECTIONS = 5000
POURERS = 4
DESTINATIONS = 10_000
BACKLOG = 100_000
MANY = 40  # more lanes than a worker has threads
A_REQUEST = 1000  # records
NOW_AND_THEN = 0.2  # seconds: what is tried is not the traffic, but what becomes of it
CALENDLYS_RATE = {"limit": 500, "window": 60}


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What it is called in the table, and how to bring it about."""

    words: str
    bring: Callable[[House], AbstractContextManager[None]]


def crowd(kind: str, number: int) -> Callable[[House], AbstractContextManager[None]]:
    """Give a crowd of clients that know the inbound key and send to one destination."""

    def bring(house: House) -> AbstractContextManager[None]:
        return house.crowd(kind, number, "/in/other-0")

    return bring


def hanging_receivers(number: int) -> Callable[[House], AbstractContextManager[None]]:
    """Give so many destinations whose callbacks hang, with outcomes to tell all the time."""

    @contextmanager
    def bring(house: House) -> Iterator[None]:
        credential = house.credential(f"well-{number}")
        names = [house.destination(f"deaf-{number}-{n}", credential, "hanging") for n in range(number)]
        with posting(house, names), silent_afterwards(house, names):
            yield

    return bring


@contextmanager
def a_hanging_calendly(house: House) -> Iterator[None]:
    """Have the calls of one credential hang, for many destinations."""
    credential = house.credential("hanging", token=HANGING)
    names = [house.destination(f"hanging-{n}", credential) for n in range(MANY)]
    with posting(house, names), silent_afterwards(house, names):
        yield


@contextmanager
def silent_afterwards(house: House, names: Sequence[str]) -> Iterator[None]:
    """Have these destinations call nobody any more when it is over, so that the next disturbance is measured by itself."""
    yield
    for name in names:
        house.upstream.manage("POST", f"/destinations/{name}/pause")
        house.upstream.manage("PATCH", f"/destinations/{name}", {"callback": None})


@contextmanager
def a_revoked_credential(house: House) -> Iterator[None]:
    """Have a credential refused; somebody activates its destinations again and again, and records come in."""
    credential = house.credential("revoked", token=REVOKED)
    names = [house.destination(f"revoked-{n}", credential) for n in range(4)]

    def insist() -> None:
        for name in names:
            house.upstream.manage("POST", f"/destinations/{name}/activate", {"acknowledge": "irreversible"})

    with posting(house, names), repeating(insist):
        yield


@contextmanager
def a_backlog(house: House) -> Iterator[None]:
    """Have a long backlog wait for its credential's budget, as Calendly's real one makes it."""
    name = house.destination("backlog", house.credential("backlog", rate=CALENDLYS_RATE))
    house.upstream.manage("POST", f"/destinations/{name}/pause")
    records = [{"owner": f"{API}backlog-{n}"} for n in range(BACKLOG)]
    for batch in in_batches(records, A_REQUEST):
        house.accept(name, batch)
    house.upstream.manage("POST", f"/destinations/{name}/activate", {"acknowledge": "irreversible"})
    yield
    house.upstream.manage("POST", f"/destinations/{name}/pause")


@contextmanager
def many_destinations(house: House) -> Iterator[None]:
    """Have thousands of destinations, copied from one of the others; a tenth of them has something to send now."""
    with house.processes.client() as redis:
        model = redis.hgetall(keys.destination("other-0"))
        settings = json.loads(model["settings"])
        names = [f"one-of-many-{n}" for n in range(DESTINATIONS)]
        for some in in_batches([{"id": name} for name in names], A_REQUEST):
            pipe = redis.pipeline(transaction=False)
            for each in some:
                own = json.dumps({**settings, **each, "callback": None})
                pipe.hset(keys.destination(each["id"]), mapping={**model, "settings": own})
                pipe.zadd(keys.DESTINATIONS, {each["id"]: 0})
            pipe.execute()
    with posting(house, names[: DESTINATIONS // 10]):
        yield


@contextmanager
def posting(house: House, names: Sequence[str]) -> Iterator[None]:
    """Have a record for each of these destinations come in, one after the other, again and again."""
    numbers = iter(range(10**9))

    def post() -> None:
        name = names[next(numbers) % len(names)]
        house.upstream.post(name, [{"owner": f"{API}{name}"}])

    with repeating(post, NOW_AND_THEN):
        until(lambda: next(numbers) > min(len(names), MANY), 60)
        yield


@contextmanager
def repeating(what: Callable[[], object], pause: float = 0.5) -> Iterator[None]:
    """Do something again and again, beside all else."""
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(pause):
            try:
                what()
            except requests.ConnectionError:
                continue

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def both(house: House) -> Iterator[None]:
    """Have many receivers and one credential's calls hang at once."""
    with ExitStack() as stack:
        stack.enter_context(hanging_receivers(MANY)(house))
        stack.enter_context(a_hanging_calendly(house))
        yield


DISTURBANCES = {
    "idle": Disturbance("5,000 connections, idle", crowd("idle", CONNECTIONS)),
    "kept": Disturbance("5,000 connections, kept alive after an answer", crowd("kept", CONNECTIONS)),
    "heads": Disturbance("5,000 connections with a head that trickles", crowd("heads", CONNECTIONS)),
    "bodies": Disturbance("5,000 connections with a body that trickles", crowd("bodies", CONNECTIONS)),
    "chunks": Disturbance("1,000 connections with chunks that trickle", crowd("chunks", 1000)),
    "giant": Disturbance("4 senders of 1 GiB, again and again", crowd("giant", POURERS)),
    "endless": Disturbance("4 senders of 1 GiB in chunks", crowd("endless", POURERS)),
    "deaf": Disturbance("a receiver of callbacks that hangs for 30 s", hanging_receivers(1)),
    "revoked": Disturbance("a credential that is revoked", a_revoked_credential),
    "hanging": Disturbance("40 receivers and a credential with 40 destinations that hang for 30 s", both),
    "backlog": Disturbance("100,000 deliveries that wait in one destination", a_backlog),
    "many": Disturbance("10,000 destinations, a tenth of them busy", many_destinations),
}

"""One run: load, disturbances, rest, and the account of every id."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from tests.chaos.accounting import Account, Violation
from tests.chaos.disturbing import Chaos
from tests.chaos.history import History
from tests.chaos.house import House
from tests.chaos.lanes import LANES
from tests.chaos.plan import Scale, plan
from tests.chaos.reading import read_log
from tests.chaos.senders import Sender
from tests.chaos.watching import Watcher
from tests.waiting import until

RQS_OWN = (
    "redis.exceptions",
    "not found in Redis",
)  # Redis was away, or has let go of what a stepped clock had it keep


@dataclass(frozen=True, slots=True)
class Size:
    """How large a run is: what goes wrong, the seconds between two requests of a sender, and how long rest may take."""

    scale: Scale
    pause: float
    rest: float
    warm_up: float = 2.0
    call_timeout: float = 20.0  # as it is by default: longer than a lease


@dataclass(slots=True)
class Outcome:
    """What came of one run."""

    seed: int
    history: History
    violations: list[Violation]
    numbers: dict[str, float]
    struck: dict[str, int]
    left_out: dict[str, int]
    shown: dict[str, Any] = field(default_factory=dict)


def run(seed: int, size: Size, folder: Path) -> Outcome:
    """Run the relay through one plan, and account for everything that was sent."""
    began = time.monotonic()
    with House(folder, seed, size.call_timeout) as house:
        house.start()
        chaos = Chaos(house)
        watcher = Watcher(house.processes.redis.url, [lane.name for lane in LANES], chaos.peace_since)
        senders = [Sender(house.senders_way, lane, seed, size.pause) for lane in LANES]
        for thread in (watcher, *senders):
            thread.start()
        time.sleep(size.warm_up)  # some work is under way before the first disturbance
        chaos.run(plan(seed, size.scale))
        restless = _come_to_rest(senders, watcher, size.rest)
        history = _history(house, senders, watcher)
        chaos.raise_fallen()
        history.troubles += [*restless, *chaos.troubles]
        history.log, shown = read_log(house.upstream, LANES)
    account = Account(history)
    return Outcome(
        seed,
        history,
        account.violations(),
        {**numbers(account, senders), "seconds": time.monotonic() - began},
        dict(chaos.struck),
        dict(chaos.left_out),
        shown,
    )


def _come_to_rest(senders: list[Sender], watcher: Watcher, patience: float) -> list[str]:
    """Return once nobody sends and nothing waits; what still does after `patience` seconds is told."""
    for sender in senders:
        sender.finish()
    deadline = time.monotonic() + patience
    for sender in senders:
        sender.join(max(0.0, deadline - time.monotonic()))
        if sender.is_alive():
            sender.give_up()
            sender.join()
            sender.troubles.append(f"{sender.lane.name} never took what it was sent last")
    try:
        until(lambda: not watcher.waiting(), max(5.0, deadline - time.monotonic()), every=0.5)
    except AssertionError:
        return [f"it never came to rest: {watcher.waiting()} still wait"]
    except redis.RedisError as exc:
        return [f"Redis was not there in the end: {type(exc).__name__}"]
    return []


def _history(house: House, senders: list[Sender], watcher: Watcher) -> History:
    return History(
        lanes={lane.name: lane.rules for lane in LANES},
        posted=[posted for sender in senders for posted in sender.posted],
        calls=list(house.calendly.seen),
        callbacks=house.receiver.sightings(),
        waits=watcher.stop(),
        leaks=[f"{name} wrote down a planted secret" for name, _ in house.processes.leaks()],
        troubles=[
            *(words for sender in senders for words in sender.troubles),
            *(
                f"{each.name} wrote: {line}"
                for each in house.processes.programs
                for line in errors(each.said())
            ),
            *(f"Calendly's document does not know: {fault}" for fault in house.calendly.faults[:20]),
        ],
    )


def errors(said: str) -> list[str]:
    """Give what a process wrote down as an error of its own; that RQ missed its Redis is none."""
    lines = [line for line in said.splitlines() if '"level": "error"' in line or line.startswith("Traceback")]
    return [line for line in lines if '"logger": "rq.worker"' not in line or _broke_off(line)]


def _broke_off(line: str) -> bool:
    return "exception raised" in line and not any(each in line for each in RQS_OWN)


def numbers(account: Account, senders: list[Sender]) -> dict[str, float]:
    """Count what the table shows."""
    history = account.history
    told = history.log.values()
    webhook_ids = [callback.webhook_id for callback in history.callbacks]
    return {
        "posted": len(history.posted),
        "accepted": sum(bool(posted.delivery) for posted in history.posted),
        "503s": sum(sender.seen["503"] for sender in senders),
        "unanswered": sum(sender.seen["unanswered"] for sender in senders),
        "sent again": sum(sender.seen["sent again"] for sender in senders),
        "replayed": sum(sender.seen["replayed"] for sender in senders),
        "calls": sum(not call.looks for call in history.calls),
        "effects": sum(call.effect for call in history.calls),
        "looks": sum(call.looks for call in history.calls),
        "repeats told": sum(account.repeats(each) for each in told if each.state == "delivered"),
        "settled by a look": sum(each.looked_up for each in told),
        "uncertain": sum(each.state == "uncertain" for each in told),
        "callbacks": len(set(webhook_ids)),
        "callback duplicates": len(webhook_ids) - len(set(webhook_ids)),
        "worst wait": max((wait.seconds for wait in history.waits), default=0.0),
        "worst wait in peace": max((wait.in_peace for wait in history.waits), default=0.0),
    }

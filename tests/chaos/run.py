"""One run: load, disturbances, rest, and the account of every id."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from tests.chaos.accounting import Account
from tests.chaos.desk import Desk
from tests.chaos.disturbing import Chaos
from tests.chaos.handling import Truth
from tests.chaos.history import History, Violation
from tests.chaos.house import House
from tests.chaos.lanes import LANES
from tests.chaos.numbers import numbers
from tests.chaos.operators import PEOPLE, Operator
from tests.chaos.plan import Scale, plan
from tests.chaos.reading import LOST_NOTE, lost_notes, read_audit, read_log
from tests.chaos.senders import Sender
from tests.chaos.watching import Watcher
from tests.waiting import until

RQS_OWN = (
    "redis.exceptions",
    "not found in Redis",
)  # Redis was away, or has let go of what a stepped clock had it keep


@dataclass(frozen=True, slots=True)
class Size:
    """How large a run is: what goes wrong, and how long rest may take; `pause` is between two requests of a sender."""

    scale: Scale
    pause: float
    rest: float
    warm_up: float = 2.0
    call_timeout: float = 20.0  # as it is by default: longer than a lease
    deeds: float = 0.4  # seconds between two deeds of an operator


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
    with House(folder, seed, size.call_timeout, size.scale.workers) as house:
        house.start()
        chaos = Chaos(house)
        watcher = Watcher(house.processes.redis.url, [lane.name for lane in LANES], chaos.peace_since)
        senders = [Sender(house.senders_way, lane, seed, size.pause) for lane in LANES]
        operators = _operators(house, seed, size)
        for thread in (watcher, *senders, *operators):
            thread.start()
        time.sleep(size.warm_up)  # some work is under way before the first disturbance
        chaos.run(plan(seed, size.scale))
        restless = _come_to_rest(senders, operators, watcher, size.rest)
        history = _history(house, senders, operators, watcher)
        chaos.raise_fallen()
        history.troubles += [*restless, *chaos.troubles]
        history.set_back = chaos.set_back
        history.log, shown = read_log(house.upstream, LANES)
        history.audit = read_audit(house.upstream)
        history.standing = {
            lane.name: house.upstream.manage("GET", f"/destinations/{lane.name}") for lane in LANES
        }
    account = Account(history)
    return Outcome(
        seed,
        history,
        account.violations(),
        numbers(account, senders, chaos.spans, time.monotonic() - began),
        dict(chaos.struck),
        dict(chaos.left_out),
        shown,
    )


def _operators(house: House, seed: int, size: Size) -> list[Operator]:
    truth = Truth(house.calendly, size.call_timeout)
    return [
        Operator(Desk(house.senders_way, number), LANES, truth, house.receiver, seed, size.deeds)
        for number in range(PEOPLE)
    ]


def _come_to_rest(
    senders: list[Sender], operators: list[Operator], watcher: Watcher, patience: float
) -> list[str]:
    """Return once nobody sends, nothing is paused and nothing waits; what still does after `patience` seconds is told."""
    for sender in senders:
        sender.finish()
    deadline = time.monotonic() + patience
    for sender in senders:
        sender.join(max(0.0, deadline - time.monotonic()))
        if sender.is_alive():
            sender.give_up()
            sender.join()
            sender.troubles.append(f"{sender.lane.name} never took what it was sent last")
    for operator in operators:
        operator.finish()
    for operator in operators:
        operator.join()
    try:
        until(lambda: not watcher.waiting(), max(5.0, deadline - time.monotonic()), every=0.5)
    except AssertionError:
        return [f"it never came to rest: {watcher.waiting()} still wait"]
    except redis.RedisError as exc:
        return [f"Redis was not there in the end: {type(exc).__name__}"]
    return []


def _history(house: House, senders: list[Sender], operators: list[Operator], watcher: Watcher) -> History:
    said = {program.name: program.said() for program in house.processes.programs}
    secrets = [secret for each in house.receiver.secrets.values() for secret in each]
    return History(
        lanes={lane.name: lane.rules for lane in LANES},
        posted=[posted for sender in senders for posted in sender.posted],
        calls=list(house.calendly.seen),
        callbacks=house.receiver.sightings(),
        waits=watcher.stop(),
        deeds=[deed for operator in operators for deed in operator.desk.deeds],
        unaudited={note for each in said.values() for note in lost_notes(each)},
        leaks=[
            *(f"{name} wrote down a planted secret" for name, _ in house.processes.leaks()),
            *(
                f"{name} wrote down a new secret"
                for name, words in said.items()
                if any(map(words.count, secrets))
            ),
        ],
        troubles=[
            *(words for operator in operators for words in operator.desk.troubles),
            *(words for sender in senders for words in sender.troubles),
            *(f"{name} wrote: {line}" for name, words in said.items() for line in errors(words)),
            *(f"Calendly's document does not know: {fault}" for fault in house.calendly.faults[:20]),
        ],
    )


def errors(said: str) -> list[str]:
    """Give what a process wrote down as an error of its own; that RQ missed its Redis, or a deed its audit, is none."""
    lines = [line for line in said.splitlines() if '"level": "error"' in line or line.startswith("Traceback")]
    own = [line for line in lines if '"logger": "rq.worker"' not in line or _broke_off(line)]
    return [line for line in own if LOST_NOTE not in line]


def _broke_off(line: str) -> bool:
    return "exception raised" in line and not any(each in line for each in RQS_OWN)

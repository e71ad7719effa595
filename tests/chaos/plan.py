"""What will go wrong, and when: drawn from a seed, so that the same seed always plans the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

WORKERS = 3
SOON_AGAIN = (0.2, 2.0)  # seconds after which a supervisor starts a killed process again


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of disturbance: what it may strike, and how many seconds it may last."""

    name: str
    targets: tuple[str, ...]
    lasts: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One thing that goes wrong: `pause` seconds after the one before, for `lasts` seconds."""

    kind: str
    target: str
    pause: float
    lasts: float


EACH_WORKER = tuple(f"worker {number}" for number in range(1, WORKERS + 1))
KILLS = (
    Kind("kill worker", EACH_WORKER, SOON_AGAIN),
    Kind("kill web", ("web",), SOON_AGAIN),
    Kind("kill one of the web's processes", ("web",), (0.1, 0.2)),
    Kind("kill Redis", ("redis",), SOON_AGAIN),
)
KILLED = (5, 2, 1, 3)  # how often each of them, in proportion
WAYS = ("way to redis", "way to calendly", "way to web")
CLOCKED = ("redis", "redis", "redis", "web", *EACH_WORKER)  # Redis's clock is the one that lanes go by
OTHERS = (
    Kind("stop worker", EACH_WORKER, (18.0, 30.0)),  # longer than its lease of 15 seconds
    Kind("stop Redis", ("redis",), (1.0, 5.0)),
    Kind("stop web", ("web",), (1.0, 5.0)),
    Kind("cut connections", WAYS, (0.0, 0.0)),
    Kind("refuse connections", WAYS, (1.0, 3.0)),
    Kind("slow connections", WAYS, (2.0, 4.0)),
    Kind("swallow everything", WAYS, (1.0, 5.0)),
    Kind("swallow answers", WAYS, (1.0, 4.0)),
    Kind("drop answers after the effect", ("calendly",), (2.0, 4.0)),
    Kind("drop calls before the effect", ("calendly",), (2.0, 4.0)),
    Kind("answer with 5xx and 429", ("calendly",), (2.0, 4.0)),
    Kind("take effect late", ("calendly",), (3.0, 6.0)),
    Kind("fill Redis to maxmemory", ("redis",), (1.0, 4.0)),
    Kind("clock an hour forward", CLOCKED, (0.0, 0.0)),
    Kind("clock an hour back", CLOCKED, (0.0, 0.0)),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much goes wrong: so many kills, and so many disturbances of the given kinds, `pace` seconds apart on average.

    `workers` is how many there are to be struck.
    """

    kills: int
    others: int
    pace: float
    kinds: tuple[Kind, ...] = OTHERS
    workers: int = WORKERS


def plan(seed: int, scale: Scale) -> list[Disturbance]:
    """Draw a plan. Every kind comes once before any comes twice."""
    chance = random.Random(seed)
    kinds = chance.choices(KILLS, KILLED, k=scale.kills)
    if scale.kills >= len(KILLS):
        kinds[: len(KILLS)] = KILLS
    rounds = _rounds(chance, scale.kinds)
    kinds += [next(rounds) for _ in range(scale.others)]
    chance.shuffle(kinds)
    return [_drawn(chance, kind, scale) for kind in kinds]


def _rounds(chance: random.Random, kinds: tuple[Kind, ...]) -> Iterator[Kind]:
    while True:
        yield from chance.sample(kinds, len(kinds))


def _drawn(chance: random.Random, kind: Kind, scale: Scale) -> Disturbance:
    pause = chance.uniform(0.2, 1.8) * scale.pace
    there = [target for target in kind.targets if target not in EACH_WORKER[scale.workers :]]
    return Disturbance(kind.name, chance.choice(there), pause, chance.uniform(*kind.lasts))

"""What one evaluation of an expression may cost: steps counted down, and values measured before they are written out."""

from __future__ import annotations

import math
from typing import Any

from relay.model.strict_json import DEEPEST

MOST_STEPS = 500_000  # steps an evaluation: about half a second of one processor at the very worst
TEXT_A_STEP = 32  # characters that are read or written for one step
VALUES_A_STEP = 8  # values that are copied or looked at for one step, without being evaluated
DEEPEST_RESULT = DEEPEST + 16  # a record that is as deep as it may be, in what is laid around it
LONGEST_INTEGER = 10**4300  # Python writes no integer of more digits


class ExpressionFailed(ValueError):
    """The expression gives nothing for this value; the message says why, and holds no data."""


class Budget:
    """The steps that may still be taken: by one evaluation, or by all those of a record that share it."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self._steps = steps
        self._left = steps

    @property
    def spent(self) -> int:
        """Give the steps that were taken, those that were too many included."""
        return self._steps - self._left

    def spend(self, steps: int) -> None:
        """Count steps that are about to be taken; ExpressionFailed when there are not so many left."""
        self._left -= steps
        if self._left < 0:
            raise ExpressionFailed("takes more work than the relay does for an expression")

    def spend_text(self, characters: int) -> None:
        """Count characters that are about to be read or written."""
        self.spend(characters // TEXT_A_STEP)

    def spend_values(self, values: int) -> None:
        """Count values that are about to be copied or looked at."""
        self.spend(values // VALUES_A_STEP)

    def weigh(self, value: Any) -> None:
        """Count what it takes to go through a value once: its length, and the texts that stand in it."""
        if isinstance(value, str):
            self.spend_text(len(value))
        elif isinstance(value, list):
            self.spend_values(len(value))
            self.spend_text(sum(len(item) for item in value if isinstance(item, str)))
        elif isinstance(value, dict):
            self.spend_values(len(value))


def measure(value: Any, budget: Budget) -> None:
    """Go through all of a value, part by part as JSON would write it, before somebody does write it.

    Raises ExpressionFailed when that is more than the budget has, when objects and arrays stand inside each other more
    than DEEPEST_RESULT deep, and for numbers that JSON does not know.
    """
    level = [value]
    for _ in range(DEEPEST_RESULT + 1):
        level = _below(level, budget)
        if not level:
            return
    raise ExpressionFailed(f"makes objects and arrays inside each other more than {DEEPEST_RESULT} deep")


def _below(level: list[Any], budget: Budget) -> list[Any]:
    """Give what stands directly inside these values, and count it before it is gathered."""
    nests = [node for node in level if isinstance(node, (dict, list))]
    budget.spend(1)
    budget.spend_values(len(level) + sum(map(len, nests)))
    texts = [node for node in level if isinstance(node, str)]
    texts += [name for node in nests if isinstance(node, dict) for name in node]
    budget.spend_text(sum(map(len, texts)))
    for number in level:
        check_number(number)
    return [below for node in nests for below in (node.values() if isinstance(node, dict) else node)]


def check_number(value: Any) -> None:
    """Raise ExpressionFailed for a number that JSON cannot write; what is no number passes."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionFailed("makes a number that is too large to be held")
    if isinstance(value, int) and not -LONGEST_INTEGER < value < LONGEST_INTEGER:
        raise ExpressionFailed("makes a number of more than 4300 digits")

"""Evaluates a parsed expression on one budget, so that no expression and no record hold the process."""

from __future__ import annotations

import copy
from typing import Any

from jmespath.visitor import Options, TreeInterpreter

from relay.shaping.expression_budget import Budget
from relay.shaping.expression_functions import BoundedFunctions, same

_ORDER = {
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
}


class BoundedInterpreter(TreeInterpreter):
    """One evaluation: each node visited is a step, and so is each element that is put into a new array."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(Options(custom_functions=BoundedFunctions(budget)))
        self._budget = budget
        self._literals: dict[int, Any] = {}

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        """Evaluate one node of the expression."""
        self._budget.spend(1)
        return super().visit(node, *args, **kwargs)

    def visit_literal(self, node: Any, _value: Any) -> Any:
        """Give a copy, one an evaluation: what is done to a result must not reach the next one."""
        if not isinstance(node["value"], (dict, list)):
            return node["value"]
        if id(node) not in self._literals:
            self._literals[id(node)] = copy.deepcopy(node["value"])
        return self._literals[id(node)]

    def visit_comparator(self, node: Any, value: Any) -> Any:
        """Compare as JSON does; an order stands between two numbers or two texts, anything else gives null."""
        left, right = (self.visit(child, value) for child in node["children"])
        match node["value"]:
            case "eq":
                return same(left, right, self._budget)
            case "ne":
                return not same(left, right, self._budget)
        if not (_both(left, right, (int, float)) or _both(left, right, (str,))):
            return None
        self._budget.weigh(left)
        return _ORDER[node["value"]](left, right)

    def visit_flatten(self, node: Any, value: Any) -> Any:
        """Give one array of the elements of the arrays in an array."""
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        self._budget.spend_values(len(base))
        self._budget.spend_values(sum(len(item) for item in base if isinstance(item, list)))
        return [below for item in base for below in (item if isinstance(item, list) else [item])]

    def visit_slice(self, node: Any, value: Any) -> Any:
        """Give part of an array."""
        if not isinstance(value, list):
            return None
        part = slice(*node["children"])
        self._budget.spend_values(len(range(*part.indices(len(value)))))
        return value[part]


def _both(left: Any, right: Any, kinds: tuple[type, ...]) -> bool:
    return all(isinstance(side, kinds) and not isinstance(side, bool) for side in (left, right))

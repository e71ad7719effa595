"""The functions of JMESPath, where the library's own are unbounded, loose about types, or make what is no JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from jmespath.exceptions import JMESPathTypeError
from jmespath.functions import Functions, signature

from relay.model.strict_json import LooseEnd, read
from relay.shaping.expression_budget import Budget, ExpressionFailed, check_number, measure

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
# The library says Python's word for a type where it looked inside an array, and JMESPath's for an argument itself.
_PYTHON_WORDS = {
    "str": "a text",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "list": "an array",
    "dict": "an object",
    "NoneType": "null",
}
_WORDS = _PYTHON_WORDS | {
    "string": "a text",
    "boolean": "true or false",
    "number": "a number",
    "array": "an array",
    "object": "an object",
    "null": "null",
    "array-number": "an array of numbers",
    "array-string": "an array of texts",
}


class BoundedFunctions(Functions):
    """JMESPath's functions on one budget: each counts what it goes through before it does."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def call_function(self, function_name: str, resolved_args: Iterable[Any]) -> Any:
        """Call a function by its name; ExpressionFailed when it does not take these arguments."""
        arguments = list(resolved_args)
        for argument in arguments:
            self._budget.weigh(argument)
        try:
            result = super().call_function(function_name, arguments)
        except JMESPathTypeError as exc:
            # The library's own text repeats the value.
            raise ExpressionFailed(_mismatch(exc)) from None
        except OverflowError:
            raise ExpressionFailed(f"{function_name}() makes a number that is too large to be held") from None
        check_number(result)
        return result

    @signature({"types": []})
    def _func_to_string(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        measure(value, self._budget)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    @signature({"types": []})
    def _func_to_number(self, value: Any) -> int | float | None:
        """Take numbers as they are and texts as JSON would read them; the rest, `nan` and `1_000` too, is null."""
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip(" ")):
            return None
        try:
            number: int | float = read(value.strip(" "))
        except LooseEnd:
            return None
        return number

    @signature({"types": ["array", "string"]}, {"types": []})
    def _func_contains(self, subject: list[Any] | str, wanted: Any) -> bool:
        if isinstance(subject, str):
            return isinstance(wanted, str) and wanted in subject
        return any(same(item, wanted, self._budget) for item in subject)

    @signature({"types": ["object"], "variadic": True})
    def _func_merge(self, *objects: Any) -> dict[str, Any]:
        """Lay objects over each other. The library looks at the first argument's type only."""
        merged: dict[str, Any] = {}
        for each in objects:
            if not isinstance(each, dict):
                raise ExpressionFailed("merge() takes objects only")
            merged |= each
        return merged

    @signature({"types": ["string"]}, {"types": ["array-string"]})
    def _func_join(self, glue: str, texts: list[str]) -> str:
        self._budget.spend_text(sum(map(len, texts)) + len(glue) * len(texts))
        return glue.join(texts)

    @signature({"types": ["array-string", "array-number"]})
    def _func_sort(self, array: list[Any]) -> list[Any]:
        self._budget.spend(len(array))
        return sorted(array)

    @signature({"types": ["array"]}, {"types": ["expref"]})
    def _func_sort_by(self, array: list[Any], expression: Any) -> list[Any]:
        keys = self._keys("sort_by", array, expression)
        return [array[place] for place in sorted(range(len(array)), key=keys.__getitem__)]

    @signature({"types": ["array"]}, {"types": ["expref"]})
    def _func_min_by(self, array: list[Any], expression: Any) -> Any:
        keys = self._keys("min_by", array, expression)
        return array[min(range(len(array)), key=keys.__getitem__)] if array else None

    @signature({"types": ["array"]}, {"types": ["expref"]})
    def _func_max_by(self, array: list[Any], expression: Any) -> Any:
        keys = self._keys("max_by", array, expression)
        return array[max(range(len(array)), key=keys.__getitem__)] if array else None

    def _keys(self, name: str, array: list[Any], expression: Any) -> list[Any]:
        """Give each element's key; all are numbers or all are texts, so that any two have an order."""
        keys = [expression.visit(expression.expression, element) for element in array]
        numbers = [isinstance(key, (int, float)) and not isinstance(key, bool) for key in keys]
        if not (all(numbers) or all(isinstance(key, str) for key in keys)):
            raise ExpressionFailed(f"{name}() takes keys that are all numbers or all texts")
        self._budget.weigh(keys)
        return keys


def same(one: Any, other: Any, budget: Budget) -> bool:
    """Say whether two values are the same JSON: 1 and 1.0 are, 1 and true are not, at any depth."""
    pairs = [(one, other)]
    while pairs:
        left, right = pairs.pop()
        budget.spend(1)
        if left is right:
            continue
        if isinstance(left, (list, dict)) or isinstance(right, (list, dict)):
            below = _paired(left, right, budget)
            if below is None:
                return False
            pairs += below
        elif not _same_scalars(left, right, budget):
            return False
    return True


def _paired(left: Any, right: Any, budget: Budget) -> list[tuple[Any, Any]] | None:
    """Give the pairs that must be the same for two arrays or objects to be; None when they cannot be."""
    if type(left) is not type(right) or len(left) != len(right):
        return None
    budget.spend_values(len(left))
    if isinstance(left, list):
        return list(zip(left, right, strict=True))
    return [(left[name], right[name]) for name in left] if left.keys() == right.keys() else None


def _same_scalars(left: Any, right: Any, budget: Budget) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        if len(left) != len(right):
            return False
        budget.spend_text(len(left))
        return left == right
    numbers = not isinstance(left, bool) and not isinstance(right, bool)
    if numbers and isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right
    return False  # true, false and null are one object each, and were told apart by identity


def _mismatch(exc: JMESPathTypeError) -> str:
    wanted = " or ".join(_WORDS[name] for name in exc.expected_types)
    inside = "one that holds " if exc.actual_type in _PYTHON_WORDS else ""
    return f"{exc.function_name}() takes {wanted}, not {inside}{_WORDS[exc.actual_type]}"

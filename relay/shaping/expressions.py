"""JMESPath expressions: checked when they are saved, and evaluated within bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from relay.shaping.expression_budget import Budget, ExpressionFailed, measure
from relay.shaping.expression_grammar import BadExpression, Node, tokens_of, tree_of
from relay.shaping.expression_interpreter import BoundedInterpreter
from relay.shaping.expression_signatures import check_functions

__all__ = ["BadExpression", "Budget", "Expression", "ExpressionFailed", "compiled", "truth"]

MOST_KEPT = 4096  # compiled expressions


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that can be evaluated, by any number of threads at once."""

    text: str
    _tree: Node = field(repr=False, compare=False)

    def search(self, value: Any, budget: Budget | None = None) -> Any:
        """Give what the expression makes of a JSON value: JSON again, with the types that the value has.

        The result may share parts with the value: change neither. The budget is the evaluation's own unless several share
        one. Raises ExpressionFailed when a function does not take what it is given, and when the work or the result
        outgrow their bounds.
        """
        budget = budget or Budget()
        try:
            result = BoundedInterpreter(budget).visit(self._tree, value)
        except RecursionError as exc:
            raise ExpressionFailed("nests too deep for this record") from exc
        measure(result, budget)
        return result


@lru_cache(maxsize=MOST_KEPT)
def compiled(text: str) -> Expression:
    """Give the expression; BadExpression with a sentence that says what is wrong, and where."""
    tokens = tokens_of(text)
    tree = tree_of(text)
    check_functions(tree, tokens)
    return Expression(text, tree)


def truth(value: Any) -> bool:
    """Say whether a value counts as true: all do but false, null, and empty texts, arrays and objects. 0 does."""
    return not (value is None or value is False or (isinstance(value, (str, list, dict)) and not value))

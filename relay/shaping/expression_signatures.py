"""Checks the functions of an expression before it ever runs: their names, how many arguments, and where `&` may stand."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from jmespath.functions import Functions

from relay.shaping.expression_grammar import Node, Token, fault

_TABLE: dict[str, Any] = {name: entry["signature"] for name, entry in Functions.FUNCTION_TABLE.items()}


def check_functions(tree: Node, tokens: list[Token]) -> None:
    """Raise BadExpression for a function that does not exist, or that is not called as it has to be."""
    places = _places(tokens)
    for node, parent in _in_order(tree):
        if node["type"] == "function_expression":
            _check_call(node, next(places["call"]))
        elif node["type"] == "expref":
            _check_reference(node, parent, next(places["expref"]))


def _places(tokens: list[Token]) -> dict[str, Iterator[int]]:
    """Give where calls and `&` stand, in the order of the text, which is also the order of the tree."""
    following = pairwise(tokens)
    return {
        "call": iter(
            [
                token["start"]
                for token, after in following
                if (token["type"], after["type"]) == ("unquoted_identifier", "lparen")
            ]
        ),
        "expref": iter([token["start"] for token in tokens if token["type"] == "expref"]),
    }


def _in_order(tree: Node) -> Iterator[tuple[Node, Node | None]]:
    """Give the nodes, each before its parts, in the order in which they are written."""
    waiting: list[tuple[Node, Node | None]] = [(tree, None)]
    while waiting:
        node, parent = waiting.pop()
        yield node, parent
        children = [child for child in node["children"] if isinstance(child, dict)]
        if node["type"] == "filter_projection":
            left, right, condition = children
            children = [left, condition, right]
        waiting.extend((child, node) for child in reversed(children))


def _check_call(node: Node, at: int) -> None:
    name, given = node["value"], len(node["children"])
    if name not in _TABLE:
        near = get_close_matches(name, _TABLE, n=1)
        raise fault(f"there is no function {name}()" + (f"; {near[0]}() is one" if near else ""), at)
    wanted = len(_TABLE[name])
    variadic = bool(_TABLE[name][-1].get("variadic"))
    if given < wanted or (given > wanted and not variadic):
        arguments = f"{'at least ' if variadic else ''}{wanted} argument{'s' if wanted > 1 else ''}"
        raise fault(f"{name}() takes {arguments}, not {given}", at)
    for place, child in enumerate(node["children"][:wanted]):
        if _takes_reference(name, place) and child["type"] != "expref":
            raise fault(
                f"argument {place + 1} of {name}() should be an expression after &, such as &email", at
            )


def _check_reference(node: Node, parent: Node | None, at: int) -> None:
    """Keep `&` where a function takes it: anywhere else it would become a value that is no JSON."""
    if parent is not None and parent["type"] == "function_expression":
        place = next(place for place, child in enumerate(parent["children"]) if child is node)
        if _takes_reference(parent["value"], place):
            return
    raise fault("& belongs before an argument of map(), sort_by(), min_by() or max_by()", at)


def _takes_reference(name: str, place: int) -> bool:
    signature = _TABLE[name]
    return "expref" in signature[min(place, len(signature) - 1)]["types"]

"""Reads the text of an expression: what can be said against it is said here, with the column."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

from jmespath.exceptions import IncompleteExpressionError, LexerError, ParseError
from jmespath.lexer import Lexer
from jmespath.parser import Parser

from relay.model.strict_json import LooseEnd, read

LONGEST = 1000  # characters of an expression
DEEPEST_NESTING = 50  # brackets inside each other, and steps that build on each other

_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`(?:[^`\\]|\\.)*`", re.DOTALL)
_WORD = re.compile(rf"{_QUOTED.pattern}|\w+|[|&<>=!]+|.", re.DOTALL)
_OPENING = frozenset({"lbracket", "lparen", "lbrace", "filter"})
_CLOSING = frozenset({"rbracket", "rparen", "rbrace"})

Node = dict[str, Any]
Token = Any


class BadExpression(ValueError):
    """The text is no expression that the relay takes; the message says what is wrong, and where."""


def fault(sentence: str, at: int) -> BadExpression:
    """Say what is wrong at a place in the text; columns count from 1."""
    return BadExpression(f"should be a JMESPath expression; at column {at + 1}: {sentence}")


def tokens_of(text: str) -> list[Token]:
    """Cut an expression into its tokens; BadExpression where that fails, or where brackets nest too deep."""
    _check_text(text)
    _check_quoted(text)
    try:
        tokens = list(Lexer().tokenize(text))
    except LexerError as exc:
        raise _unlexed(text, exc) from exc
    _check_brackets(tokens)
    _check_steps(tokens)
    _check_names(tokens)
    return tokens


def tree_of(text: str) -> Node:
    """Give the syntax tree. Its nodes belong to a cache of the library's: they are read, and never changed.

    The library's cache is a plain dict that many threads may use: it only ever sees whole gets, sets and deletes.
    """
    try:
        tree: Any = Parser().parse(text).parsed
    except IncompleteExpressionError as exc:
        raise fault("it ends too early", len(text)) from exc
    except ParseError as exc:
        raise _unexpected(text, exc.lex_position) from exc
    except RecursionError as exc:
        raise BadExpression("should nest less deep") from exc
    _check_depth(tree)
    return tree  # type: ignore[no-any-return]


def _check_text(text: str) -> None:
    if not text.strip():
        raise BadExpression("should not be empty")
    if len(text) > LONGEST:
        raise BadExpression(f"should be at most {LONGEST} characters long")
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise fault("half of a surrogate pair, which is no character", exc.start) from exc


def _check_quoted(text: str) -> None:
    """Hold literals and quoted names to strict JSON: the library's own reading of them is loose."""
    for match in _QUOTED.finditer(text):
        quoted = match[0]
        if quoted[0] == "'":
            continue
        try:
            read(quoted if quoted[0] == '"' else quoted[1:-1].replace("\\`", "`"))
        except LooseEnd as exc:
            raise fault(str(exc), match.start()) from exc
        except json.JSONDecodeError as exc:
            raise fault(_no_json(quoted), match.start()) from exc


def _no_json(quoted: str) -> str:
    if quoted[0] == '"':
        return f"{quoted} is no name in JSON's quotes"
    return f"{quoted} is no JSON; a text stands in single quotes, such as 'closed'"


def _unlexed(text: str, exc: LexerError) -> BadExpression:
    if exc.message.startswith("Unclosed"):
        return fault(f"{text[exc.lexer_position]} opens here and is never closed", exc.lexer_position)
    return _unexpected(text, exc.lexer_position)


def _unexpected(text: str, at: int) -> BadExpression:
    word = _WORD.match(text, at)
    return fault(f"{word[0]} is not expected here" if word else "it ends too early", at)


def _check_brackets(tokens: list[Token]) -> None:
    depth = 0
    for token in tokens:
        depth += (token["type"] in _OPENING) - (token["type"] in _CLOSING)
        if depth > DEEPEST_NESTING:
            raise fault(f"brackets stand inside each other more than {DEEPEST_NESTING} deep", token["start"])


def _check_steps(tokens: list[Token]) -> None:
    """Refuse `[a:b:0]`: a colon before the last number of a bracket, and another before that."""
    for place, token in enumerate(tokens):
        before = [each["type"] for each in tokens[max(0, place - 3) : place]]
        third = before[-2:] == ["colon", "colon"] or before[-3:] == ["colon", "number", "colon"]
        if token["type"] == "number" and token["value"] == 0 and third:
            raise fault("the step of a slice cannot be 0", token["start"])


def _check_names(tokens: list[Token]) -> None:
    """Refuse `"abs"(x)` and `(abs)(x)`, so that every call is a plain name before a bracket."""
    for token, after in pairwise(tokens):
        if (token["type"], after["type"]) == ("rparen", "lparen"):
            raise fault("( is not expected here", after["start"])
        if (token["type"], after["type"]) == ("quoted_identifier", "lparen"):
            raise fault("the name of a function stands without quotes", token["start"])


def _check_depth(tree: Node) -> None:
    """Go down level by level: a chain of pipes nests as deep as it is long."""
    level = [tree]
    for _ in range(DEEPEST_NESTING):
        level = [child for node in level for child in node["children"] if isinstance(child, dict)]
        if not level:
            return
    raise BadExpression(f"should build at most {DEEPEST_NESTING} steps on each other")

"""No expression, over any record, holds the process or makes what is no JSON."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

import jmespath
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from relay.model.strict_json import read
from relay.shaping.expression_budget import MOST_STEPS
from relay.shaping.expressions import BadExpression, Budget, ExpressionFailed, compiled

PATIENCE = 10.0  # seconds of this thread, whatever else the machine does; an evaluation takes less than one
MEMORY = 256 * 1024 * 1024  # bytes
DOUBLED = "[@,@][]"


def _times(text: str, count: int) -> str:
    return "|".join([text] * count)


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value, "b": [value]}
    return value


def _row(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


ONES = [1] * 500_000
TWO_TEXTS = {"s": "x" * 500_000, "t": "y".replace("y", "x") * 500_000}
TWO_OBJECTS = {"s": {str(n): n for n in range(30_000)}, "t": {str(n): n for n in range(30_000)}}


GROWTH: list[tuple[str, Any]] = [
    (_times("[@,@]", 40), 1),
    (_times("[@,@]", 40) + "|to_string(@)", 1),
    (_times("[@,@]", 30) + "|to_string([0]) == to_string([1])", 1),
    (_times("{a:@,b:@}", 40), 1),
    (_times(DOUBLED, 40), 1),
    (_times("join('',[@,@])", 40), " "),
    (_times("join(@,[@,@,@])", 25), "ab"),
    (_times("[@]|to_string(@)", 24), '"'),
    (_times("merge({a:@},{b:@})", 40), 1),
    (_times(DOUBLED, 14) + "|[].[s==t]", TWO_TEXTS),
    (_times(DOUBLED, 14) + "|[].[s<t]", TWO_TEXTS),
    (_times(DOUBLED, 14) + "|[].[contains(s,t)]", TWO_TEXTS),
    (_times(DOUBLED, 14) + "|[].[reverse(s)]", TWO_TEXTS),
    (_times(DOUBLED, 14) + "|[].[to_string(@)]", TWO_TEXTS),
    ("[s,t]|" + _times(DOUBLED, 14) + "|sort(@)", TWO_TEXTS),
    ("[s,t]|" + _times(DOUBLED, 14) + "|sort_by(@,&@)", TWO_TEXTS),
    ("[s,t]|" + _times(DOUBLED, 14) + "|max_by(@,&@)", TWO_TEXTS),
    (_times(DOUBLED, 14) + "|[?s==t]", TWO_OBJECTS),
    (_times(DOUBLED, 14) + "|[].[keys(s)]", TWO_OBJECTS),
    (_times(DOUBLED, 14) + "|map(&merge(s,t),@)", TWO_OBJECTS),
    (_times("[@,@]", 14) + "|" + _times("[]", 14) + "|[].[[]]", [[]] * 300_000),
    (f"[{','.join(['a'] * 12)}]|" + _times(DOUBLED, 8) + "|map(&@[],@)", {"a": [[]] * 300_000}),
    (_times(DOUBLED, 12) + "|[*].a[::2]", {"a": ONES}),
    (_times(DOUBLED, 12) + "|[].[sum(a)]", {"a": ONES}),
    (_times(DOUBLED, 18) + "|[?!!!!!!!!@]", 1),
    ("map(&map(&map(&map(&map(&@,@),@),@),@),@)", [[[[[1] * 40] * 40] * 40] * 40] * 40),
]


@pytest.mark.parametrize(("text", "value"), GROWTH)
def test_growth_without_end_is_cut_off(text: str, value: Any) -> None:
    """Soon, and in one sentence."""
    expression = compiled(text)
    started = time.thread_time()

    with pytest.raises(ExpressionFailed) as caught:
        expression.search(value)

    assert "takes more work than the relay does for an expression" == str(caught.value)
    assert time.thread_time() - started < PATIENCE


@pytest.mark.parametrize(("text", "value"), GROWTH[:-2:5])
def test_growth_is_cut_off_before_it_fills_the_memory(text: str, value: Any) -> None:
    """Steps stand for memory too."""
    expression = compiled(text)
    tracemalloc.start()

    with pytest.raises(ExpressionFailed):
        expression.search(value)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MEMORY


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("@", {"a": ONES}),
        ("sum(a)", {"a": ONES}),
        ("length(to_string(@))", {"a": ONES}),
        ("a[:100]", {"a": ONES}),
        (
            "records[?stage == 'lost'].{email: email, id: id}",
            {"records": [{"stage": "lost", "id": 1}] * 10_000},
        ),
        (_times("[@,@]", 40) + "|[0] == [1]", 1),
        (".".join(["*"] * 40), _nested(12)),
        ("@ == @", _nested(12)),
    ],
)
def test_what_people_need_of_a_large_record_is_within_bounds(text: str, value: Any) -> None:
    """A record of a megabyte is no reason to fail."""
    found = compiled(text).search(value)

    assert found is not None


@pytest.mark.parametrize("text", ["@", "[@]", "to_string(@)", "a || @", "to_string(@) == 'x'"])
def test_a_value_that_nests_too_deep_fails_in_a_sentence(text: str) -> None:
    """Deeper than any record that the relay takes, and deeper than Python goes."""
    with pytest.raises(ExpressionFailed) as caught:
        compiled(text).search(_row(100_000))

    assert "makes objects and arrays inside each other more than 80 deep" == str(caught.value)


def test_the_deepest_record_can_be_wrapped() -> None:
    """A callback's payload holds whole records, a few steps down."""
    record = _row(64)

    assert {"data": {"records": [record]}} == compiled("{data: {records: [@]}}").search(record)


def test_a_caller_deep_in_the_stack_gets_a_sentence() -> None:
    """Not a RecursionError."""

    def dig(depth: int) -> Any:
        return dig(depth - 1) if depth else compiled("((((((((a || b) || c) || d) || e) || f))))").search({})

    said = set()
    for depth in range(500, 1000, 10):
        try:
            said.add(dig(depth))
        except ExpressionFailed as exc:
            said.add(str(exc))
        except RecursionError:  # the digging itself found no more room
            break

    assert {None, "nests too deep for this record"} == said


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
NAMES = st.sampled_from(["a", "b", "c"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(NAMES | TEXTS, below, max_size=4),
    max_leaves=15,
)
LITERALS = st.sampled_from(
    ["`1`", "`1.0`", "`true`", "'x'", "''", '`[1, [2], "a"]`', '`{"a": {"b": 1}}`', "`1e308`"]
)
ONE = [
    *("abs", "avg", "ceil", "floor", "keys", "length", "max", "min", "not_null", "reverse", "sort", "sum"),
    *("to_array", "to_number", "to_string", "type", "values"),
]
TWO = ["contains", "ends_with", "join", "merge", "starts_with", "not_null"]


def _larger(below: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(below, below)
    return st.one_of(
        st.tuples(
            below, st.sampled_from([".a", ".b", ".*", "[*]", "[]", "[0]", "[-1]", "[1:]", "[::-1]"])
        ).map("".join),
        pair.map(lambda two: f"{two[0]} | {two[1]}"),
        st.tuples(below, st.sampled_from(["||", "&&", "==", "!=", "<", ">="]), below)
        .map(" ".join)
        .map(lambda t: f"({t})"),
        below.map(lambda text: f"!({text})"),
        pair.map(lambda two: f"[{two[0]}, {two[1]}]"),
        pair.map(lambda two: f"{{a: {two[0]}, b: {two[1]}}}"),
        pair.map(lambda two: f"({two[0]})[?{two[1]}]"),
        st.tuples(st.sampled_from(ONE), below).map(lambda call: f"{call[0]}({call[1]})"),
        st.tuples(st.sampled_from(TWO), pair).map(lambda call: f"{call[0]}({', '.join(call[1])})"),
        pair.map(lambda two: f"map(&{two[0]}, to_array({two[1]}))"),
        st.tuples(st.sampled_from(["sort_by", "max_by", "min_by"]), pair).map(
            lambda call: f"{call[0]}(to_array({call[1][0]}), &{call[1][1]})"
        ),
    )


EXPRESSIONS = st.recursive(st.sampled_from(["@", "a", "b", "*"]) | LITERALS, _larger, max_leaves=12)


@given(EXPRESSIONS, JSON)
def test_any_expression_over_any_record_gives_json_or_a_sentence(text: str, record: Any) -> None:
    """Strict JSON, within the steps that it has, and the record stays as it was."""
    before = json.dumps(record)
    budget = Budget()
    try:
        result = compiled(text).search(record, budget)
    except BadExpression as exc:
        result = str(exc)
        assume("steps on each other" not in result)
    except ExpressionFailed as exc:
        result = str(exc)

    assert result == read(json.dumps(result, allow_nan=False))
    assert 0 <= budget._left < MOST_STEPS  # and with so little to work on, it never runs out
    assert before == json.dumps(record)


# What is stricter here than in the library: sameness inside arrays, numbers in texts, orders and types.
STRICTER = ("==", "!=", "contains", "to_number", "to_string", "merge", "_by", "<", ">")


@given(EXPRESSIONS.filter(lambda text: not any(word in text for word in STRICTER)), JSON)
def test_the_library_gives_the_same_where_it_is_strict_enough(text: str, record: Any) -> None:
    """Bounds change no result."""
    try:
        ours = compiled(text).search(record)
    except (BadExpression, ExpressionFailed):
        return

    assert json.dumps(jmespath.search(text, record)) == json.dumps(ours)

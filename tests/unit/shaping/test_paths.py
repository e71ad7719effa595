"""Dotted paths, and records without what they lead to."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.shaping.paths import Path, parse_path, without


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("crm_id", ("crm_id",)),
        ("contact.email", ("contact", "email")),
        ('"a.b".c', ("a.b", "c")),
        ('a."b.c"', ("a", "b.c")),
        ('"a b"', ("a b",)),
        (" First Name . last ", ("First Name", "last")),
        ("0.1", ("0", "1")),
        ("größe.µ", ("größe", "µ")),
    ],
)
def test_a_path_is_names_with_dots_between(text: str, path: Path) -> None:
    """A name in quotes may hold dots; blanks around a name are none of it."""
    assert path == parse_path(text)


@pytest.mark.parametrize(
    "text", [".", "a.", ".a", "a..b", '"a', 'a"b', '""', '"a"b', 'a.""', "a. .b", '"a" .b"']
)
def test_an_odd_path_is_refused(text: str) -> None:
    """With what would be right."""
    with pytest.raises(ValueError) as caught:
        parse_path(text)

    assert 'should be names with dots between: contact.email; a name with a dot is quoted: "a.b".c' == str(
        caught.value
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "should not be empty"),
        ("  ", "should not be empty"),
        ("a" * 501, "should be at most 500 characters long"),
        (".".join("a" * 33), "should be at most 32 names deep"),
    ],
)
def test_a_path_has_a_size(text: str, sentence: str) -> None:
    """One that a person would write."""
    with pytest.raises(ValueError) as caught:
        parse_path(text)

    assert sentence == str(caught.value)


@pytest.mark.parametrize(
    ("record", "paths", "expected"),
    [
        ({"a": 1, "b": 2}, ["a"], {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, ["a.b"], {"a": {"c": 2}}),
        ({"a": {"b": 1}}, ["a.b"], {"a": {}}),
        ({"a": [{"b": 1, "c": 2}, {"b": 3}, 4]}, ["a.b"], {"a": [{"c": 2}, {}, 4]}),
        ({"a": [[{"b": 1}], {"b": [{"c": 2}]}]}, ["a.b.c"], {"a": [[{"b": 1}], {"b": [{}]}]}),
        ({"a": {"b": 1, "c": 2}}, ["a", "a.b"], {}),
        ({"a": {"b": 1, "c": 2}}, ["a.b", "a"], {}),
        ({"a": {"b": {"c": 1}, "d": 2}}, ["a.b.c", "a.d"], {"a": {"b": {}}}),
        ({"a.b": 1, "a": {"b": 2}}, ['"a.b"'], {"a": {"b": 2}}),
        ({"a": 1}, ["a.b", "c", "c.d"], {"a": 1}),
        ({"a": None}, ["a.b"], {"a": None}),
        ({}, ["a"], {}),
        ({"a": 1}, [], {"a": 1}),
    ],
)
def test_attributes_at_the_paths_are_left_out(record: Any, paths: list[str], expected: Any) -> None:
    """In each element of a list on the way too; a path that leads nowhere is ignored."""
    assert expected == without(record, map(parse_path, paths))


def test_what_no_path_leads_to_is_shared() -> None:
    """A large record is not copied for one attribute."""
    record: dict[str, Any] = {"kept": {"a": [1]}, "rows": [{"b": 1}, {"c": {"d": 2}}]}

    result = without(record, [("rows", "b")])

    assert result["kept"] is record["kept"]
    assert result["rows"][1] is record["rows"][1]
    assert {"kept": {"a": [1]}, "rows": [{"b": 1}, {"c": {"d": 2}}]} == record


def test_depth_is_no_matter() -> None:
    """No recursion, whatever the record."""
    deepest = {"secret": 1, "kept": 2}
    rows: Any = [deepest]
    for _ in range(50_000):
        rows = [rows]

    result = without({"rows": rows}, [("rows", "secret")])["rows"]
    while isinstance(result, list):
        result = result[0]

    assert {"kept": 2} == result
    assert {"secret": 1, "kept": 2} == deepest


NAMES = st.sampled_from(["a", "b", "c.d", "e f"])
JSON = st.recursive(
    st.none() | st.integers(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below),
    max_leaves=20,
)
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=4).map(tuple), max_size=4)


def _found(node: Any, path: Path) -> bool:
    """Say whether a path leads anywhere, as the guide tells it."""
    if isinstance(node, list):
        return any(_found(item, path) for item in node)
    if not isinstance(node, dict) or path[0] not in node:
        return False
    return len(path) == 1 or _found(node[path[0]], path[1:])


def _one_by_one(node: Any, path: Path) -> Any:
    if isinstance(node, list):
        return [_one_by_one(item, path) for item in node]
    if not isinstance(node, dict) or path[0] not in node:
        return node
    if len(path) == 1:
        return {name: value for name, value in node.items() if name != path[0]}
    return {**node, path[0]: _one_by_one(node[path[0]], path[1:])}


@given(st.dictionaries(NAMES, JSON), PATHS)
def test_nothing_is_found_at_an_excluded_path_and_all_else_stays(
    record: dict[str, Any], paths: list[Path]
) -> None:
    """In its order, and the record itself stays as it was."""
    before = copy.deepcopy(record)
    expected = before
    for path in paths:
        expected = _one_by_one(expected, path)

    result = without(record, paths)

    assert not any(_found(result, path) for path in paths)
    assert json.dumps(expected) == json.dumps(result)
    assert json.dumps(before) == json.dumps(record)


@given(
    st.lists(st.text(st.characters(exclude_characters='"'), min_size=1, max_size=8), min_size=1, max_size=8)
)
def test_any_names_can_be_written_as_a_path(names: list[str]) -> None:
    """In quotes, where they hold dots or begin with a blank."""
    assert tuple(names) == parse_path(".".join(f'"{name}"' for name in names))

"""YAML as people mean it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.cli.endings import Trouble
from relay.cli.yaml_text import read_yaml, write_yaml

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
    max_leaves=20,
)


@given(JSON)
def test_whatever_is_written_is_read_as_it_was(value: Any) -> None:
    """Texts that look like numbers, dates or booleans stay texts; numbers keep their kind."""
    read = read_yaml(write_yaml(value), "a file")

    assert repr(value) == repr(read)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: settled", {"on": "settled"}),
        ("answer: no", {"answer": "no"}),
        ("at: 12:30", {"at": "12:30"}),
        ("day: 2026-01-31", {"day": "2026-01-31"}),
        ("id: 007", {"id": "007"}),
        ("- true\n- 7\n- -1.5\n- null\n- ~\n-", [True, 7, -1.5, None, None, None]),
        ("a: &a {x: 1}\nb: {<<: *a, y: 2}", {"a": {"x": 1}, "b": {"x": 1, "y": 2}}),
    ],
)
def test_only_true_false_null_and_numbers_are_no_texts(text: str, value: Any) -> None:
    """What YAML 1.1 makes of `on`, 12:30 and dates is nothing that anybody means here."""
    assert value == read_yaml(text, "a file")


# Ninety lines that stand for more values than there are atoms.
ALIASES_OF_ALIASES = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 90)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3", "f.yaml, line 3: this is not right YAML: “a” stands here twice."),
        ("1: x", "f.yaml, line 1: this is not right YAML: a name should be a text; put it in quotes."),
        ("a: [1", "f.yaml, line 1: this is not right YAML"),
        ("a: &a [*a]", "f.yaml: this is not right YAML: a character"),
        ("a: \x01", "f.yaml: this is not right YAML: a character"),
        (ALIASES_OF_ALIASES, "f.yaml, line 1: this is not right YAML: its aliases stand for more"),
        ("[" * 5000, "f.yaml: this YAML is nested too deeply."),
        ("!!python/name:os.system", "f.yaml, line 1: this is not right YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, said: str) -> None:
    """Nobody has to read a parser's mind, and nothing in a file is run."""
    with pytest.raises(Trouble) as caught:
        read_yaml(text, "f.yaml")

    assert str(caught.value).startswith(said)

"""How documents differ."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from relay.cli.differences import changed_lines, new_lines, patch
from relay.cli.placeholders import Filled
from relay.cli.shapes import MASK, bare
from relay.web.merging import merge

VALUES = st.recursive(
    st.booleans() | st.integers() | st.text("ab") | st.lists(st.integers()),
    lambda below: st.dictionaries(st.text("abc", min_size=1), below, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.text("abc", min_size=1), VALUES, max_size=4)


@given(DOCUMENTS, DOCUMENTS)
def test_the_patch_laid_over_what_stands_gives_what_is_wanted(
    stands: dict[str, Any], wanted: dict[str, Any]
) -> None:
    """The relay's own merging is the judge."""
    assert wanted == merge(stands, patch(stands, wanted))


@given(DOCUMENTS)
def test_nothing_differs_from_itself(document: dict[str, Any]) -> None:
    """Then there is nothing to send and nothing to show."""
    assert ({}, []) == (
        patch(document, document),
        list(changed_lines("destination", document, document)),
    )


def test_lines_name_the_setting_and_show_defaults() -> None:
    """What a file leaves out is shown as what it becomes."""
    stands = {"delivery": {"concurrency": 1}, "mapping": {"reason": "why"}, "batch": {"size": 7}}
    wanted = {"mapping": {"reason": "because", "x": "y"}, "partial": True}

    assert [
        "delivery.concurrency: 1 → 4",
        'mapping.reason: "why" → "because"',
        "batch.size: 7 → 100",
        'mapping.x: nothing → "y"',
        "partial: false → true",
    ] == list(changed_lines("destination", stands, wanted))


def test_secrets_are_never_shown() -> None:
    """A literal one is a mask; one from the environment is its variable's name."""
    stands = {"callback": {"secret": f"{MASK}abcd", "headers": {"X-Key": MASK}}, "name": "old"}
    wanted = {
        "callback": {"secret": "whsec_new", "headers": {"X-Key": Filled("hush", "${KEY}")}},
        "name": Filled("hush", "${N}"),
    }

    changed, new = list(changed_lines("destination", stands, wanted)), list(new_lines("destination", wanted))

    assert [
        f"callback.secret: {MASK}abcd → {MASK}",
        f"callback.headers.X-Key: {MASK} → ${{KEY}}",
        f"name: {MASK} → ${{N}}",
    ] == changed
    assert [f"callback.secret: {MASK}", "callback.headers.X-Key: ${KEY}", "name: ${N}"] == new


def test_what_came_from_the_environment_is_not_shown_inside_a_list_either() -> None:
    """A constant may be a list, and its texts may be filled as any other."""
    stands = {"constants": {"k": ["old"]}}
    wanted = {"constants": {"k": ["a", {"deep": [Filled("hush", "${K}")]}]}}

    changed, new = list(changed_lines("destination", stands, wanted)), list(new_lines("destination", wanted))

    assert [f'constants.k: {MASK} → ["a", {{"deep": ["${{K}}"]}}]'] == changed
    assert ['constants.k: ["a", {"deep": ["${K}"]}]'] == new


def test_a_bare_document_has_no_defaults_and_nothing_that_only_answers_carry() -> None:
    """Two documents that mean the same are the same when they are bare."""
    shown = {
        "id": "a",
        "name": "",
        "inbound": {
            "url": "http://relay/in/a",
            "auth": {"kind": "query", "parameter": "token"},
            "when": None,
        },
        "batch": {"size": 100, "window": 5, "grouping": "arrival", "attribute": None, "wrap": None},
        "delivery": {"concurrency": 4, "max_waiting": None},
        "constants": {"one": True, "gone": None},
        "partial": 0,
        "state": "active",
        "counts": {"dead": 1},
    }

    assert {
        "id": "a",
        "inbound": {"auth": {"kind": "query"}},
        "batch": {},
        "constants": {"one": True},
        "partial": 0,
        "state": "active",
    } == bare("destination", shown)

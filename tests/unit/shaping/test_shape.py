"""From records to what will be sent: what counts, where values come from, what is wrong and why."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.errors import TooLarge
from relay.model.destination import BatchSettings, Destination, ManualSettings, ShapeSettings
from relay.shaping.batches import batched
from relay.shaping.shape import LONGEST_KEY, Shaped, shape
from tests.destinations import a_destination

EVENT = "EVENT00000000001"
OTHER = "EVENT00000000002"

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=8), below, max_size=4),
    max_leaves=20,
)
RECORD = st.dictionaries(st.text(max_size=8), JSON, max_size=6)


def cancels(batch: BatchSettings | None = None, **settings: Any) -> Destination:
    """Give a destination that cancels events."""
    return a_destination(shape=ShapeSettings(**settings), batch=batch)


def manual(path: str = "/shares", batch: BatchSettings | None = None, **settings: Any) -> Destination:
    """Give a manual destination that posts."""
    call = ManualSettings(method="POST", url=path, path=path)
    return a_destination(template="manual", manual=call, shape=ShapeSettings(**settings), batch=batch)


def erases(**batch: Any) -> Destination:
    """Give a destination that erases people's data, in batches."""
    return a_destination(template="delete_invitee_data", batch=BatchSettings(**batch))


def fields_of(destination: Destination, *records: Any) -> list[dict[str, Any]]:
    """Give the fields of records that are all right."""
    shapes = shape(destination, records)
    assert {} == shapes.wrong
    return [each.fields for each in shapes.right]


def fault_of(destination: Destination, record: Any) -> tuple[str, str]:
    """Give the pointer and the sentence of the one thing that is wrong with a record."""
    ((fault,),) = shape(destination, [record]).wrong.values()
    return fault.pointer, fault.detail


@given(RECORD)
def test_a_manual_record_is_sent_as_it_came(record: dict[str, Any]) -> None:
    """Every value keeps its type, and the record itself is left alone."""
    before = copy.deepcopy(record)

    (fields,) = fields_of(manual(), record)

    assert repr(before) == repr(record) == repr(fields["body"])


@given(RECORD)
def test_a_mapping_that_names_itself_changes_nothing(record: dict[str, Any]) -> None:
    """`{"a": "a"}` gives the value with the type that it has: 1 is not "1", 1.0 not 1, and true no number."""
    mapping = {name: f'"{name}"' for name in record if name.isascii() and name.isalnum()}

    (fields,) = fields_of(manual(mapping=mapping), record)

    assert {name: repr(value) for name, value in record.items()} == {
        name: repr(value) for name, value in fields["body"].items()
    }


@pytest.mark.parametrize(
    ("settings", "record", "reason"),
    [
        ({}, {"reason": "own"}, "own"),
        ({"mapping": {"reason": "why"}}, {"reason": "own", "why": "mapped"}, "mapped"),
        ({"mapping": {"reason": "why"}}, {"reason": "own"}, None),
        ({"constants": {"reason": "fixed"}}, {"reason": "own"}, "fixed"),
        ({"exclude": ("reason",)}, {"reason": "own"}, None),
        ({"exclude": ("reason",), "mapping": {"reason": "reason"}}, {"reason": "own"}, "own"),
        ({"exclude": ("why",), "mapping": {"reason": "why"}}, {"why": "mapped"}, "mapped"),
        ({"exclude": ("reason",), "constants": {"reason": "fixed"}}, {"reason": "own"}, "fixed"),
        ({"mapping": {"reason": "a.b[1]"}}, {"a": {"b": ["no", "deep"]}}, "deep"),
    ],
)
def test_where_a_field_takes_its_value_from(
    settings: dict[str, Any], record: dict[str, Any], reason: str | None
) -> None:
    """A constant, else its mapping, also if that gives null, else the attribute of its name, unless it is excluded."""
    (fields,) = fields_of(cancels(**settings), {"event_uuid": EVENT, **record})

    assert reason == fields.get("reason")


def test_what_a_manual_destination_adds_lies_over_the_record() -> None:
    """Constants over mappings over attributes; exclusion takes off what comes from the record or from a mapping."""
    settings = manual(
        mapping={"name": "title", "a": "b"}, constants={"a": 1.5, "n": [None]}, exclude=("title", "x.y")
    )

    (fields,) = fields_of(settings, {"title": "T", "name": "N", "a": 0, "b": 2, "x": {"y": 1, "z": [True]}})

    assert {"name": "T", "a": 1.5, "b": 2, "n": [None], "x": {"z": [True]}} == fields["body"]


@pytest.mark.parametrize(
    ("when", "record", "counts"),
    [
        ("stage == 'lost'", {"stage": "lost"}, True),
        ("stage == 'lost'", {"stage": "won"}, False),
        ("stage == 'lost'", {}, False),
        ("amount", {"amount": 0}, True),
        ("amount", {"amount": None}, False),
        ("tags", {"tags": []}, False),
        ("!gone", {}, True),
        ("amount > `100`", {"amount": "500"}, False),
    ],
)
def test_a_record_counts_where_when_is_true(when: str, record: dict[str, Any], counts: bool) -> None:
    """0 is a value; null, false and what is empty are not, nor is a comparison of a text with a number."""
    shapes = shape(cancels(when=when), [{"event_uuid": EVENT, **record}])

    assert (counts, not counts) == (bool(shapes.right), shapes.skipped == [0])


def test_a_record_that_does_not_count_is_not_checked() -> None:
    """Upstream sends much that is none of this destination's business."""
    shapes = shape(
        cancels(when="mine"), [{"mine": False, "event_uuid": 3}, {"mine": True, "event_uuid": EVENT}]
    )

    assert ([0], [1], {}) == (shapes.skipped, [each.index for each in shapes.right], shapes.wrong)


@pytest.mark.parametrize(
    ("settings", "pointer", "names"),
    [
        ({"when": "contains(x, 'a')"}, "#", "inbound.when"),
        ({"dedupe": "join('-', [x])"}, "#", "dedupe"),
        ({"mapping": {"reason": "join(' ', [x, 'y'])"}}, "#/reason", "mapping.reason"),
        (
            {"batch": BatchSettings(grouping="attribute", attribute="starts_with(x, 'a')")},
            "#",
            "batch.attribute",
        ),
    ],
)
def test_an_expression_that_fails_makes_its_record_wrong_and_no_other(
    settings: dict[str, Any], pointer: str, names: str
) -> None:
    """The sentence names the setting, and repeats nothing of the record."""
    good, bad = {"event_uuid": EVENT, "x": "a"}, {"event_uuid": EVENT, "x": {"name": "planted"}}

    shapes = shape(cancels(**settings), [good, bad, good])
    (fault,) = shapes.wrong[1]

    assert [0, 2] == [each.index for each in shapes.right]
    assert (pointer, 1) == (fault.pointer, fault.index)
    assert names in fault.detail
    assert "planted" not in fault.detail


def test_a_wrong_value_is_told_with_where_it_was_mapped_from() -> None:
    """The pointer is the field's; the sentence says from where in the record it came."""
    pointer, detail = fault_of(cancels(mapping={"event_uuid": "deal.event"}), {"deal": {"event": 3}})

    assert "#/event_uuid" == pointer
    assert detail.endswith("(mapped from: deal.event)")


@pytest.mark.parametrize("record", [None, 3, "text", True, [], [{}]])
def test_what_is_no_object_is_wrong(record: Any) -> None:
    """One among good ones leaves those as they are."""
    shapes = shape(cancels(), [{"event_uuid": EVENT}, record, {"event_uuid": OTHER}])

    assert [0, 2] == [each.index for each in shapes.right]
    assert [(1, "#", "should be a JSON object")] == [
        (fault.index, fault.pointer, fault.detail) for fault in shapes.wrong[1]
    ]


def dear(times: int) -> dict[str, Any]:
    """Give a mapping that goes through all of a record's items so many times."""
    looks = [f"(all[?n == `-{number}`].n | [0])" for number in range(1, times + 1)]
    return {"reason": " || ".join(looks)}


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the bounds be reached by little work."""
    monkeypatch.setattr("relay.shaping.shape.MOST_STEPS", 20_000)
    monkeypatch.setattr("relay.shaping.shape.MOST_STEPS_IN_ALL", 50_000)


@pytest.mark.usefixtures("few_steps")
def test_a_dear_record_makes_no_other_one_wrong() -> None:
    """Each record has a budget of its own for its expressions."""
    records = [
        {"event_uuid": "E1", "all": [{"n": n} for n in range(400)]},
        {"event_uuid": "E2", "all": []},
    ]

    shapes = shape(cancels(mapping=dear(20)), records)

    assert ([0], [1]) == (list(shapes.wrong), [each.index for each in shapes.right])
    assert "takes more work" in shapes.wrong[0][0].detail


@pytest.mark.usefixtures("few_steps")
def test_a_request_that_takes_too_much_work_is_refused_whole() -> None:
    """Its sender learns that fewer records at a time would do, instead of taking good records for wrong."""
    record = {"event_uuid": "E1", "all": [{"n": n} for n in range(400)]}

    with pytest.raises(TooLarge, match="send fewer at a time"):
        shape(cancels(mapping=dear(10)), [record] * 10)


# Dedupe.


def keys_of(dedupe: str, *records: dict[str, Any]) -> list[str]:
    """Give the dedupe keys of records."""
    return [each.dedupe for each in shape(manual(dedupe=dedupe), records).right]


@pytest.mark.parametrize(
    ("dedupe", "record"),
    [
        ("id", {}),
        ("id", {"id": None}),
        ("id", {"id": ""}),
        ("[id, part]", {}),
        ("[id, part]", {"id": "", "part": None}),
        ("{a: id, b: {c: part}}", {}),
        ("ids", {"ids": []}),
    ],
)
def test_a_key_that_says_nothing_is_none(dedupe: str, record: dict[str, Any]) -> None:
    """Otherwise all records without an id would be repeats of each other."""
    assert [""] == keys_of(dedupe, record)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "1"),
        (1, True),
        (0, False),
        (["a", "b"], ["b", "a"]),
        ("a", "A"),
        ("a", "a "),
        ([None, 1], [1, None]),
    ],
)
def test_keys_that_differ_are_kept_apart(one: Any, other: Any) -> None:
    """Types count, and so does order."""
    first, second = keys_of("id", {"id": one}, {"id": other})

    assert "" not in {first, second}
    assert first != second


def test_a_key_is_the_same_whatever_else_the_record_says() -> None:
    """Objects have no order; the digest tells whether the same would be sent."""
    one, other = shape(
        manual(dedupe="id"), [{"id": {"a": 1, "b": 2}, "x": 1}, {"x": 2, "id": {"b": 2, "a": 1}}]
    ).right

    assert one.dedupe == other.dedupe
    assert one.digest != other.digest


def test_a_key_has_a_bounded_length() -> None:
    """One that is longer makes its record wrong."""
    pointer, detail = fault_of(manual(dedupe="id"), {"id": "x" * LONGEST_KEY})

    assert "#" == pointer
    assert f"at most {LONGEST_KEY} characters" in detail


def test_a_digest_tells_the_settings_apart() -> None:
    """What was read under other settings is no other record."""
    record = {"id": 1, "x": 1}
    ((one,), (same,), (other,)) = (
        shape(manual(dedupe="id", exclude=exclude), [record]).right for exclude in ((), (), ("x",))
    )

    assert one.digest == same.digest
    assert one.digest.partition(".")[0] != other.digest.partition(".")[0]


# Batches.


def groups_of(destination: Destination, *records: dict[str, Any]) -> list[list[int]]:
    """Give the records of each batch, by index."""
    batch = destination.batch
    assert batch
    return [
        [each.index for each in group]
        for group in batched(shape(destination, records).right, batch.size, 1000)
    ]


@pytest.mark.parametrize(
    ("batch", "groups"),
    [
        ({"size": 10}, [[0, 1, 2, 3]]),
        ({"size": 3}, [[0, 1, 2], [3]]),
        ({"size": 1}, [[0], [1], [2], [3]]),
        ({"size": 10, "grouping": "attribute", "attribute": "team"}, [[0, 2], [1], [3]]),
        ({"size": 1, "grouping": "attribute", "attribute": "team"}, [[0], [1], [2], [3]]),
        ({"size": 10, "grouping": "attribute", "attribute": "nothing"}, [[0, 1, 2, 3]]),
    ],
)
def test_records_share_a_batch_by_arrival_or_by_attribute(
    batch: dict[str, Any], groups: list[list[int]]
) -> None:
    """Up to its size; what lacks the attribute has that in common."""
    records: list[dict[str, Any]] = [{"team": "a"}, {"team": "b"}, {"team": "a"}, {"team": None}]

    assert groups == groups_of(manual(batch=BatchSettings(**batch)), *records)


def test_records_for_different_addresses_never_share_a_batch() -> None:
    """One call has one address."""
    destination = manual("/teams/{team}/shares?run={run}", batch=BatchSettings())
    records: list[dict[str, Any]] = [
        {"team": "a", "run": 1},
        {"team": "b", "run": 1},
        {"team": "a", "run": 2},
        {"team": "a", "run": 1},
    ]

    assert [[0, 3], [1], [2]] == groups_of(destination, *records)


def test_addresses_add_up_to_what_one_call_takes() -> None:
    """A record that would be too many opens the next batch."""

    def people(start: int, count: int) -> dict[str, Any]:
        return {"emails": [f"p{number}@example.com" for number in range(start, start + count)]}

    assert [[0, 1], [2, 3], [4]] == groups_of(
        erases(size=100), people(0, 600), people(600, 400), people(0, 1), people(0, 999), people(0, 1000)
    )


def test_without_batches_each_record_stands_alone() -> None:
    """Also where two of them are the same."""
    shapes = shape(cancels(), [{"event_uuid": EVENT}, {"event_uuid": EVENT}])

    assert [[0], [1]] == [[each.index for each in group] for group in batched(shapes.right, 100, 0)]
    assert {""} == {each.group for each in shapes.right}
    assert all(isinstance(each, Shaped) for each in shapes.right)


def test_every_field_that_is_wrong_is_named_at_once() -> None:
    """One that a mapping cannot give, and one that is given and wrong."""
    destination = cancels(mapping={"reason": "join(' ', words)"})

    shapes = shape(destination, [{"event_uuid": "not an event"}])

    assert {"#/reason", "#/event_uuid"} == {each.pointer for each in shapes.wrong[0]}

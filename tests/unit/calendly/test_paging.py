"""Reading Calendly's lists to their end, and no further than our own address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.calendly import LookUpFailed, read_failed_look_up
from relay.calendly.paging import LONGEST_TOKEN, MOST_PAGES, rows, thing
from relay.model.call import Answer, NotSent, Outcome, Silence
from relay.model.verdict import Refused
from tests.unit.calendly.fakes import REAL, calendly_that, pages

OWN = "https://api.calendly.com"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=8), below, max_size=3),
    max_leaves=6,
)


def _page(found: Any, pagination: Any) -> Callable[[str, str], Outcome]:
    return lambda *_: Answer(200, {}, {"collection": found, "pagination": pagination})


def test_all_pages_are_collected_from_our_own_address() -> None:
    """The address that an answer names is not followed: a token might go with it."""
    calendly, fake = calendly_that(pages([{"a": 1}], ["no row", {"a": 2}], [{"a": 3}]))

    found = list(rows(calendly, REAL, "t", "/things", {"organization": "https://x/organizations/O"}))

    assert [{"a": 1}, {"a": 2}, {"a": 3}] == found
    assert {OWN} == {url.partition("/things")[0] for _, url, _, _ in fake.asked}
    assert (
        "/things?organization=https%3A%2F%2Fx%2Forganizations%2FO&count=100&page_token=2" in fake.asked[2][1]
    )


def test_a_list_without_end_is_given_up() -> None:
    """A hundred pages are read, and no more; asking again would find it no shorter, so it is a refusal that says so."""
    calendly, fake = calendly_that(pages(*([[{"a": 1}]] * (MOST_PAGES + 10))))

    with pytest.raises(LookUpFailed) as failed:
        list(rows(calendly, REAL, "t", "/things", {}))

    verdict = read_failed_look_up(failed.value.outcome, failed.value.detail)
    assert 100 == len(fake.asked)
    assert isinstance(verdict, Refused)
    assert "longer than 100 pages, 10,000 rows" in verdict.reason


def test_the_longest_list_that_is_read() -> None:
    """The hundredth page may be the last."""
    calendly, _ = calendly_that(pages(*([[{"a": 1}]] * MOST_PAGES)))

    assert MOST_PAGES == len(list(rows(calendly, REAL, "t", "/things", {})))


@pytest.mark.parametrize(
    "outcome",
    [
        NotSent("x"),
        Silence("x"),
        Answer(429),
        Answer(500),
        Answer(302, {"location": "https://evil.example"}),
        Answer(200, {}, None),
        Answer(200, {}, "<html>"),
        Answer(200, {}, {"collection": {}}),
    ],
)
def test_a_page_that_does_not_come(outcome: Outcome) -> None:
    """The error carries what came instead, so that the caller can wait as long as was asked."""
    calendly, _ = calendly_that(lambda *_: outcome)

    for read in (
        lambda: list(rows(calendly, REAL, "t", "/things", {})),
        lambda: thing(calendly, REAL, "t", "/x"),
    ):
        with pytest.raises(LookUpFailed) as failed:
            read()
        assert outcome == failed.value.outcome


@pytest.mark.parametrize(
    "pagination",
    [
        {"next_page_token": 7},
        {"next_page_token": ["a"]},
        {"next_page_token": {"a": 1}},
        {"next_page_token": "x" * (LONGEST_TOKEN + 1)},
        {"next_page": "https://evil.example/things"},
        {"next_page": "https://["},
        {"next_page": 7},
        {"next_page": "https://evil.example/things?page_token=same"},
        {"next_page_token": "same"},
    ],
)
def test_a_page_that_leads_nowhere(pagination: Any) -> None:
    """Half a list is no list: the one row that fits may not be the only one."""
    calendly, fake = calendly_that(_page([{"a": 1}], pagination))

    with pytest.raises(LookUpFailed) as failed:
        list(rows(calendly, REAL, "t", "/things", {}))

    assert isinstance(failed.value.outcome, NotSent)
    assert 2 >= len(fake.asked)


@pytest.mark.parametrize("pagination", [None, [], {}, {"next_page_token": None}, {"next_page": None}])
def test_the_last_page(pagination: Any) -> None:
    """Calendly says null; whoever says nothing has no more either."""
    calendly, fake = calendly_that(_page([{"a": 1}], pagination))

    assert [{"a": 1}] == list(rows(calendly, REAL, "t", "/things", {}))
    assert 1 == len(fake.asked)


def test_a_token_that_only_stands_in_an_address_is_taken_out_of_it() -> None:
    """It is sent to our own address all the same."""

    def answer(_: str, url: str) -> Outcome:
        following = (
            {} if "page_token" in url else {"next_page": "https://evil.example/x?count=5&page_token=a%26b"}
        )
        return Answer(200, {}, {"collection": [], "pagination": following})

    calendly, fake = calendly_that(answer)

    list(rows(calendly, REAL, "t", "/things", {}))

    assert f"{OWN}/things?count=100&page_token=a%26b" == fake.asked[1][1]


@given(
    st.lists(st.lists(st.integers(), max_size=4), min_size=1, max_size=8),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
)
def test_every_row_of_any_list_comes_once_and_in_order(numbers: list[list[int]], tail: str) -> None:
    """However the rows are cut into pages, and whatever the tokens look like: they never leave the query."""

    def answer(_: str, url: str) -> Outcome:
        token = parse_qs(urlsplit(url).query, keep_blank_values=True).get("page_token", ["0" + tail])[0]
        at = int(token.removesuffix(tail))
        following = f"{at + 1}{tail}" if at + 1 < len(numbers) else None
        page = [{"n": number} for number in numbers[at]]
        return Answer(200, {}, {"collection": page, "pagination": {"next_page_token": following}})

    calendly, fake = calendly_that(answer)

    found = [row["n"] for row in rows(calendly, REAL, "t", "/things", {"a": "b&c"})]

    assert [number for page in numbers for number in page] == found
    assert len(numbers) == len(fake.asked)
    assert all(
        url.startswith(f"{OWN}/things?a=b%26c&count=100") and "#" not in url for _, url, _, _ in fake.asked
    )


@given(
    JSON | st.fixed_dictionaries({"collection": st.lists(JSON, max_size=3)}, optional={"pagination": JSON})
)
def test_any_answer_is_rows_or_a_look_up_that_failed(body: Any) -> None:
    """Nothing else comes out of it, and it ends."""
    calendly, fake = calendly_that(lambda *_: Answer(200, {}, body))
    try:
        found = list(rows(calendly, REAL, "t", "/things", {}))
    except LookUpFailed:
        found = []

    assert all(isinstance(row, dict) for row in found)
    assert 2 >= len(fake.asked)

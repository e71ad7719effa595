"""The budget: what is granted never exceeds the window, whoever asks, and whatever Calendly's headers tell."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.model.credential import Rate
from relay.store import Store, keys

RATE = Rate(limit=100, window=60)


def granted(store: Store, calls: int, credential: str = "acme", rate: Rate = RATE) -> int:
    """Ask for calls, and give how many were granted."""
    return store.budget.ask(credential, calls, rate).calls


def reopen(store: Store, credential: str = "acme", *, blocked: bool = False) -> None:
    """Let the window's end have come, and the block's if wished."""
    store.redis.hset(keys.budget(credential), "reset_at", 1)
    if blocked:
        store.redis.hset(keys.budget(credential), "blocked_until", 1)


def test_thirty_two_threads_share_one_window(store: Store) -> None:
    """Together they are granted the limit, and not one call more."""
    with ThreadPoolExecutor(32) as pool:
        total = sum(pool.map(lambda _: granted(store, 3), range(200)))

    assert RATE.limit == total


def test_a_spent_window_tells_when_it_reopens(store: Store) -> None:
    """Nobody has to ask before."""
    granted(store, 100)

    grant = store.budget.ask("acme", 1, RATE)

    assert 0 == grant.calls
    assert 55 < grant.reopens_in <= 60


def test_a_new_window_grants_anew(store: Store) -> None:
    """When the window has ended, the limit is whole again."""
    granted(store, 100)

    reopen(store)

    assert RATE.limit == granted(store, 1000)


def test_calendlys_limit_replaces_the_configured_one(store: Store) -> None:
    """An account that may call less is not overrun in the next window."""
    store.budget.learn("acme", 50, 49, 30.0)

    reopen(store)

    assert 50 == granted(store, 1000)


def test_what_calendly_says_is_left_is_all_that_is_granted(store: Store) -> None:
    """Others may spend of the same user's window."""
    granted(store, 10)

    store.budget.learn("acme", 100, 5, 30.0)

    assert 5 == granted(store, 100)


def test_an_answer_that_was_overtaken_gives_nothing_back(store: Store) -> None:
    """A higher number in the same window is an older one."""
    store.budget.learn("acme", 100, 5, 30.0)

    store.budget.learn("acme", 100, 60, 30.0)

    assert 5 == granted(store, 100)


def test_a_window_that_began_anew_is_recognized_before_ours_ended(store: Store) -> None:
    """A reset that is later than the one we knew tells of a new window: its count is the truth."""
    store.budget.learn("acme", 100, 0, 10.0)

    store.budget.learn("acme", 100, 99, 60.0)

    assert 99 == granted(store, 1000)


def test_seconds_that_are_told_in_whole_numbers_are_no_new_window(store: Store) -> None:
    """Two tellings of one reset differ by a second or two."""
    store.budget.learn("acme", 100, 3, 30.0)

    store.budget.learn("acme", 100, 90, 31.0)

    assert 3 == granted(store, 100)


def test_a_shorter_window_at_calendly_ends_when_calendly_says(store: Store) -> None:
    """Our own idea of a minute does not hold its next window up."""
    granted(store, 100)
    store.budget.learn("acme", 100, 0, 30.0)

    grant = store.budget.ask("acme", 1, RATE)

    assert 0 == grant.calls
    assert grant.reopens_in <= 30.0


def test_a_longer_window_at_calendly_is_waited_for(store: Store) -> None:
    """Our own idea of a minute does not open it early."""
    granted(store, 1)
    store.budget.learn("acme", 100, 0, 600.0)

    grant = store.budget.ask("acme", 1, RATE)

    assert 0 == grant.calls
    assert grant.reopens_in > 590


def test_a_refusal_for_the_rate_stops_everybody(store: Store) -> None:
    """Until the reset nobody calls, though much seemed to be left."""
    granted(store, 1)

    store.budget.block("acme", 20.0)
    grant = store.budget.ask("acme", 10, RATE)

    assert 0 == grant.calls
    assert 15 < grant.reopens_in <= 20


@pytest.mark.parametrize(
    "later", [(100, 90, 60.0), (100, 90, 1.0), (None, None, None), (100, None, None), (None, 90, 0.0)]
)
def test_a_block_stands_whatever_answers_come_later(store: Store, later: Any) -> None:
    """Answers that were on their way when Calendly refused do not open the window again."""
    store.budget.block("acme", 20.0)

    store.budget.learn("acme", *later)

    assert 0 == granted(store, 1)


def test_a_shorter_block_does_not_shorten_a_longer_one(store: Store) -> None:
    """Several refusals come back in any order."""
    store.budget.block("acme", 50.0)

    store.budget.block("acme", 1.0)

    assert store.budget.ask("acme", 1, RATE).reopens_in > 45


def test_after_a_block_the_window_is_whole(store: Store) -> None:
    """The reset that Calendly named is a new window's beginning."""
    store.budget.block("acme", 20.0)

    reopen(store, blocked=True)

    assert RATE.limit == granted(store, 1000)


def test_what_was_not_used_is_given_back(store: Store) -> None:
    """And can be granted again, up to the limit."""
    granted(store, 100)

    store.budget.give_back("acme", 30, RATE)

    assert 30 == granted(store, 100)


def test_giving_back_makes_no_more_than_the_limit(store: Store) -> None:
    """Also when the window began anew in between."""
    granted(store, 50)
    reopen(store)

    store.budget.give_back("acme", 50, RATE)

    assert RATE.limit == granted(store, 1000)


def test_giving_back_does_not_lift_a_block(store: Store) -> None:
    """Calls that were granted before the refusal and not made change nothing."""
    granted(store, 10)
    store.budget.block("acme", 20.0)

    store.budget.give_back("acme", 10, RATE)

    assert 0 == granted(store, 1)


def test_credentials_have_budgets_of_their_own(store: Store) -> None:
    """One that is blocked does not slow another."""
    store.budget.block("acme", 20.0)

    assert (0, 5) == (granted(store, 5), granted(store, 5, "globex"))


def test_a_ceiling_of_nothing_is_not_believed(store: Store) -> None:
    """It would never be asked again, and so never be put right."""
    store.budget.learn("acme", 0, 0, 1.0)

    reopen(store)

    assert RATE.limit == granted(store, 1000)


def test_a_budget_nobody_asks_for_is_forgotten(store: Store) -> None:
    """Its key does not stay for ever."""
    granted(store, 1)
    asked = store.redis.ttl(keys.budget("acme"))
    store.budget.learn("acme", 100, 50, 30.0)

    assert 0 < asked <= 86400 + 60
    assert 0 < store.redis.ttl(keys.budget("acme")) <= 86400 + 60


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(1, 40)),
        st.tuples(st.just("give back"), st.integers(1, 40)),
        st.tuples(st.just("told"), st.integers(0, 100)),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_within_a_window_the_lowest_known_number_is_never_exceeded(store: Store, steps: Any) -> None:
    """What is granted, less what was given back, stays within the limit and within whatever Calendly told."""
    store.redis.flushall()
    out = 0
    left: float = math.inf
    for what, number in steps:
        if what == "ask":
            calls = granted(store, number)
            assert calls <= number
            out, left = out + calls, left - calls
            assert left >= 0
        elif what == "told":
            store.budget.learn("acme", None, number, 60.0)
            left = min(left, number)
        else:
            store.budget.give_back("acme", min(number, out), RATE)
            out, left = out - min(number, out), left + min(number, out)
        assert 0 <= out <= RATE.limit


def test_a_ceiling_that_calendly_corrects_counts_at_once(store: Store) -> None:
    """A large account need not wait for its second window to be served as one."""
    granted(store, 40)

    store.budget.learn("acme", 5000, 4960, 60.0)

    assert 4960 == granted(store, 10_000)


def test_a_slow_answer_does_not_pass_for_a_new_window(store: Store) -> None:
    """It was told before what is known by now, and tells of more calls and a later end than there are."""
    store.budget.learn("acme", 100, 10, 30.0)

    store.budget.learn("acme", 100, 60, 40.0, age=15.0)

    assert 10 == granted(store, 1000)

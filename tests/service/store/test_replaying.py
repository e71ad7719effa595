"""Many settled deliveries are put back at once, the oldest first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from relay.errors import StoreUnavailable
from relay.model.destination import StandingDestination
from relay.model.ids import first_at, made_at
from relay.store import Store, keys
from relay.store.deliveries import PREFIX
from relay.store.replays import AT_A_TIME, Replayed, Replays, Selection
from tests.destinations import a_destination
from tests.service.store.brought import brought_to
from tests.service.store.one_lane import OneLane, ended
from tests.service.workers.fakes import Away
from tests.waiting import until

DEAD = Selection(state="dead")


def settled(here: OneLane, number: int, state: str = "dead", **values: str) -> list[str]:
    """Give deliveries that ended in this state, in order of acceptance."""
    ids = here.accept(number)
    lease, attempts = here.claim(number)
    for claimed in attempts:
        here.settle(claimed, ended(state, values=values, known=state != "uncertain"))
    here.store.lanes.release(lease)
    return ids


def here_in(store: Store, **changes: Any) -> StandingDestination:
    """Give the destination as it stands."""
    standing = store.destinations.get("here")
    return replace(standing, settings=replace(standing.settings, **changes))


def made_on(here: OneLane, milliseconds: int) -> str:
    """Give a dead delivery that was accepted at that moment."""
    name = first_at(PREFIX, milliseconds) + "0" * 14 + here.lane.shard.upper()
    here.accept([replace(each, id=name) for each in here.new()])
    lease, (claimed,) = here.claim()
    here.settle(claimed, ended("dead"))
    here.store.lanes.release(lease)
    return name


def counts(done: Replayed) -> tuple[int, int, int, bool]:
    """Give the numbers of a replay."""
    return done.matching, done.replayed, done.skipped, done.more


def test_everything_goes_out_again_in_order_of_acceptance(store: Store) -> None:
    """However many round trips it takes, and attended."""
    here = OneLane(store)
    ids = settled(here, AT_A_TIME + 20)

    done = store.replays.run(here_in(store), DEAD)

    assert (len(ids), len(ids), 0, False) == counts(done)
    assert (ids[0], ids[-1]) == (done.oldest, done.newest)
    assert ids == here.due()
    assert {"queued"} == {here.state(each) for each in ids}
    assert here.next_look() is not None


def test_a_look_changes_nothing(store: Store) -> None:
    """It says how many there are, and how many of them would be left out."""
    here = OneLane(store)
    ids = settled(here, 3)

    done = store.replays.look(here_in(store), DEAD)

    assert (3, 0, 0, False) == counts(done)
    assert (ids[0], ids[-1], []) == (done.oldest, done.newest, here.due())


def test_nothing_matches_in_an_empty_log(store: Store) -> None:
    """Said as such."""
    OneLane(store)

    done = store.replays.run(here_in(store), DEAD)

    assert ((0, 0, 0, False), None, None) == (counts(done), done.oldest, done.newest)


@pytest.mark.parametrize("limit", [1, AT_A_TIME - 1, AT_A_TIME, AT_A_TIME + 1])
def test_a_limit_takes_the_oldest_and_says_that_there_are_more(store: Store, limit: int) -> None:
    """The next replay goes on from there."""
    here = OneLane(store)
    ids = settled(here, AT_A_TIME + 5)

    first = store.replays.run(here_in(store), replace(DEAD, limit=limit))
    assert ids[:limit] == here.due()
    second = store.replays.run(here_in(store), DEAD)

    assert (len(ids), limit, 0, True) == counts(first)
    assert (len(ids) - limit, len(ids) - limit, 0, False) == counts(second)


def test_a_limit_that_is_just_enough_leaves_no_more(store: Store) -> None:
    """Nobody should ask again for nothing."""
    here = OneLane(store)
    settled(here, AT_A_TIME)

    assert not store.replays.run(here_in(store), replace(DEAD, limit=AT_A_TIME)).more


def test_times_are_those_of_acceptance(store: Store) -> None:
    """Both ends are within."""
    here = OneLane(store)
    early, middle, late = (made_on(here, number) for number in (1_000_000, 2_000_000, 3_000_000))

    store.replays.run(here_in(store), replace(DEAD, since=2000.0, until=2000.0))
    assert [middle] == here.due()
    store.replays.run(here_in(store), replace(DEAD, until=1500.0))

    assert {early, middle} == set(here.due())
    assert ("dead", 3000.0) == (here.state(late), made_at(PREFIX, late))


@pytest.mark.parametrize("state", ["dead", "canceled", "uncertain"])
def test_only_the_state_that_was_named_goes_out_again(store: Store, state: Any) -> None:
    """The others rest."""
    here = OneLane(store)
    ids = {each: brought_to(here, each) for each in ("delivered", "dead", "canceled", "uncertain")}

    store.replays.run(here_in(store), Selection(state=state, may_repeat=True))

    assert [ids[state]] == here.due()


def test_what_was_made_for_another_template_is_left_out(store: Store) -> None:
    """A destination that was deleted may have had this id."""
    here = OneLane(store)
    old = brought_to(here, "dead")
    store.redis.hset(keys.destination("here"), mapping={"template": "delete_invitee_data", "created_at": 1})
    again = OneLane(store, make=False, template="delete_invitee_data")
    own = brought_to(again, "dead")

    done = store.replays.run(here_in(store, template="delete_invitee_data"), DEAD)

    assert ((2, 1, 1, False), [own], "dead") == (counts(done), again.due(), here.state(old))


def test_what_an_earlier_destination_with_this_id_was_sent_is_left_out(store: Store) -> None:
    """What was discarded with it above all."""
    here = OneLane(store)
    old = brought_to(here, "queued")
    store.destinations.delete("here", 1)
    store.discards.finish(30.0)
    begun = here.now()
    until(lambda: here.now() > begun)
    again = OneLane(store)
    own = brought_to(again, "canceled")

    done = store.replays.run(here_in(store), Selection(state="canceled"))

    assert ((2, 1, 1, False), [own], "canceled") == (counts(done), again.due(), here.state(old))


def test_tests_are_left_out(store: Store) -> None:
    """A test is one call."""
    here = OneLane(store)
    identifier = store.new_delivery_id("here")
    store.acceptance.begin_test(a_destination(), identifier, [{}], {})
    tests = OneLane(store, kind="test", make=False)
    _, claimed = tests.claim_one()
    tests.settle(claimed, ended("dead"))

    done = store.replays.run(here_in(store), DEAD)

    assert ((1, 0, 1, False), [], []) == (counts(done), here.due(), tests.due())


def test_a_canceled_call_that_may_have_taken_effect_is_left_out_unless_told_otherwise(store: Store) -> None:
    """It may have been canceled just because it turned out to be done."""
    here = OneLane(store)
    (identifier,) = settled(here, 1, "uncertain", after_unknown="1")
    store.operations.cancel(identifier)
    canceled = Selection(state="canceled")

    assert (1, 0, 1, False) == counts(store.replays.run(here_in(store), canceled))
    assert (1, 1, 0, False) == counts(store.replays.run(here_in(store), replace(canceled, may_repeat=True)))


def test_what_somebody_else_moved_meanwhile_is_left_alone(store: Store) -> None:
    """Each is looked at once more at the moment when it is put back."""
    here = OneLane(store)
    one, other = settled(here, 2)

    class Meanwhile(Away):
        """Scripts before which somebody else retries a delivery."""

        def run_many(self, name: str, calls: Any) -> list[Any]:
            store.operations.retry(one)
            _, claimed = here.claim_one()
            here.settle(claimed)
            return super().run_many(name, calls)

    done = Replays(store.redis, Meanwhile(store)).run(here_in(store), DEAD)

    assert (2, 1, 1, False) == counts(done)
    assert (["delivered"], [other]) == (here.logged(one), here.due())


def test_what_may_have_been_done_meanwhile_is_left_out(store: Store) -> None:
    """Somebody retried it, nobody knows what came of that, and it was canceled again."""
    here = OneLane(store)
    identifier = brought_to(here, "canceled")

    class Meanwhile(Away):
        """Scripts before which somebody else decides twice."""

        def run_many(self, name: str, calls: Any) -> list[Any]:
            store.operations.retry(identifier)
            _, claimed = here.claim_one()
            here.settle(claimed, ended("uncertain", known=False, values={"after_unknown": "1"}))
            store.operations.cancel(identifier)
            return super().run_many(name, calls)

    done = Replays(store.redis, Meanwhile(store)).run(here_in(store), Selection(state="canceled"))

    assert ((1, 0, 1, False), []) == (counts(done), here.due())


def test_a_replay_does_not_go_on_in_a_destination_that_was_made_anew(store: Store) -> None:
    """Under the same id, while it ran: what the earlier one was sent stays as it is."""
    here = OneLane(store)
    identifier = brought_to(here, "dead")
    standing = here_in(store)
    until(lambda: here.now() > standing.created_at * 1000 + 1)
    store.destinations.delete("here")
    OneLane(store)

    done = store.replays.run(standing, DEAD)

    assert ((1, 0, 1, False), "dead", []) == (counts(done), here.state(identifier), here.due())


def test_replays_at_the_same_time_put_each_delivery_back_once(store: Store) -> None:
    """They share the work; together they replay what matches, and it is due once."""
    here = OneLane(store)
    ids = settled(here, 3 * AT_A_TIME)

    with ThreadPoolExecutor(4) as people:
        done = list(people.map(lambda _: store.replays.run(here_in(store), DEAD), range(4)))
    _, attempts = here.claim(1000)

    assert len(ids) == sum(each.replayed for each in done)
    assert sorted(ids) == sorted(each.id for each in attempts)
    assert {2} == {each.number for each in attempts}


def test_what_was_put_back_before_redis_went_away_counts(store: Store) -> None:
    """The answer says that there is more; a replay that did nothing fails."""
    here = OneLane(store)
    settled(here, 3 * AT_A_TIME)

    class GoesAway(Away):
        """Scripts that run so many times."""

        times = 1

        def run_many(self, name: str, calls: Any) -> list[Any]:
            self.times -= 1
            if self.times < 0:
                raise StoreUnavailable
            return super().run_many(name, calls)

    replays = Replays(store.redis, GoesAway(store))
    done = replays.run(here_in(store), DEAD)

    assert (3 * AT_A_TIME, AT_A_TIME, 0, True) == counts(done)
    assert AT_A_TIME == len(here.due())
    with pytest.raises(StoreUnavailable):
        replays.run(here_in(store), DEAD)


def test_a_name_whose_delivery_has_expired_is_left_out(store: Store) -> None:
    """The log may name it for a while."""
    here = OneLane(store)
    identifier = brought_to(here, "dead")
    store.redis.delete(keys.delivery(identifier))

    assert (1, 0, 1, False) == counts(store.replays.run(here_in(store), DEAD))

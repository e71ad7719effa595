"""A turn: everything due is sent once, within its bounds, whatever fails around it."""

from __future__ import annotations

import threading
import time

import pytest

from relay.config import Settings
from relay.errors import StoreUnavailable
from relay.store import Lane, Store
from relay.store.attempts import Claimed
from relay.store.budget import Grant
from tests.service.store.one_lane import OneLane, ended
from tests.service.workers.fakes import PATIENCE, FakeWork, services, with_outages
from tests.waiting import until
from workers import serving, settling
from workers.services import Services
from workers.serving import Turn


@pytest.fixture
def work() -> FakeWork:
    """Work that always succeeds."""
    return FakeWork()


@pytest.fixture
def at_hand(settings: Settings, store: Store) -> Services:
    """What a turn works with."""
    return services(settings, store)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a turn ask again at once while Redis is away."""
    monkeypatch.setattr(serving, "REDIS_PAUSE", 0.001)
    monkeypatch.setattr(settling, "REDIS_PAUSE", 0.001)


def take(at_hand: Services, here: OneLane, work: FakeWork) -> None:
    """Take a turn on a lane."""
    Turn(at_hand, here.lease(), work).run()


def states(here: OneLane, ids: list[str]) -> set[str]:
    """Give the states of deliveries."""
    return {here.state(identifier) for identifier in ids}


def test_what_finds_no_thread_is_not_sent_by_another(
    at_hand: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is on record as unsent, and the executor has it still."""
    start = threading.Thread.start

    def one_only(thread: threading.Thread) -> None:
        if thread.name.startswith("sender") and thread.name != "sender_0":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", one_only)
    here = OneLane(at_hand.store)
    ids = here.accept(3)
    alone = FakeWork(happens=lambda _: until(lambda: len(alone.not_sent) == 2))

    take(at_hand, here, alone)

    assert (ids[:1], ids[1:]) == (alone.sent, alone.not_sent)
    assert {"delivered", "retrying"} == states(here, ids)


def test_everything_due_is_sent_once(at_hand: Services, work: FakeWork) -> None:
    """And then the lane is idle."""
    here = OneLane(at_hand.store)
    ids = here.accept(60)

    take(at_hand, here, work)

    assert ids == sorted(work.sent)
    assert ({"delivered"}, None) == (states(here, ids), here.next_look())


def test_as_many_are_sent_at_a_time_as_the_destination_allows(at_hand: Services) -> None:
    """Not fewer (each waits here until its fellows are on their way too), and never more."""
    here = OneLane(at_hand.store)
    here.accept(12)
    together = threading.Barrier(3)

    def happens(_: Claimed) -> None:
        together.wait(PATIENCE)

    work = FakeWork(3, happens)

    take(at_hand, here, work)

    assert (12, 3) == (len(work.sent), work.most_at_once)


def test_one_slow_call_does_not_hold_the_others(at_hand: Services) -> None:
    """The first call ends only after all the others have."""
    here = OneLane(at_hand.store)
    ids = here.accept(20)
    others, others_done = set(ids[1:]), threading.Event()

    def happens(claimed: Claimed) -> None:
        if claimed.id == ids[0]:
            assert others_done.wait(PATIENCE)
        others.discard(claimed.id)
        if not others:
            others_done.set()

    work = FakeWork(2, happens)
    take(at_hand, here, work)

    assert {"delivered"} == states(here, ids)


def test_what_is_accepted_during_a_slow_call_need_not_wait_for_it(at_hand: Services) -> None:
    """The turn looks for new work while places are free."""
    here = OneLane(at_hand.store)
    (slow,) = here.accept()
    second_sent = threading.Event()

    def happens(claimed: Claimed) -> None:
        if claimed.id != slow:
            second_sent.set()
            return
        here.accept()
        assert second_sent.wait(PATIENCE)

    work = FakeWork(2, happens)
    take(at_hand, here, work)

    assert 2 == len(work.sent)


def test_a_turn_makes_room_when_others_wait(
    at_hand: Services, work: FakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it leaves is due at once for whoever comes next."""
    monkeypatch.setattr(serving, "TURN", 0.0)
    here = OneLane(at_hand.store)
    ids = here.accept(30)
    at_hand.store.turns.ask(Lane("delivery", "elsewhere"))

    take(at_hand, here, work)

    assert len(work.sent) < 30
    assert sorted(ids) == sorted([*work.sent, *here.due()])
    assert [here.lane] == at_hand.store.lanes.whose_time_has_come(1)


def test_a_turn_goes_on_while_nobody_waits(
    at_hand: Services, work: FakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time is a courtesy to others."""
    monkeypatch.setattr(serving, "TURN", 0.0)
    here = OneLane(at_hand.store)
    here.accept(30)

    take(at_hand, here, work)

    assert 30 == len(work.sent)


def test_a_turn_ends_after_its_longest_time_in_any_case(
    at_hand: Services, work: FakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lane is filed again, due now."""
    monkeypatch.setattr(serving, "TURN", -1.0)
    monkeypatch.setattr(serving, "LONGEST_TURN", -1.0)
    here = OneLane(at_hand.store)
    here.accept(5)

    take(at_hand, here, work)

    assert [] == work.sent
    assert [here.lane] == at_hand.store.lanes.whose_time_has_come(1)


def test_a_process_that_is_to_end_begins_nothing_more(at_hand: Services) -> None:
    """What is on its way is finished, and the rest is due at once for another process."""
    here = OneLane(at_hand.store)
    ids = here.accept(10)
    work = FakeWork(2, lambda _: at_hand.stopping.set())

    take(at_hand, here, work)

    assert 1 <= len(work.sent) <= 2
    assert {"delivered"} == states(here, work.sent)
    assert sorted(ids) == sorted([*work.sent, *here.due()])
    assert [here.lane] == at_hand.store.lanes.whose_time_has_come(1)


def test_a_spent_budget_files_the_lane_for_the_next_window(at_hand: Services, work: FakeWork) -> None:
    """Nothing is claimed meanwhile."""
    here = OneLane(at_hand.store)
    ids = here.accept(3)
    work.grants = [Grant(2, 0.0), Grant(0, 30.0)]

    take(at_hand, here, work)
    look = here.next_look()

    assert (ids[:2], ids[2:]) == (sorted(work.sent), here.due())
    assert look is not None
    assert 25_000 < look - here.now() <= 30_000


def test_no_more_calls_are_asked_for_than_are_due(at_hand: Services, work: FakeWork) -> None:
    """One delivery waits, where four calls could be made: other lanes of the credential need not wait for the rest."""
    here = OneLane(at_hand.store)
    here.accept()

    take(at_hand, here, work)

    assert (1, [1]) == (len(work.sent), work.asked)


def test_calls_that_were_granted_and_not_needed_are_given_back(at_hand: Services, work: FakeWork) -> None:
    """Three deliveries were due when calls were asked for, and two of them were canceled in between."""
    here = OneLane(at_hand.store)
    ids = here.accept(3)
    work.before_granting = lambda: [at_hand.store.operations.cancel(each) for each in ids[:2]]

    take(at_hand, here, work)

    assert (1, 2) == (len(work.sent), work.given_back)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("lost", ["question", "answer"])
def test_a_claim_that_gets_lost_loses_and_doubles_nothing(
    settings: Settings, store: Store, lost: str
) -> None:
    """Whether Redis had begun the attempts or not, each is made once."""
    shaky, away = with_outages(store)
    here = OneLane(shaky)
    ids = here.accept(10)
    work = FakeWork()
    away.lose("claim", lost, lost, "nothing", lost)

    take(services(settings, shaky), here, work)

    assert ids == sorted(work.sent)
    assert {"1"} == {here.item(identifier)["attempt"] for identifier in ids}
    assert {"delivered"} == states(here, ids)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("lost", ["question", "answer"])
def test_an_end_that_gets_lost_is_written_again(settings: Settings, store: Store, lost: str) -> None:
    """The call itself is not made again."""
    shaky, away = with_outages(store)
    here = OneLane(shaky)
    ids = here.accept(6)
    work = FakeWork()
    away.lose("settle", lost, lost, lost)

    take(services(settings, shaky), here, work)

    assert ids == sorted(work.sent)
    assert ({"delivered"}, []) == (states(here, ids), here.flight())


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("lost", ["question", "answer"])
def test_giving_the_lease_back_is_insisted_on(settings: Settings, store: Store, lost: str) -> None:
    """The lane need not wait for the lease to run out."""
    shaky, away = with_outages(store)
    here = OneLane(shaky)
    here.accept(1)
    away.lose("release", lost)

    take(services(settings, shaky), here, FakeWork())

    assert here.lease() is not None


@pytest.mark.usefixtures("impatient")
def test_a_budget_that_cannot_be_asked_is_asked_again(at_hand: Services, work: FakeWork) -> None:
    """Nothing has begun by then."""
    here = OneLane(at_hand.store)
    here.accept(3)
    work.grants = [StoreUnavailable(), StoreUnavailable()]

    take(at_hand, here, work)

    assert 3 == len(work.sent)


def test_what_was_claimed_is_sent_though_giving_back_fails(at_hand: Services, work: FakeWork) -> None:
    """An attempt on record that nobody makes would end as unknown."""
    here = OneLane(at_hand.store)
    ids = here.accept(1)
    work.away_for_giving_back = True

    take(at_hand, here, work)

    assert (ids, {"delivered"}) == (work.sent, states(here, ids))


@pytest.mark.usefixtures("impatient")
def test_a_redis_that_stays_away_ends_the_turn_quietly(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lane is found again when the lease has run out."""
    monkeypatch.setattr(serving, "PATIENCE", 0.05)
    shaky, away = with_outages(store)
    here = OneLane(shaky)
    ids = here.accept(2)
    away.lose("claim", *["question"] * 10_000)

    take(services(settings, shaky), here, FakeWork())
    here.die()

    assert (ids, [here.lane]) == (here.due(), store.lanes.whose_time_has_come(1))


def test_a_process_that_slept_through_its_lease_sends_nothing(
    at_hand: Services, work: FakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else may have decided by now: the attempt ends as one of which nothing was sent."""
    monkeypatch.setattr(serving, "LEASE", -1.0)
    here = OneLane(at_hand.store)
    ids = here.accept(2)

    take(at_hand, here, work)

    assert ([], ids, {"retrying"}) == (work.sent, sorted(work.not_sent), states(here, ids))


def test_a_turn_that_lost_its_lease_begins_nothing_more(at_hand: Services) -> None:
    """What it had begun is still settled, and the new holder keeps the lane."""
    here = OneLane(at_hand.store)
    ids = here.accept(10)
    new_holder = []

    def happens(_: Claimed) -> None:
        here.die()
        new_holder.append(here.lease())

    work = FakeWork(1, happens)
    take(at_hand, here, work)

    assert (ids[:1], ids[1:]) == (work.sent, here.due())
    assert {"delivered"} == states(here, work.sent)
    assert () == at_hand.store.lanes.claim(new_holder[0], 0).attempts
    assert here.next_look() is not None


def test_what_a_dead_turn_left_is_settled_first(at_hand: Services, work: FakeWork) -> None:
    """As unknown; it is not sent, and what is due goes on."""
    here = OneLane(at_hand.store)
    left, due = here.accept(2)
    here.claim(limit=1)
    here.die()

    take(at_hand, here, work)

    assert ([left], [due]) == (work.orphans, work.sent)
    assert ("uncertain", "delivered") == (here.state(left), here.state(due))


def test_a_fault_of_ours_in_one_attempt_holds_nothing_else_up(at_hand: Services) -> None:
    """The others are delivered; the attempt stays on record as begun, for a later turn to settle as unknown."""
    here = OneLane(at_hand.store)
    ids = here.accept(9)

    def happens(claimed: Claimed) -> None:
        if claimed.id == ids[4]:
            raise KeyError("a fault of ours")

    work = FakeWork(2, happens)
    take(at_hand, here, work)
    left, look = here.flight(), here.next_look()
    here.bring_forward()
    take(at_hand, here, work)

    assert ids[4:5] == left == work.orphans
    assert look is not None
    assert "uncertain" == here.state(ids[4])
    assert {"delivered"} == states(here, [*ids[:4], *ids[5:]])


def test_a_fault_of_ours_in_settling_what_was_left_stops_no_lane(
    at_hand: Services, work: FakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is due is sent all the same, and nobody runs in circles around what cannot be settled."""

    def broken(_: Claimed) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(work, "orphaned", broken)
    here = OneLane(at_hand.store)
    left, due = here.accept(2)
    here.claim(limit=1)
    here.die()

    take(at_hand, here, work)

    assert ([due], [left]) == (work.sent, here.flight())
    assert [] == at_hand.store.lanes.whose_time_has_come(1)
    assert here.next_look() is not None


def test_a_retry_that_falls_due_after_the_turn_has_its_time_on_the_list(
    at_hand: Services, work: FakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn does not wait for it; whoever looks next finds the lane."""
    here = OneLane(at_hand.store)
    ids = here.accept(1)
    sends = iter([ended("retrying", wait=0.0), ended("delivered")])
    monkeypatch.setattr(work, "attempt", lambda _: next(sends))
    take(at_hand, here, work)
    found = at_hand.store.lanes.whose_time_has_come(1)

    take(at_hand, here, work)

    assert ([here.lane], {"delivered"}, "2") == (found, states(here, ids), here.item(ids[0])["attempt"])


def test_a_process_that_is_to_end_gives_its_lanes_away_with_calls_on_their_way(at_hand: Services) -> None:
    """Another process serves the rest meanwhile, and both write their ends."""
    here = OneLane(at_hand.store)
    ids = here.accept(6)
    rest: list[str] = []

    def happens(_: Claimed) -> None:
        at_hand.stopping.set()
        until(lambda: rest or _serve_elsewhere(at_hand, here, rest), PATIENCE)

    work = FakeWork(2, happens)
    take(at_hand, here, work)

    assert (ids, {"delivered"}) == (sorted([*work.sent, *rest]), states(here, ids))
    assert ([], []) == (work.orphans, here.flight())


def _serve_elsewhere(at_hand: Services, here: OneLane, sent: list[str]) -> bool:
    """Take a turn as another process, if the lane is to be had."""
    if not at_hand.store.lanes.whose_time_has_come(1):
        return False
    elsewhere = FakeWork()
    take(services(at_hand.settings, at_hand.store), here, elsewhere)
    sent += elsewhere.sent
    return bool(sent)


def test_a_lane_that_has_one_call_at_a_time_is_kept_until_it_ends(at_hand: Services) -> None:
    """Two processes would make two."""
    here = OneLane(at_hand.store)
    ids = here.accept(3)
    found: list[Lane] = []

    def happens(_: Claimed) -> None:
        at_hand.stopping.set()
        time.sleep(3 * serving.LOOK)  # what would give it away has looked by then
        found.extend(at_hand.store.lanes.whose_time_has_come(1))

    work = FakeWork(1, happens)
    take(at_hand, here, work)

    assert (ids[:1], []) == (work.sent, found)
    assert [here.lane] == at_hand.store.lanes.whose_time_has_come(1)


def test_giving_a_lane_away_is_tried_again_while_redis_is_away(settings: Settings, store: Store) -> None:
    """Whatever gets lost of it, nothing ends unknown."""
    shaky, away = with_outages(store)
    at_hand = services(settings, shaky)
    here = OneLane(shaky)
    ids = here.accept(6)
    away.lose("hold", "question", "answer")
    away.lose("release", "answer")
    rest: list[str] = []

    def happens(_: Claimed) -> None:
        at_hand.stopping.set()
        until(lambda: rest or _serve_elsewhere(at_hand, here, rest), PATIENCE)

    work = FakeWork(2, happens)
    take(at_hand, here, work)

    assert (ids, []) == (sorted([*work.sent, *rest]), work.orphans)


def test_a_lane_whose_calls_hang_leaves_its_place_to_others(
    at_hand: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on aside, and who does not answer is remembered."""
    monkeypatch.setattr(serving, "HANGS", 0.0)
    here = OneLane(at_hand.store)
    (slow,) = here.accept()
    while at_hand.room.enter(0):
        pass
    at_hand.room.sit()
    found = []
    work = FakeWork(1, lambda _: found.append(at_hand.room.enter(PATIENCE)))

    take(at_hand, here, work)
    at_hand.room.leave()

    assert ([True], "delivered") == (found, here.state(slow))
    assert at_hand.room.is_hanging("somebody")

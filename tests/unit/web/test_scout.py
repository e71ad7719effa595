"""The scout: nobody queues up behind a Redis that is silent."""

from __future__ import annotations

from contextlib import suppress

import pytest

from relay.errors import NotConfirmed, NotDurable, StoreUnavailable, UnknownDestination
from relay.web import scout as module
from relay.web.scout import Scout


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Scout:
    """A scout that has just waited in vain."""
    monkeypatch.setattr(module, "SILENCE", -1)
    monkeypatch.setattr(module, "REST", 0)
    scout = Scout()
    with pytest.raises(StoreUnavailable), scout.sent():
        raise StoreUnavailable
    return scout


def test_one_asks_while_the_others_do_not_wait(silent: Scout) -> None:
    """The second one is refused before it asks anything."""
    asked = []
    with silent.sent():
        with pytest.raises(StoreUnavailable), silent.sent():
            asked.append("second")
        asked.append("first")

    assert ["first"] == asked


@pytest.mark.parametrize("answer", [None, UnknownDestination(), NotConfirmed(), NotDurable()])
def test_any_answer_ends_the_silence(silent: Scout, answer: Exception | None) -> None:
    """Redis knows no such destination, or has no replica that would have it: so it answers."""
    with suppress(UnknownDestination, NotConfirmed, NotDurable), silent.sent():
        if answer:
            raise answer

    with silent.sent(), silent.sent():
        assert not silent.silent()


def test_nobody_asks_for_a_moment_after_the_last_one_waited_in_vain(
    silent: Scout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who came meanwhile have waited behind that one already."""
    monkeypatch.setattr(module, "REST", 60)
    with pytest.raises(StoreUnavailable), silent.sent():
        raise StoreUnavailable
    asked = []
    with pytest.raises(StoreUnavailable), silent.sent():
        asked.append("too soon")

    assert [] == asked


def test_an_error_that_comes_at_once_keeps_nobody_from_asking() -> None:
    """A connection that is refused costs no time, and the next one may not be."""
    scout = Scout()
    with pytest.raises(StoreUnavailable), scout.sent():
        raise StoreUnavailable

    with scout.sent(), scout.sent():
        pass


def test_whoever_waited_unsent_may_say_so(silent: Scout) -> None:
    """Then one at a time finds out; an answer ends it."""
    silent.suspect("another")
    before = silent.silent("another")
    with silent.sent("another"), pytest.raises(StoreUnavailable), silent.sent("another"):
        pass

    assert (True, False, False) == (before, silent.silent("another"), silent.silent("a third"))


def test_those_who_are_refused_are_told_why(silent: Scout) -> None:
    """As whoever waited in vain was told."""
    with pytest.raises(StoreUnavailable), silent.sent():
        raise StoreUnavailable from TimeoutError()
    with pytest.raises(StoreUnavailable) as refused, silent.sent(), silent.sent():
        pass

    assert isinstance(refused.value.__cause__, TimeoutError)


def test_each_server_of_a_cluster_is_another_matter(silent: Scout) -> None:
    """That one of them is silent keeps nobody from the others."""
    with silent.sent("another"), silent.sent("another"):
        assert (True, False) == (silent.silent(), silent.silent("another"))

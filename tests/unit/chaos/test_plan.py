"""The plan of a chaos run: drawn from its seed alone, and without a kind left out."""

from __future__ import annotations

from tests.chaos.plan import KILLS, OTHERS, Scale, plan

SCALE = Scale(kills=50, others=25, pace=1.5)


def test_the_same_seed_plans_the_same() -> None:
    """Kinds, order, targets, moments: all of it can be run again."""
    assert plan(7, SCALE) == plan(7, SCALE)
    assert plan(7, SCALE) != plan(8, SCALE)


def test_a_plan_has_as_many_kills_as_were_asked_for_and_every_kind() -> None:
    """What is never tried is never found."""
    names = [disturbance.kind for disturbance in plan(7, SCALE)]
    kills = {kind.name for kind in KILLS}

    assert 50 == sum(name in kills for name in names)
    assert kills | {kind.name for kind in OTHERS} == set(names)


def test_each_disturbance_strikes_what_its_kind_may_strike() -> None:
    """Targets and durations are those of the kind."""
    kinds = {kind.name: kind for kind in (*OTHERS, *KILLS)}

    for disturbance in plan(7, SCALE):
        kind = kinds[disturbance.kind]
        assert disturbance.target in kind.targets
        assert kind.lasts[0] <= disturbance.lasts <= kind.lasts[1]

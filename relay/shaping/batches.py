"""Which records go out together."""

from __future__ import annotations

from collections.abc import Iterable

from relay.shaping.shape import Shaped


def batched(shaped: Iterable[Shaped], size: int, heaviest: int) -> list[list[Shaped]]:
    """Put records of one group together as acceptance does, and give the batches in the order that they begin."""
    batches: list[list[Shaped]] = []
    open_: dict[str, list[Shaped]] = {}
    for each in shaped:
        batch = open_.get(each.group) if each.group else None
        too_heavy = batch and heaviest and sum(one.weight for one in batch) + each.weight > heaviest
        if batch is None or len(batch) >= size or too_heavy:
            batch = []
            batches.append(batch)
            open_[each.group] = batch
        batch.append(each)
    return batches

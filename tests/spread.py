"""Which tests come first: those that take long, spread over all processes that run tests, so that no long one begins last.

Random order stays within each kind. Modules stay together, since some share what they start.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import chain, groupby
from typing import TypeVar

import pytest

# The ring whose tests start processes and wait for them, and a module that takes long to be ready: once is enough.
SLOW = ("tests/system/", "tests/service/test_schemathesis.py")

Item = TypeVar("Item")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the order that chance gave into shares, one for each process: its slow modules, then the rest."""
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT") or 1)
    modules = [list(group) for _, group in groupby(items, key=lambda item: item.path)]
    slow = [module for module in modules if module[0].nodeid.startswith(SLOW)]
    quick = [item for module in modules if module not in slow for item in module]
    items[:] = spread(slow, quick, count)


def spread(slow: Sequence[Sequence[Item]], quick: Iterable[Item], count: int) -> list[Item]:
    """Give all items in shares of the same size, which is how they are handed out: slow ones first in each."""
    left = list(quick)
    size = (sum(map(len, slow)) + len(left)) / count
    spread_out: list[Item] = []
    for share in range(count):
        spread_out += chain.from_iterable(slow[share::count])
        room = max(0, round(size * (share + 1)) - len(spread_out))
        spread_out += left[:room]
        del left[:room]
    return spread_out + left

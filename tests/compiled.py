"""Test modules, each compiled by one of the processes that run tests: the others read what it wrote.

pytest rewrites the assertions of every module, which takes longer than all else before the first test. Every process
needs every module; where each begins with others, each finds most of them done.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_sessionstart(session: pytest.Session) -> None:
    """Import all test modules, in another order in each process."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return
    names = [
        ".".join((HERE.name, *path.relative_to(HERE).with_suffix("").parts))
        for path in sorted(HERE.rglob("test_*.py"))
    ]
    start = len(names) * int(worker.removeprefix("gw")) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    for name in (*names[start:], *names[:start]):
        import_module(name)

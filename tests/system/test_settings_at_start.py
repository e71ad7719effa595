"""Processes that are told too little, or something wrong, say so once and end."""

from __future__ import annotations

import pytest

from tests.processes import Processes, Program
from tests.system.conftest import MakeProcesses

WRONG = {
    "REDIS_URL": "",
    "RELAY_SECRET_KEY": "short",
    "RELAY_ADMIN_KEY": "",
    "CALENDLY_API_URL": "calendly.example",
    "RELAY_WORKER_THREADS": "many",
}


def begin(processes: Processes, kind: str) -> Program:
    """Start a web or a worker process."""
    return processes.web() if kind == "web" else processes.worker()


@pytest.mark.parametrize("kind", ["web", "worker"])
def test_wrong_settings_are_all_named_in_one_message(make_processes: MakeProcesses, kind: str) -> None:
    """The process ends with 1, and what it said is one message: no traceback, no value, nothing twice."""
    program = begin(make_processes(**WRONG), kind)
    code = program.wait()
    said = program.said()

    assert 1 == code
    assert dict.fromkeys(WRONG, 1) == {name: said.count(f"  {name}:") for name in WRONG}
    assert "Traceback" not in said
    assert "calendly.example" not in said
    assert len(WRONG) + 1 == len(said.splitlines())


@pytest.mark.parametrize("kind", ["web", "worker"])
def test_a_setting_that_is_unset_is_named(make_processes: MakeProcesses, kind: str) -> None:
    """One that is missing is enough, and is said once."""
    processes = make_processes()
    del processes.environment["RELAY_ADMIN_KEY"]
    program = begin(processes, kind)

    assert 1 == program.wait()
    assert 1 == program.said().count("RELAY_ADMIN_KEY: is missing")
    assert "Traceback" not in program.said()

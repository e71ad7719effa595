"""How many files a process may have open."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
from relay.open_files import allow_many
print(allow_many(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(("allowed", "permitted"), [(256, 4096), (1024, 1024), (512, 11_000)])
def test_a_process_gets_all_that_the_machine_permits(allowed: int, permitted: int) -> None:
    """What is said is what is so."""
    said = subprocess.check_output([sys.executable, "-c", PROGRAM, str(allowed), str(permitted)], text=True)

    assert f"{permitted} {permitted}\n" == said

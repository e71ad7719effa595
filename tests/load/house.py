"""The relay under load: two web processes and two workers, as a small installation has them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from tests.load.calendly import FarSide
from tests.load.figures import Figures, children_of, figures
from tests.processes import INBOUND_KEY, ROOT, Processes
from tests.system.upstream import Upstream

SETTINGS = {
    "WEB_CONCURRENCY": "2",
    "RELAY_WORKER_THREADS": "32",
    "RELAY_CALL_TIMEOUT": "20",
    "RELAY_CALLBACK_TIMEOUT": "15",
    "RELAY_CALLBACK_RETRIES": "5,30,120",
    "RELAY_LOG_LEVEL": "warning",
}


class House:
    """Everything that a run needs, from its start until it is closed."""

    def __init__(self, folder: Path) -> None:
        self.far = FarSide()
        self.processes = Processes(folder, self.far.url, **SETTINGS)
        self.upstream = Upstream(self.processes.url)

    def __enter__(self) -> Self:
        self.processes.start(workers=2)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.processes.close()
        self.far.close()

    def credential(self, name: str, **changes: Any) -> str:
        """Make a credential of this name."""
        self.upstream.credential(name, **changes)
        return name

    def destination(self, name: str, credential: str, receiver: str = "", **changes: Any) -> str:
        """Make an active destination of this name; `receiver` names one on the far side."""
        url = self.far.receiver(receiver) if receiver else ""
        return self.upstream.destination(
            name, "create_scheduling_link", url, credential=credential, **changes
        )

    def accept(self, name: str, records: list[dict[str, Any]]) -> None:
        """Send records as a good sender does: again, under the same key, while the relay says that it cannot store them now."""
        key = uuid4().hex
        answer = self.upstream.post(name, records, **{"Idempotency-Key": key})
        while answer.status_code == 503:
            time.sleep(1.0)
            answer = self.upstream.post(name, records, **{"Idempotency-Key": key})
        assert answer.status_code == 202, answer.text

    def web(self) -> Figures:
        """Measure the web processes."""
        pid = self.processes.programs[0].child.pid
        assert pid is not None
        return figures(children_of(pid))

    def workers(self) -> Figures:
        """Measure the workers."""
        return figures(each.child.pid for each in self.processes.programs[1:] if each.child.pid)

    @contextmanager
    def crowd(self, kind: str, number: int, path: str) -> Iterator[None]:
        """Have a crowd of bad clients, from when all of them are there."""
        port = self.processes.environment["PORT"]
        command = [sys.executable, "-m", "tests.load.crowd", port, kind, str(number), path, INBOUND_KEY]
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            try:
                yield
            finally:
                process.stdin.close()

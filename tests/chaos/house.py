"""The relay under chaos: every process with a clock of its own, and a breakable way to Redis and to Calendly."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from local.ports import LOOPBACK
from tests.chaos.calendly import ChaosCalendly
from tests.chaos.clocks import Clocks
from tests.chaos.lanes import LANES, SECOND_CREDENTIAL
from tests.chaos.plan import EACH_WORKER
from tests.chaos.receiver import ChaosReceiver
from tests.processes import Processes, Program
from tests.system.upstream import Upstream
from tests.tcp_proxy import TcpProxy

SETTINGS = {
    "RELAY_CALLBACK_TIMEOUT": "4",
    "RELAY_RETRY_BASE": "0.1",
    "RELAY_CALLBACK_RETRIES": "0.2,0.5,1,2,2,4,4,8,8,8,8,8",  # enough for a receiver that fails a third of the time
    "WEB_CONCURRENCY": "2",
}


class House:
    """Everything that a run needs, from its start until it is closed. Each process has a name, as the plan has it."""

    def __init__(self, folder: Path, seed: int, call_timeout: float, workers: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._workers = EACH_WORKER[:workers]
        self.calendly = ChaosCalendly(seed, call_timeout)
        self.receiver = ChaosReceiver(seed)
        self.clocks = Clocks(folder)
        way = TcpProxy(int(self.calendly.url.rpartition(":")[2]))
        settings = {**SETTINGS, "RELAY_CALL_TIMEOUT": str(call_timeout)}
        self.processes = Processes(folder, f"http://{LOOPBACK}:{way.port}", **settings)
        redis = self.processes.redis
        redis.child.env = {**os.environ, **self.clocks.environment("redis")}
        web = TcpProxy(int(self.processes.environment["PORT"]))
        self.ways = {"way to calendly": way, "way to redis": TcpProxy(redis.port), "way to web": web}
        self.programs: dict[str, Program] = {}
        self.upstream = Upstream(self.processes.url)  # an operator's way, which nobody disturbs
        self.senders_way = Upstream(f"http://{LOOPBACK}:{web.port}")

    def start(self) -> Self:
        """Start everything, make the destinations, and return once it works."""
        self.processes.redis.start()
        url = self.processes.redis.url
        port = self.ways["way to redis"].port
        self.processes.environment["REDIS_URL"] = url.replace(f":{self.processes.redis.port}/", f":{port}/")
        for name in ("web", *self._workers):
            self.processes.environment |= self.clocks.environment(name)
            self.programs[name] = self.processes.web() if name == "web" else self.processes.worker()
        self.processes.await_web()
        self.processes.await_workers(len(self._workers))
        self.upstream.credential()
        self.upstream.credential("second")
        for lane in LANES:
            callback = self.receiver.url("flaky" if lane.name == "flaky" else lane.name)
            credential = "second" if lane.name in SECOND_CREDENTIAL else "acme"
            settings = {"credential": credential, **lane.settings}
            self.upstream.destination(
                lane.name, lane.template, callback if lane.rules.tells else "", **settings
            )
        return self

    def close(self) -> None:
        """End everything at once."""
        self.processes.close()
        for way in self.ways.values():
            way.close()
        self.calendly.close()
        self.receiver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

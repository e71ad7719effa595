"""Redis as it is run by those who want it to survive a machine: behind Sentinels, or as a Cluster. Real servers, on loopback."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from local.child import Child
from local.ports import LOOPBACK, free_port
from local.valkey_binary import find_servers
from relay.store.slots import SLOTS, slot_of
from tests.processes import signal_all
from tests.waiting import until

PASSWORD = "planted-redis-password-31cd"
SENTINEL_PASSWORD = "planted-sentinel-password-8e04"
SERVICE = "relay"
START_TIME = 60.0  # seconds
SILENCE = 500  # milliseconds after which Sentinels and nodes take one of them for dead
USUAL = {
    "bind": LOOPBACK,
    "dir": ".",
    "requirepass": PASSWORD,
    "masterauth": PASSWORD,
    "appendonly": "yes",
    "appendfsync": "no",  # a process that is killed loses nothing that its kernel has
    "save": '""',
    "loglevel": "warning",
    "maxmemory-policy": "noeviction",
    "repl-diskless-sync-delay": "0",  # replicas need not wait for one another
}


class Node:
    """One server on a port of its own; killed and started again it keeps its port and its data."""

    def __init__(self, folder: Path, password: str = PASSWORD, *flags: str) -> None:
        self.port = free_port()
        self.config: list[tuple[str, str]] = [("port", str(self.port))]
        self._folder = folder
        self._password = password
        self._flags = flags
        self._child = Child(folder.name, [], cwd=folder)

    @property
    def place(self) -> str:
        """Give host and port."""
        return f"{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Start it; the first time with its settings as they are here."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / "server.conf"
        if not file.exists():  # a Sentinel writes what it learns into it
            file.write_text("".join(f"{name} {value}\n" for name, value in self.config))
        self._child.command = [str(find_servers()[0].binary), file.name, *self._flags]
        self._child.start()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._child.clear_away()

    def freeze(self) -> None:
        """Stop it where it stands: it takes connections and answers none."""
        signal_all(self._child, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        signal_all(self._child, signal.SIGCONT)

    @contextmanager
    def client(self) -> Iterator[Any]:
        """Give a client of this very server."""
        options: dict[str, Any] = {"socket_timeout": 2, "retry": Retry(NoBackoff(), 0)}
        with Redis(LOOPBACK, self.port, password=self._password, decode_responses=True, **options) as client:
            yield client

    def says(self, *command: Any) -> Any:
        """Give its answer to one command; None while it does not answer."""
        with self.client() as client:
            try:
                return client.execute_command(*command)
            except (RedisError, OSError):
                return None


class Topology:
    """Several servers that belong together. None survives the `with`."""

    url: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nodes: list[Node] = []

    def node(self, name: str, password: str = PASSWORD, *flags: str) -> Node:
        """Make a server that does not run yet."""
        self.nodes.append(Node(self.folder / name, password, *flags))
        return self.nodes[-1]

    def start(self) -> None:
        """Start all, and return once they are one."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.push(self)
            self.start()
            stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for node in self.nodes:
            node.kill()


class Watched(Topology):
    """A master, two replicas, and three Sentinels that watch them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.servers = [self.node(f"redis-{number}") for number in range(3)]
        self.sentinels = [self.node(f"sentinel-{n}", SENTINEL_PASSWORD, "--sentinel") for n in range(3)]
        first, *others = self.servers
        for server in self.servers:
            server.config += USUAL.items()
        for server in others:
            server.config.append(("replicaof", f"{LOOPBACK} {first.port}"))
        for sentinel in self.sentinels:
            sentinel.config += [
                *(("bind", LOOPBACK), ("dir", "."), ("requirepass", SENTINEL_PASSWORD)),
                ("sentinel", f"monitor {SERVICE} {LOOPBACK} {first.port} 2"),
                ("sentinel", f"auth-pass {SERVICE} {PASSWORD}"),
                ("sentinel", f"down-after-milliseconds {SERVICE} {SILENCE}"),
                ("sentinel", f"failover-timeout {SERVICE} 3000"),
                ("sentinel", f"sentinel-pass {SENTINEL_PASSWORD}"),
            ]
        places = ",".join(sentinel.place for sentinel in self.sentinels)
        self.url = f"redis+sentinel://:{PASSWORD}@{places}/{SERVICE}/0?sentinel_password={SENTINEL_PASSWORD}"

    def start(self) -> None:
        """Start all, and return once both replicas follow and the Sentinels know one another."""
        for server in self.servers:
            server.start()
        until(lambda: self._replicas(self.servers[0]) == 2, START_TIME)
        for sentinel in self.sentinels:
            sentinel.start()
        until(lambda: all(self._sees_all(sentinel) for sentinel in self.sentinels), START_TIME)

    def master(self) -> Node | None:
        """Give the server that the Sentinels name."""
        named = [each.says("SENTINEL GET-MASTER-ADDR-BY-NAME", SERVICE) for each in self.sentinels]
        ports = {int(answer[1]) for answer in named if answer}
        return next((each for each in self.servers if {each.port} == ports), None)

    def has_failed_over(self, dead: Node) -> bool:
        """Tell whether another server than the dead one is the master, for the Sentinels and for itself."""
        master = self.master()
        return master is not None and master is not dead and (master.says("ROLE") or [""])[0] == "master"

    def be_patient(self, milliseconds: int) -> None:
        """Have every Sentinel take a server for dead after so long a silence."""
        for each in self.sentinels:
            assert each.says("SENTINEL SET", SERVICE, "down-after-milliseconds", milliseconds), each.place

    def _replicas(self, server: Node) -> int:
        info = server.says("INFO", "replication") or {}
        followers = [info.get(f"slave{number}", {}) for number in range(2)]
        return sum(each.get("state") == "online" for each in followers)

    def _sees_all(self, sentinel: Node) -> bool:
        with sentinel.client() as client:
            try:
                state = client.sentinel_master(SERVICE)
            except (RedisError, OSError):
                return False
        return (2, 2) == (int(state["num-slaves"]), int(state["num-other-sentinels"]))


class Clustered(Topology):
    """Three masters, each with a third of the slots; the others go on where one of them is away."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.masters = [self.node(f"redis-{number}") for number in range(3)]
        self._bus = {node: free_port() for node in self.masters}
        for node in self.masters:
            node.config += USUAL.items()
            node.config += {
                "cluster-enabled": "yes",
                "cluster-port": str(self._bus[node]),
                "cluster-node-timeout": str(SILENCE),
                "cluster-require-full-coverage": "no",
            }.items()
        places = ",".join(node.place for node in self.masters)
        self.url = f"redis+cluster://:{PASSWORD}@{places}"

    def start(self) -> None:
        """Start all, deal out the slots, and return once everybody knows who has which."""
        for node in self.masters:
            node.start()
        until(lambda: all(node.says("PING") for node in self.masters), START_TIME)
        for number, node in enumerate(self.masters):
            node.says("CLUSTER SET-CONFIG-EPOCH", number + 1)
            node.says("CLUSTER ADDSLOTSRANGE", *self._slots(number))
            for other in self.masters:
                if other is not node:
                    node.says("CLUSTER MEET", LOOPBACK, other.port, self._bus[other])
        until(lambda: all(self._knows_all(node) for node in self.masters), START_TIME)

    def master_of(self, key: str) -> Node:
        """Give the server that has this key; the slots stay where they were dealt out."""
        return self.masters[next(n for n in range(3) if slot_of(key) <= self._slots(n)[1])]

    def _slots(self, number: int) -> tuple[int, int]:
        return number * SLOTS // 3, (number + 1) * SLOTS // 3 - 1

    def _knows_all(self, node: Node) -> bool:
        told = node.says("CLUSTER INFO") or {}
        return (told.get("cluster_state"), told.get("cluster_size")) == ("ok", "3")

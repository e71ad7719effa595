"""The scout: while Redis gives no answer, one request at a time finds out whether it does again, and the others do not wait.

A process has few threads. If each of its requests waited for as long as the first one, those behind them would wait for
several times that, and for nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from relay.errors import NotConfirmed, NotDurable, StoreUnavailable

SILENCE = 0.5  # seconds of waiting in vain after which Redis counts as silent
REST = 1.0  # seconds after that in which nobody asks: who came meanwhile has waited for long enough


class Scout:
    """Knows of each server of Redis whether the last question found it silent."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def silent(self, server: str = "redis") -> bool:
        """Tell whether a server gave no answer the last time."""
        return server in self._known and self._known[server].silent

    def suspect(self, server: str = "redis") -> None:
        """Take note that somebody waited for a server in vain without being sent."""
        self._known.setdefault(server, _Known()).silent = True

    @contextmanager
    def sent(self, server: str = "redis") -> Iterator[None]:
        """Ask a server in here, and do nothing else.

        Raises StoreUnavailable at once while it is silent, but for one at a time who finds out. What belongs to no
        destination goes by the default name.
        """
        known = self._known.setdefault(server, _Known())
        scouting = known.silent
        if scouting and (time.monotonic() < known.rests_until or not known.out.acquire(blocking=False)):
            raise StoreUnavailable from known.because
        began = time.monotonic()
        try:
            yield
        except (NotConfirmed, NotDurable):
            known.silent = False  # it answered, though it took its time: it waited for its disk or a replica
            raise
        except StoreUnavailable as exc:
            known.because = exc.__cause__ and exc.__cause__.with_traceback(None)
            known.silent = known.silent or time.monotonic() - began > SILENCE
            known.rests_until = time.monotonic() + REST
            raise
        except Exception:
            known.silent = False  # it was asked and answered
            raise
        else:
            known.silent = False
        finally:
            if scouting:
                known.out.release()


@dataclass(slots=True)
class _Known:
    """What is known of one server."""

    silent: bool = False
    rests_until: float = 0.0  # by the monotonic clock
    because: BaseException | None = None  # what the last one waited for in vain was told
    out: threading.Lock = field(default_factory=threading.Lock)

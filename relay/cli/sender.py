"""Sending chunks to an inbound route until each record is accepted, rejected or skipped, however often the relay asks to wait."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.cli.chunks import Chunk
from relay.cli.client import Answer, Client, part
from relay.cli.endings import Ending, NoAnswer, Refused, Trouble
from relay.cli.inbound_keys import InboundKey
from relay.cli.problems import Fault, Problem, read_fault
from relay.cli.records import Record
from relay.cli.screen import note
from relay.cli.tally import Tally

FIRST_WAIT = 1.0  # seconds, doubled each time while the relay names no time itself
LONGEST_WAIT = 60.0  # seconds
_FOR_CONTENT = frozenset({400, 413, 422})
_TRY_AGAIN = frozenset({408, 429, 502, 503, 504})


class StoppedAtFault(Ending):
    """A record was rejected, and the person wanted to stop then."""


@dataclass(slots=True)
class Sender:
    """Sends to one destination. `names` go into the idempotency keys, `patience` is in seconds for each request.

    `apart`: rejected records are kept in a file of their own, and mended there. `joins`: without the record that ends it, a chunk
    would be one with the next.
    """

    client: Client
    destination: str
    key: InboundKey
    names: tuple[str, ...]
    tally: Tally
    reject: Callable[[Record], None]
    apart: bool = False
    joins: bool = False
    stop_on_error: bool = False
    patience: float = 600.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    answered: bool = field(default=False, init=False)
    refused: Chunk | None = field(default=None, init=False)

    def send(self, chunk: Chunk) -> None:
        """Send a chunk. The relay may refuse it for its content: then its bad records are rejected, and the others sent or held.

        Raises Refused where the relay refuses everything, NoAnswer where it does not answer, StoppedAtFault.
        """
        if self.refused is not None:
            chunk, self.refused = self.refused.followed_by(chunk), None
        if unreadable := [index for index, record in enumerate(chunk.records) if record.fault]:
            self._take_apart(chunk, {index: [chunk.records[index].fault] for index in unreadable})
            return
        try:
            self._count(chunk, self._post(chunk))
        except Refused as exc:
            if exc.problem.status == 401:
                raise Trouble(f"The relay refused the inbound key: {exc.problem.detail}") from exc
            if exc.problem.status not in _FOR_CONTENT:
                raise
            self._after_refusal(chunk, exc.problem)

    def finish(self) -> None:
        """Say that there are no more chunks."""
        last, self.refused, self.joins = self.refused, None, False
        if last is not None:
            self.send(last)

    def _after_refusal(self, chunk: Chunk, problem: Problem) -> None:
        """Nothing of the chunk was accepted: find the records that are wrong, or send less at a time."""
        named = self._by_record(chunk, problem.faults) if problem.status == 422 else {}
        if not named and len(chunk.records) > 1 and (self.apart or problem.status == 413):
            for half in chunk.halves():
                self.send(half)
        elif self.joins and not self.stop_on_error and len(chunk.records) - 1 in named:
            # Once its last record is mended, this chunk may be one with the next: nothing of that may be accepted now.
            # Sent together they are refused again, and the relay tells what else is wrong.
            self.refused = chunk
        else:
            self._take_apart(chunk, named or {index: [problem.detail] for index in range(len(chunk.records))})

    def _take_apart(self, chunk: Chunk, wrong: Mapping[int, list[str]]) -> None:
        """Reject the wrong records of a chunk, and send the others or hold them back.

        They are sent where the wrong ones are kept apart, to be mended elsewhere. Otherwise somebody may mend those in the
        file and send it again: then the whole chunk is new to the relay, and nothing of it may have been accepted.
        """
        left = chunk.without(wrong)
        if not self.apart:
            self.tally.held += len(left.records)
        self._reject_all(chunk, wrong)
        if self.apart and left.records:
            self.send(left)

    def _by_record(self, chunk: Chunk, faults: tuple[Fault, ...]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        for fault in faults:
            index = 0 if len(chunk.records) == 1 else fault.index
            if index is not None and index < len(chunk.records):
                found[index].append(fault.in_words())
        return found

    def _count(self, chunk: Chunk, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, dict) else {}
        accepted = len(body.get("accepted", ()))
        if answer.headers.get("Idempotent-Replayed", "").lower() == "true":
            self.tally.replayed += accepted
        else:
            self.tally.accepted += accepted
        self.tally.skipped += len(body.get("skipped", ()))
        self._reject_all(chunk, rejected_of(body))

    def _reject_all(self, chunk: Chunk, rejected: Mapping[int, list[str]]) -> None:
        for index in sorted(rejected):
            self._reject(chunk.records[min(index, len(chunk.records) - 1)], rejected[index])

    def _reject(self, record: Record, reasons: list[str]) -> None:
        self.tally.reject(record.line, reasons)
        self.reject(record)
        if self.stop_on_error:
            raise StoppedAtFault("Stopped at the first rejected record, as --stop-on-error says.")

    def _post(self, chunk: Chunk) -> Answer:
        """Post until there is an answer that is no request to wait. The key makes posting again harmless."""
        deadline, backoff = self.clock() + self.patience, FIRST_WAIT
        while True:
            try:
                answer = self._post_once(chunk)
            except (Refused, NoAnswer) as exc:
                wait = self._wait_after(exc, backoff)
                if wait is None or self.clock() + wait > deadline:
                    raise
                note(f"{str(exc).splitlines()[0]} Trying again in {wait:.0f} s.")
            else:
                self.answered = True
                return answer
            self.sleep(wait)
            backoff = min(backoff * 2, LONGEST_WAIT)

    def _wait_after(self, ended: Refused | NoAnswer, backoff: float) -> float | None:
        """Give how long to wait before the same once more, or None where that would not help."""
        if isinstance(ended, NoAnswer):
            return backoff if self.answered else None
        if ended.problem.status not in _TRY_AGAIN:
            return None
        return backoff if ended.problem.retry_after is None else ended.problem.retry_after

    def _post_once(self, chunk: Chunk) -> Answer:
        return self.client.call(
            "POST",
            f"/in/{part(self.destination)}",
            chunk.body,
            query=self.key.query,
            auth=self.key.authorization,
            headers={"Idempotency-Key": chunk.key(self.destination, *self.names)},
        )


def rejected_of(body: Mapping[str, Any]) -> dict[int, list[str]]:
    """Give the records that an answer lists as rejected, by index, with what is wrong with each."""
    found: dict[int, list[str]] = {}
    for item in body.get("rejected", ()):
        faults = [read_fault(each).in_words() for each in item.get("errors", ())]
        found[int(item["index"])] = faults or ["was rejected"]
    return found

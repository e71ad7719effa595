"""Sending chunks until each record is accounted for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from relay.cli.chunks import Chunk
from relay.cli.client import Answer, Authorization, Client
from relay.cli.endings import NoAnswer, Refused, Trouble
from relay.cli.inbound_keys import InboundKey
from relay.cli.problems import read_problem
from relay.cli.records import Record
from relay.cli.sender import Sender, StoppedAtFault
from relay.cli.tally import Tally

Respond = Callable[[list[Any]], Answer]


def accepted(records: list[Any], **headers: str) -> Answer:
    """Take all records."""
    items = [{"index": index, "delivery": f"dlv_{index}"} for index in range(len(records))]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(202, {"accepted": items, "rejected": [], "skipped": []}, named)


def refused(status: int, errors: list[dict[str, Any]] | None = None, **headers: str) -> Refused:
    """Give a problem as the client raises it."""
    body = {"type": "urn:x:some", "detail": "No.", "errors": errors or []}
    return Refused(
        read_problem(status, body, {name.replace("_", "-"): value for name, value in headers.items()})
    )


class Relay(Client):
    """Answers from a function, and keeps what it was sent."""

    def __init__(self, *responses: Respond | Exception) -> None:
        self.responses = list(responses)
        self.sent: list[list[Any]] = []
        self.keys: list[str] = []

    def call(self, method: str, path: str, body: bytes | None = None, **options: Any) -> Answer:
        """Answer the next thing; the last one is answered again and again."""
        assert ("POST", "/in/here") == (method, path)
        given = json.loads(body or b"")
        self.sent.append(given if isinstance(given, list) else [given])
        self.keys.append(options["headers"]["Idempotency-Key"])
        response = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if isinstance(response, Exception):
            raise response
        return response(self.sent[-1])


class Sending:
    """A sender with a clock that moves when it sleeps."""

    def __init__(self, *responses: Respond | Exception, **options: Any) -> None:
        self.relay = Relay(*responses)
        self.now = 0.0
        self.slept: list[float] = []
        self.kept: list[Record] = []
        self.tally = Tally()
        self.sender = Sender(
            self.relay,
            "here",
            InboundKey(Authorization("Bearer x")),
            ("file", ""),
            self.tally,
            self.kept.append,
            sleep=self.sleep,
            clock=lambda: self.now,
            **options,
        )

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds

    def send(self, *values: int) -> tuple[int, int, int, int]:
        """Send a chunk with these numbers, and give the tally."""
        self.sender.send(Chunk("0", tuple(Record(json.dumps({"n": n}), n + 1) for n in values)))
        tally = self.tally
        return tally.accepted, tally.replayed, tally.rejected, tally.skipped


def test_accepted_and_replayed_are_told_apart() -> None:
    """The second run of a command accepts nothing twice, and says so."""
    assert (3, 0, 0, 0) == Sending(accepted).send(1, 2, 3)
    assert (0, 2, 0, 0) == Sending(lambda given: accepted(given, Idempotent_Replayed="true")).send(1, 2)


def test_an_answer_may_reject_and_skip_some() -> None:
    """A destination that takes the good records of a request alone says which it did not."""
    body = {
        "accepted": [{"index": 0, "delivery": "dlv_0"}],
        "rejected": [{"index": 1, "errors": [{"pointer": "#/x", "detail": "is required"}]}],
        "skipped": [{"index": 2}],
    }
    sending = Sending(lambda _: Answer(202, body, {}))

    assert (1, 0, 1, 1) == sending.send(5, 6, 7)
    assert ['{"n": 6}'] == [each.text for each in sending.kept]


def test_the_others_of_a_refused_chunk_are_sent_where_bad_ones_are_kept_apart() -> None:
    """One bad record refuses the request; the good ones go in another."""
    errors = [{"index": 1, "pointer": "#/n", "detail": "is wrong"}]
    sending = Sending(refused(422, errors), accepted, apart=True)

    assert (2, 0, 1, 0) == sending.send(5, 6, 7)
    assert 0 == sending.tally.held
    assert [[{"n": 5}, {"n": 6}, {"n": 7}], [{"n": 5}, {"n": 7}]] == sending.relay.sent
    assert 2 == len(set(sending.relay.keys))


def test_the_others_of_a_refused_chunk_are_held_back_where_it_may_be_mended_and_sent_again() -> None:
    """The mended chunk is new to the relay: what had been accepted of it would be accepted twice."""
    errors = [{"index": 1, "pointer": "#/n", "detail": "is wrong"}]
    sending = Sending(refused(422, errors), accepted)

    assert (0, 0, 1, 0) == sending.send(5, 6, 7)
    assert (2, 1) == (sending.tally.held, len(sending.relay.sent))


def test_a_chunk_whose_end_is_bad_takes_the_next_one_with_it() -> None:
    """Once that record is mended or taken out they may be one: nothing of it may have been accepted."""

    def answer(given: list[Any]) -> Answer:
        wrong = [index for index, each in enumerate(given) if each["n"] in {2, 4}]
        if wrong:
            raise refused(422, [{"index": index, "pointer": "#/n", "detail": "is wrong"} for index in wrong])
        return accepted(given)

    sending = Sending(answer, joins=True)
    for values in ((1, 2), (3, 4), (5, 6), (7, 8)):
        sending.send(*values)
    sending.sender.finish()

    assert (2, 2, 4) == (sending.tally.accepted, sending.tally.rejected, sending.tally.held)
    assert [{"n": n} for n in range(1, 7)] == sending.relay.sent[2]
    assert [{"n": 7}, {"n": 8}] == sending.relay.sent[3]


def test_the_last_chunk_waits_for_no_other() -> None:
    """It is told at the end."""
    sending = Sending(refused(422, [{"index": 1, "pointer": "#/n", "detail": "is wrong"}]), joins=True)
    sending.send(1, 2)
    sending.sender.finish()

    assert (1, 1) == (sending.tally.rejected, sending.tally.held)


def test_a_refusal_that_names_no_record_holds_the_chunk_back() -> None:
    """To find the bad one, the others would have to be sent."""
    sending = Sending(refused(400))

    assert (0, 0, 3, 0) == sending.send(5, 6, 7)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refusal_that_names_no_record_is_halved_until_the_bad_one_stands_alone(status: int) -> None:
    """Also where the request was only too large."""

    def answer(given: list[Any]) -> Answer:
        if {"n": 3} in given:
            raise refused(status)
        return accepted(given)

    sending = Sending(answer, apart=True)

    assert (4, 0, 1, 0) == sending.send(1, 2, 3, 4, 5)
    assert [[{"n": 3}]] == [each for each in sending.relay.sent if len(each) == 1 and each[0] == {"n": 3}]
    assert len(sending.relay.keys) == len(set(sending.relay.keys))


def test_what_cannot_be_read_is_rejected_and_not_sent() -> None:
    """The rest of its chunk is, where bad ones are kept apart."""
    sending = Sending(accepted, apart=True)
    sending.sender.send(Chunk("0", (Record("{", 1, "is not right JSON"), Record('{"n": 2}', 2))))

    assert ([[{"n": 2}]], 1, 1) == (sending.relay.sent, sending.tally.rejected, sending.tally.accepted)


def test_a_relay_that_asks_to_wait_is_waited_for() -> None:
    """As long as it says, or longer each time where it says nothing; the key stays the same."""
    sending = Sending(
        refused(503, Retry_After="7"), refused(429, Retry_After="2"), refused(503), refused(503), accepted
    )

    assert (1, 0, 0, 0) == sending.send(1)
    assert [7, 2, 4, 8] == sending.slept
    assert 1 == len(set(sending.relay.keys))


def test_patience_ends() -> None:
    """Then the relay's own words are the ending."""
    sending = Sending(refused(503, Retry_After="30"), patience=60)

    with pytest.raises(Refused):
        sending.send(1)

    assert [30, 30] == sending.slept


def test_silence_is_asked_again_once_the_relay_has_answered() -> None:
    """Before that, the address is probably wrong."""
    sending = Sending(accepted, NoAnswer("nothing"), accepted)
    sending.send(1)

    assert (2, 0, 0, 0) == sending.send(2)
    with pytest.raises(NoAnswer):
        Sending(NoAnswer("nothing")).send(1)


def test_a_wrong_key_ends_it_at_once() -> None:
    """No later request would fare better."""
    with pytest.raises(Trouble, match="inbound key"):
        Sending(refused(401)).send(1, 2)


@pytest.mark.parametrize("status", [404, 409, 500])
def test_what_concerns_every_record_ends_it(status: int) -> None:
    """Nothing is counted as rejected then."""
    sending = Sending(refused(status))

    with pytest.raises(Refused):
        sending.send(1, 2)

    assert 0 == sending.tally.total


def test_it_stops_at_the_first_fault_when_asked_to() -> None:
    """Nothing of that chunk is sent."""
    errors = [{"index": 1, "pointer": "#/n", "detail": "is wrong"}]
    sending = Sending(refused(422, errors), accepted, stop_on_error=True)

    with pytest.raises(StoppedAtFault):
        sending.send(5, 6, 7)

    assert 1 == len(sending.relay.sent)

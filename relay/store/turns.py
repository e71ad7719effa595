"""Turns: one RQ job each, enqueued by name, so that nobody here imports the workers."""

from __future__ import annotations

from redis import Redis

from relay.store.connection import speaking_our_errors
from relay.store.keys import Lane
from relay.store.rq_keys import for_rq

QUEUE = "turns"
FUNCTION = "workers.turn.take_turn"
LONGEST = 600  # seconds after which RQ gives a job up as abandoned; a turn ends by itself long before


class Turns:
    """Enqueues turns. Arguments are texts, written as JSON: nothing in the queue can run on being read."""

    def __init__(self, redis: Redis) -> None:
        client = for_rq(redis)
        # Not before that: RQ makes up its mind about the names of its keys as it is imported.
        from rq import Queue  # noqa: PLC0415
        from rq.serializers import JSONSerializer  # noqa: PLC0415

        self.queue = Queue(QUEUE, connection=client, serializer=JSONSerializer, default_timeout=LONGEST)

    def ask(self, lane: Lane) -> None:
        """Ask for a turn that serves `lane`. Losing it does no harm: the attention list asks again."""
        with speaking_our_errors():
            self.queue.enqueue(FUNCTION, lane.name, result_ttl=0, failure_ttl=3600, description=lane.name)

    def ask_many(self, lanes: list[Lane]) -> None:
        """Ask for several turns in one round trip."""
        if not lanes:
            return
        with speaking_our_errors():
            self.queue.enqueue_many(
                self.queue.prepare_data(
                    FUNCTION, (lane.name,), result_ttl=0, failure_ttl=3600, description=lane.name
                )
                for lane in lanes
            )

    def waiting(self) -> int:
        """Count the turns that nobody has begun."""
        with speaking_our_errors():
            return int(self.queue.count)

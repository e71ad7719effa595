"""Every key that the relay keeps in Redis, by name.

Keys that one script touches share a hash tag, so that the same scripts run on a Redis Cluster. The tag is the shard
of the destination (one hexadecimal digit), or the credential's own for its budget. The scripts know three
of these patterns as well: `common.lua` builds them from the shard's prefix.

    relay:{7}:attention                      sorted set: lane -> when it next needs somebody (ms)
    relay:{7}:clock                          hash: a moment by Redis's clock, and what the scripts took it for
    relay:{7}:lane:<lane>                    hash: lease, lease_until, asked_until, not_before, claim, head, latest
    relay:{7}:due:<lane>                     sorted set: item -> when it is due (ms)
    relay:{7}:flight:<lane>                  sorted set: item -> when its attempt began, or until when it is held (ms)
    relay:{7}:delivery:<id>                  hash: one delivery, attempts included
    relay:{7}:callback:<id>                  hash: one callback, attempts included
    relay:{7}:log[:<state>]                  sorted set: the shard's deliveries, all and by state
    relay:{7}:log:<destination>[:<state>]    sorted set: one destination's deliveries, all and by state
    relay:{7}:destination:<id>               hash: settings, state, revision
    relay:{7}:open:<destination>             hash: group -> the batch that collects its records
    relay:{7}:request:<destination>@<made>:<key>  hash: the answer to a request, for its repeats
    relay:{7}:seen:<destination>@<made>:<key>     text: the delivery of a dedupe key, and a digest of what it sends
    relay:{7}:gone:<destination>             text: the callback URL whose receiver answered 410
    relay:{7}:retention:<destination>        hash: how long what it settled stays, whether without its payload, and what
                                             tidying made of that; it outlives the destination as its logs do
    relay:{7}:never                          nothing: each script names it, so that it is refused while its slot moves
    relay:{7}:discards                       set: names of sets that wait to be discarded with their destination
    relay:{7}:discard:<kind>/<destination>@<ms>   sorted set: what waited there: delivery, test, uncertain or callback
    relay:{credential <id>}:budget           hash: what is left of the rate window
    relay:{credential <id>}:renewal          hash: who renews its OAuth grant, and the token calls of the last minute
    relay:{credential <id>}:clock            hash: the same for the two above
    relay:{<tag>}:tick                       text: written for its own sake, where a write is to be on disk or on a replica
    relay:mark                               text: an id of this relay's data; without it the data is new, or lost
    relay:connecting:<digest of the state>   text: whom a person was sent to Calendly for, and the sealed verifier
    relay:destinations, relay:credentials    sorted sets of ids, all at 0: by id
    relay:deleted-destinations               set of ids whose logs still name something
    relay:credential:<id>                    text: the credential as JSON, its token sealed
    relay:admin-keys                         hash: key id -> the key as JSON, its secret as SHA-256; <id>:used -> when (ms)
    relay:{wrong <route>}:all                text: wrong keys of the last minute; a route is `api` or `in/<destination>`
    relay:{wrong <route>}:from:<digest>      text: those that came from one address
    relay:{wrong <route>}:known:<digest>     text: a right key came from this address in the last thirty days
    relay:audit                              stream: who did what, on what, and when
    relay:workers                            sorted set: worker process -> when it was last seen (s)
    relay:task:<task>                        text: some worker process has taken up a task, for a time

A lane is `delivery/<destination>`, `callback/<destination>` or `test/<destination>`. A log named after a destination cannot be mistaken for
one named after a state: ids of destinations stand behind a slash there (`log:/<destination>`).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

from relay.model.ids import SHARDS, shard_of_id

SHARD_TAGS = tuple(f"{number:x}" for number in range(SHARDS))
DESTINATIONS = "relay:destinations"
DELETED_DESTINATIONS = "relay:deleted-destinations"
CREDENTIALS = "relay:credentials"
WORKERS = "relay:workers"
AUDIT = "relay:audit"
MARK = "relay:mark"
ADMIN_KEYS = "relay:admin-keys"


def shard_of(destination: str) -> str:
    """Give the shard that a destination's keys live in: one hexadecimal digit, the same on every machine."""
    return f"{zlib.crc32(destination.encode()) % SHARDS:x}"


def shard_prefix(shard: str) -> str:
    """Give what every key of a shard starts with."""
    return f"relay:{{{shard}}}:"


@dataclass(frozen=True, slots=True)
class Lane:
    """The deliveries, the callbacks, or the tests, of one destination that wait."""

    kind: Literal["delivery", "callback", "test"]
    destination: str

    @property
    def name(self) -> str:
        """Give the lane as the attention list and RQ's jobs name it."""
        return f"{self.kind}/{self.destination}"

    @property
    def shard(self) -> str:
        """Give the lane's shard."""
        return shard_of(self.destination)

    @property
    def prefix(self) -> str:
        """Give what every key of the lane's shard starts with."""
        return shard_prefix(self.shard)

    @classmethod
    def named(cls, name: str) -> Lane:
        """Read what `name` gave; ValueError for anything else."""
        kind, slash, destination = name.partition("/")
        if kind == "delivery" and slash:
            return cls("delivery", destination)
        if kind == "callback" and slash:
            return cls("callback", destination)
        if kind == "test" and slash:
            return cls("test", destination)
        raise ValueError(f"not a lane: {name!r}")


def attention(shard: str) -> str:
    """Name the list of a shard's lanes that need somebody, and when."""
    return f"{shard_prefix(shard)}attention"


def lane_of(lane: Lane) -> str:
    """Name the hash of a lane's lease."""
    return f"{lane.prefix}lane:{lane.name}"


def due(lane: Lane) -> str:
    """Name the sorted set of what waits in a lane."""
    return f"{lane.prefix}due:{lane.name}"


def flight(lane: Lane) -> str:
    """Name the sorted set of a lane's attempts in flight."""
    return f"{lane.prefix}flight:{lane.name}"


def delivery(identifier: str) -> str:
    """Name a delivery's hash; ValueError if the id names no shard."""
    return f"{shard_prefix(shard_of_id(identifier))}delivery:{identifier}"


def callback(identifier: str) -> str:
    """Name a callback's hash; ValueError if the id names no shard."""
    return f"{shard_prefix(shard_of_id(identifier))}callback:{identifier}"


def log(shard: str, destination: str | None = None, state: str | None = None) -> str:
    """Name a log: of a shard or of one destination in it, of every state or of one."""
    name = f"{shard_prefix(shard)}log"
    if destination is not None:
        name += f":/{destination}"
    return name if state is None else f"{name}:{state}"


def destination(identifier: str) -> str:
    """Name a destination's hash."""
    return f"{shard_prefix(shard_of(identifier))}destination:{identifier}"


def request(destination_id: str, made: int, key: str) -> str:
    """Name the hash of the answer to a request; `made` is when its destination was created, in milliseconds."""
    return f"{shard_prefix(shard_of(destination_id))}request:{destination_id}@{made}:{key}"


def gone_receiver(destination_id: str) -> str:
    """Name the text that says at which URL a destination's callbacks have ended."""
    return f"{shard_prefix(shard_of(destination_id))}gone:{destination_id}"


def retention(destination_id: str) -> str:
    """Name the hash of how long what a destination settled is kept, and what tidying made of that."""
    return f"{shard_prefix(shard_of(destination_id))}retention:{destination_id}"


def discards(shard: str) -> str:
    """Name the set of a shard's discards that nobody has finished."""
    return f"{shard_prefix(shard)}discards"


def discard(shard: str, name: str) -> str:
    """Name the sorted set of what waited in a destination that was deleted."""
    return f"{shard_prefix(shard)}discard:{name}"


def tick(key: str) -> str:
    """Name the text beside a key with a hash tag, which is written so that there is something to wait for."""
    return f"{key[: key.index('}') + 1]}:tick"


def turn_at(task: str) -> str:
    """Name the text that says that some worker process has taken up a task."""
    return f"relay:task:{task}"


def credential(identifier: str) -> str:
    """Name a credential's hash."""
    return f"relay:credential:{identifier}"


def budget(credential_id: str) -> str:
    """Name the hash of what a credential may still call."""
    return f"relay:{{credential {credential_id}}}:budget"


def renewal(credential_id: str) -> str:
    """Name the hash of who renews a credential's OAuth grant."""
    return f"relay:{{credential {credential_id}}}:renewal"


def clock_of(credential_id: str) -> str:
    """Name the hash of what time it is for a credential's budget and renewal."""
    return f"relay:{{credential {credential_id}}}:clock"


def connecting(digest: str) -> str:
    """Name the text that a person on the way to Calendly is remembered by; `digest` is that of the state."""
    return f"relay:connecting:{digest}"


def wrong_keys(route: str) -> str:
    """Name the count of wrong keys at a route."""
    return f"relay:{{wrong {route}}}:all"


def wrong_keys_from(route: str, address: str) -> str:
    """Name the count of wrong keys at a route that came from one address; `address` is its digest."""
    return f"relay:{{wrong {route}}}:from:{address}"


def known_address(route: str, address: str) -> str:
    """Name the text that says that right keys come from an address."""
    return f"relay:{{wrong {route}}}:known:{address}"

"""Every error of the relay, in one tree.

RelayError
├── BadSettings                 start-up: the environment is wrong
├── StoreUnavailable            503: Redis cannot be reached or refuses to write
│   ├── NotDurable              503: it could not promise to keep what it would store; nothing was stored
│   ├── NotConfirmed            503: it has stored something, and did not promise in time to keep it
│   └── StoreLost               503: its data seems to be gone
├── NotReady                    503: no worker is there
├── TooManyWaiting              503: as many calls wait for somebody else as may
├── QueueFull                   503: the destination has as many deliveries waiting as it may
├── NotAuthenticated            401
├── NotAllowed                  403: the key is right, and may not do this
├── TooManyWrongKeys            429: this address showed too many
├── NotFound                    404
│   ├── UnknownTemplate
│   ├── UnknownDestination
│   ├── UnknownCredential
│   ├── UnknownDelivery
│   ├── UnknownCallback
│   └── UnknownKey
├── BadRequest                  400: the bytes are not what they should be
├── MethodNotAllowed            405
├── TooSlow                     408
├── TooLarge                    413
├── UnsupportedMediaType        415
├── Conflict                    409: right in itself, wrong in this state
├── Invalid                     422: names each field that is wrong
├── CalendlyTrouble             502: Calendly did not answer a question of ours
│   ├── TokenRefused            422: it refuses the token            (relay/calendly/client.py)
│   └── LookUpFailed            502: a look-up came to no answer     (relay/calendly/client.py)
├── ForeignAddress              500: a token was about to leave      (relay/outgoing/door.py)
└── CannotOpen                  500: no key opens a stored secret    (relay/store/vault.py)

Errors that only one module can meet stand in that module; the tree names them all, and a test compares.
InvalidRecord (relay/catalogue/template.py), LeaseLost (relay/store/attempts.py), OtherBody and OtherRecords
(relay/store/acceptance.py) are no RelayErrors: they never leave the layer above the one that raises them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault in what was sent: where it is (a JSON pointer), and what would be right (a sentence)."""

    pointer: str
    detail: str
    index: int | None = None

    def to_dict(self) -> dict[str, object]:
        """Give the fault as a problem's `errors` item; `index` only where records were sent."""
        item: dict[str, object] = {} if self.index is None else {"index": self.index}
        return {**item, "pointer": self.pointer, "detail": self.detail}


class RelayError(Exception):
    """The relay could not do this."""

    code = "relay_error"
    status = 500
    retry_after: int | None = None

    def __init__(self, detail: str = "", *, errors: tuple[FieldError, ...] = ()) -> None:
        self.detail = detail or (self.__doc__ or "").strip()
        self.errors = errors
        super().__init__(self.detail)


class BadSettings(RelayError):
    """The environment does not describe a relay that can start."""

    code = "bad_settings"


class StoreUnavailable(RelayError):
    """The store cannot be reached, or did not answer in time; try again shortly."""

    code = "store_unavailable"
    status = 503
    retry_after = 30


class NotDurable(StoreUnavailable):
    """The store cannot promise to keep what it is given. Nothing was stored; send this again."""

    code = "not_durable"


class NotConfirmed(StoreUnavailable):
    """The store did not promise in time to keep this. It may have been stored: send it again with the same Idempotency-Key, or it may be done twice."""

    code = "not_confirmed"
    answer: object = None  # of the store, as if it had promised


class StoreLost(StoreUnavailable):
    """The store holds no settings: it was never set up, or has lost its data. Keep this and send it again."""

    code = "store_lost"
    retry_after = 60


class NotReady(RelayError):
    """Nobody is there to do this now."""

    code = "not_ready"
    status = 503
    retry_after = 30


class TooManyWaiting(RelayError):
    """As many calls wait for Calendly or a receiver as this process lets wait."""

    code = "too_many_waiting"
    status = 503
    retry_after = 5


class QueueFull(RelayError):
    """As many deliveries of this destination wait as may."""

    code = "queue_full"
    status = 503
    retry_after = 60


class NotAuthenticated(RelayError):
    """The credentials of this request are missing or wrong."""

    code = "not_authenticated"
    status = 401


class NotAllowed(RelayError):
    """The key is right, and its scope does not cover this."""

    code = "not_allowed"
    status = 403


class TooManyWrongKeys(RelayError):
    """Too many wrong keys came from this address; try again with the right one later."""

    code = "too_many_wrong_keys"
    status = 429
    retry_after = 60


class NotFound(RelayError):
    """There is nothing here."""

    code = "not_found"
    status = 404


class UnknownTemplate(NotFound):
    """No endpoint template has that name."""

    code = "unknown_template"


class UnknownDestination(NotFound):
    """No destination has that id."""

    code = "unknown_destination"


class UnknownCredential(NotFound):
    """No credential has that id."""

    code = "unknown_credential"


class UnknownDelivery(NotFound):
    """No delivery has that id. Settled deliveries are kept for a limited time."""

    code = "unknown_delivery"


class UnknownCallback(NotFound):
    """This delivery has no callback."""

    code = "unknown_callback"


class UnknownKey(NotFound):
    """No key has that id."""

    code = "unknown_key"


class BadRequest(RelayError):
    """The request could not be read."""

    code = "bad_request"
    status = 400


class TooSlow(RelayError):
    """The request took longer to arrive than this relay waits."""

    code = "too_slow"
    status = 408


class TooLarge(RelayError):
    """The request is larger than this relay takes."""

    code = "too_large"
    status = 413


class MethodNotAllowed(RelayError):
    """This address does not take that method."""

    code = "method_not_allowed"
    status = 405


class UnsupportedMediaType(RelayError):
    """This address takes JSON."""

    code = "unsupported_media_type"
    status = 415


class Conflict(RelayError):
    """The state of things does not allow this now."""

    code = "conflict"
    status = 409


class Invalid(RelayError):
    """What was sent breaks the rules named under `errors`."""

    code = "invalid"
    status = 422


class CalendlyTrouble(RelayError):
    """Calendly could not be asked, or did not answer."""

    code = "calendly_trouble"
    status = 502

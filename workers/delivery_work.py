"""Serving a lane of deliveries: one call to Calendly each, read as a verdict, with what follows from it."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

import structlog

from relay.calendly import (
    Asking,
    LookUpFailed,
    TokenRefused,
    confirm,
    rate_told,
    read_failed_look_up,
    read_outcome,
)
from relay.catalogue.template import Template
from relay.errors import StoreUnavailable, UnknownCredential
from relay.model.call import Answer, Call, NotSent, Outcome, Silence
from relay.model.credential import Credential
from relay.model.destination import StandingDestination
from relay.model.verdict import Busy, Refused, Unauthorized, Unknown, Unreachable, Verdict
from relay.store import Lane
from relay.store.budget import Grant
from relay.store.lanes import Claimed, Ending
from relay.store.vault import CannotOpen
from workers.delivery_call import call_with, fields_to_send, is_for, shown_request
from workers.endings import Concluded, Made, delivery_ending
from workers.looking_up import BrokenOff, LookingUp, with_found
from workers.services import Services
from workers.steps import (
    Split,
    Standing,
    Step,
    Wait,
    backoff,
    is_forgotten,
    may_be_split,
    next_step,
    tried_once,
)
from workers.unauthorized import turn_away

NEXT_TURN = 0.1  # seconds
NO_TOKEN = ""  # in place of a token where nothing may be begun
LONG_PAUSE = 5.0  # seconds before anybody looks again whether there is a token
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DeliveryWork:
    """Makes the calls of one destination, as one Calendly user."""

    services: Services
    lane: Lane
    destination: StandingDestination
    template: Template
    credential: Credential
    token: str
    outdated: Event = field(default_factory=Event)  # the next turn reads the credential anew

    @property
    def concurrency(self) -> int:
        """Give how many calls may be on their way at a time."""
        delivery = self.destination.settings.delivery
        return 1 if delivery.strict_order else delivery.concurrency

    def ask(self, calls: int) -> Grant:
        """Ask the budget of the credential for calls; none without a token, or with one that was replaced meanwhile."""
        if self.token == NO_TOKEN:
            return Grant(0, LONG_PAUSE)
        if self.outdated.is_set():
            return Grant(0, NEXT_TURN)
        return self.services.store.budget.ask(self.credential.id, calls, self.credential.rate)

    def rest(self) -> float:
        """Give nothing: the budget says when to pause."""
        return 0.0

    def give_back(self, calls: int) -> None:
        """Give back calls that were not made."""
        self.services.store.budget.give_back(self.credential.id, calls, self.credential.rate)

    def attempt(self, claimed: Claimed) -> Ending:
        """Call Calendly once and say how that ended."""
        if not is_for(self.template, claimed):
            return self._end(claimed, Made(), Refused("its destination was made anew, with another template"))
        if self.lane.kind == "test" and is_forgotten(claimed.waited, self.services.settings.call_timeout):
            return self._end(
                claimed, Made(), Refused("nobody waits for this test any more: nothing was sent")
            )
        looking_up = LookingUp(self.services, self.lane, self.template, claimed, self._heard)
        try:
            fields = self.services.store.vault.open_some(
                fields_to_send(self.template, claimed), self.template.secret_fields
            )
            credential = self._with_organization(with_found(claimed, fields))
            fields = looking_up.complete(Asking(self.services.calendly, credential, self.token), fields)
        except TokenRefused as exc:
            return self._end(claimed, Made(), Unauthorized(exc.detail))
        except LookUpFailed as exc:
            return self._end(claimed, Made(), read_failed_look_up(exc.outcome, exc.detail))
        except CannotOpen as exc:
            # The token was opened, so it is this record's key that is gone: it costs attempts, and ends one day.
            return self._end(claimed, Made(), Unreachable(exc.detail))
        except (StoreUnavailable, UnknownCredential, BrokenOff):
            return self.unsent(claimed)
        call = self._call(fields, credential)
        outcome = self.services.calendly.send(credential, self.token, call)
        self._learn(outcome)
        look_ups = self.services.calendly.overheard(self._heard)
        confirmed = confirm(look_ups, credential, self.token, self.template, fields, outcome)
        verdict = read_outcome(
            self.template,
            outcome,
            after_unknown="after_unknown" in claimed.item,
            gone_is_done=self.destination.settings.delivery.gone_is_done,
            confirmed=confirmed,
        )
        verdict = looking_up.heed(outcome, verdict)
        return self._end(claimed, Made(self._request(credential, call), outcome, confirmed), verdict)

    def unsent(self, claimed: Claimed) -> Ending:
        """End an attempt of which nothing was sent, by a fault of ours: it costs the delivery nothing."""
        reason = "this worker was held up before it could send anything"
        step = Wait(backoff(1, self.services.settings.retry_base), spends=False)
        return self._written(claimed, Made(outcome=NotSent(reason)), Unreachable(reason), step, claimed.spent)

    def orphaned(self, claimed: Claimed) -> Ending:
        """End an attempt whose worker died, or seems to have: it may have been sent, and be on its way still."""
        reason = "the worker that made this attempt stopped before it could say how it ended"
        request = None
        if is_for(self.template, claimed):
            fields = with_found(claimed, fields_to_send(self.template, claimed))
            if self.template.look_up(fields):  # nothing was found that could have been sent
                return self._end(claimed, Made(outcome=NotSent(reason)), Unreachable(reason))
            call = self._call(fields, self.credential)
            request = self._request(self.credential, call)
        made = Made(request, Silence(reason))
        verdict, spent = Unknown(reason), claimed.spent + 1
        step = self._next(claimed, verdict, spent)
        if isinstance(step, Wait):
            step = replace(step, seconds=max(step.seconds, self._may_fly_for(claimed)))
        ending = self._written(claimed, made, verdict, step, spent)
        ending.values["may_fly_until"] = str(self._may_fly_until(claimed))  # a retry by hand waits for it too
        return ending

    def _may_fly_for(self, claimed: Claimed) -> float:
        """Give the seconds for which a call may be on its way that nobody here holds: two at a time must never be."""
        return max(0.0, (self._may_fly_until(claimed) - float(claimed.item["found_at"])) / 1000)

    def _may_fly_until(self, claimed: Claimed) -> int:
        """Give the moment when such a call has ended in any case, in milliseconds by Redis's clock."""
        begun = max(
            claimed.begun_at, int(claimed.item.get("noted_at", 0))
        )  # after a look-up, however long it took
        return begun + round(self.services.settings.call_timeout * 1000)

    def _end(self, claimed: Claimed, made: Made, verdict: Verdict) -> Ending:
        spent = claimed.spent + (0 if isinstance(verdict, (Busy, Unauthorized)) else 1)
        step = self._next(claimed, verdict, spent)
        if may_be_split(verdict, made.status, int(claimed.item.get("batch_count", 1))):
            step = Split()
        # The answer in our hands matters more than these notes: while Redis is away they are left out, and the
        # next answer of the same kind brings them again.
        with suppress(StoreUnavailable):
            # A 503 is about one endpoint, not about the user.
            if isinstance(verdict, Busy) and made.status == 429:
                self.services.store.budget.block(self.credential.id, verdict.wait)
            if isinstance(verdict, Unauthorized):
                self._turn_away(verdict)
        return self._written(claimed, made, verdict, step, spent)

    def _turn_away(self, verdict: Unauthorized) -> None:
        if not turn_away(self.services, self.destination.settings.id, self.credential, verdict):
            self.outdated.set()

    def _written(self, claimed: Claimed, made: Made, verdict: Verdict, step: Step, spent: int) -> Ending:
        self._say(claimed, made.outcome, verdict, step)
        end = Concluded(claimed, made, verdict, step, spent)
        return delivery_ending(self.services, self.destination, end)

    def _next(self, claimed: Claimed, verdict: Verdict, spent: int) -> Step:
        # A destination that was paused for days starts its clock anew when it is activated.
        since = max(float(claimed.item["first_attempt_at"]) / 1000, self.destination.activated_at)
        standing = Standing(
            spent=spent,
            age=max(0.0, time.time() - since),
            harmless_to_repeat=self.template.harmless_to_repeat,
            settings=self.destination.settings.delivery,
        )
        jitter = random.random()  # noqa: S311 - spreads load, guards nothing
        step = next_step(verdict, standing, retry_base=self.services.settings.retry_base, jitter=jitter)
        return tried_once(step, verdict) if self.lane.kind == "test" else step

    def _with_organization(self, fields: Mapping[str, Any]) -> Credential:
        """Give the credential with its organization; where it is not known yet and needed, Calendly tells it."""
        needed = self.template.needs_organization or self.template.look_up(fields) is not None
        if self.credential.organization or not needed:
            return self.credential
        me = self.services.calendly.overheard(self._heard).me(self.credential, self.token)

        def fill(stands: Credential) -> Credential:
            return (
                stands if stands.organization else replace(stands, organization=me.organization, user=me.user)
            )

        return self.services.store.credentials.change(self.credential.id, fill)

    def _heard(self, outcome: Outcome) -> None:
        """Take a look-up's call off the budget. It is made in any case: its delivery waits for it in mid-attempt."""
        with suppress(StoreUnavailable):
            self.ask(1)
        self._learn(outcome)

    def _learn(self, outcome: Outcome) -> None:
        told = rate_told(outcome)
        if told is None:
            return
        with suppress(StoreUnavailable):
            self.services.store.budget.learn(
                self.credential.id, told.limit, told.remaining, told.reset_seconds, outcome.seconds
            )

    def _call(self, fields: Mapping[str, Any], credential: Credential) -> Call:
        return call_with(self.template, self.destination.settings, fields, credential)

    def _request(self, credential: Credential, call: Call) -> dict[str, Any]:
        return shown_request(self.services.calendly, credential, self.template, call)

    def _say(self, claimed: Claimed, outcome: Outcome | None, verdict: Verdict, step: Step) -> None:
        log.info(
            "delivery.attempted",
            delivery=claimed.id,
            destination=self.destination.settings.id,
            template=self.template.name,
            attempt=claimed.number,
            verdict=verdict.name,
            status=outcome.status if isinstance(outcome, Answer) else None,
            ms=round(outcome.seconds * 1000) if outcome else None,
            next=type(step).__name__.lower(),
        )

"""Serving a lane of deliveries: one call to Calendly each, read as a verdict, with what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from relay.calendly import (
    Asking,
    LookUpFailed,
    Shown,
    TokenRefused,
    needs_explaining,
    prove,
    rate_told,
    read_failed_look_up,
    read_outcome,
)
from relay.calendly.rate import window_wait
from relay.catalogue.template import Template
from relay.errors import NotDurable, StoreUnavailable, UnknownCredential
from relay.model.call import Answer, Call, NotSent, Outcome
from relay.model.credential import Credential
from relay.model.destination import StandingDestination
from relay.model.verdict import Delivered, Refused, Unauthorized, Unknown, Unreachable, Verdict
from relay.store import Lane, keys
from relay.store.attempts import Claimed, Ending
from relay.store.budget import Grant
from relay.store.vault import CannotOpen
from workers.concluding import Concluding
from workers.delivery_call import call_with, fields_to_send, is_for, shown_request
from workers.doubt import LANDS_AT, Before, before_call, doubt_of, may_fly_for
from workers.endings import Made
from workers.lane_work import LONG_PAUSE
from workers.left_behind import end_left_behind
from workers.looking_up import BrokenOff, LookingUp, with_found
from workers.services import Services
from workers.steps import Wait, backoff, is_forgotten

NEXT_TURN = 0.1  # seconds
CLOSE = 1.0  # seconds by which clocks of machines differ where they agree
NO_TOKEN = ""  # in place of a token where nothing may be begun


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

    @property
    def whom(self) -> str:
        """Name Calendly as this user meets it."""
        return f"calendly/{self.credential.id}"

    def ask(self, calls: int) -> Grant:
        """Ask the budget of the credential for calls.

        None without a token or with one that was replaced meanwhile, nor while what is begun could be forgotten.
        """
        if self.token == NO_TOKEN:
            return Grant(0, LONG_PAUSE)
        try:
            self.services.store.durability.ensure(keys.lane_of(self.lane))
        except NotDurable:
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
        """Call Calendly once and say how that ended; where an earlier call may have worked, look first whether it did."""
        early = may_fly_for(claimed, self.services.settings.call_timeout)
        if early > CLOSE:
            reason = "an earlier call may still be on its way: Redis's clock went ahead"
            put_off = self._put_off(claimed, reason, early)
            put_off.values[LANDS_AT] = ""  # once, since clocks may differ
            return put_off
        unwanted = self._unwanted(claimed)
        if unwanted:
            return self._concluding.end(claimed, Made(), Refused(unwanted))
        return self._attempted(claimed)

    def _attempted(self, claimed: Claimed) -> Ending:
        looking_up = LookingUp(self.services, self.lane, self.template, claimed, self._heard)
        try:
            credential, fields = self._prepared(claimed, looking_up)
            before = self._before(claimed, looking_up, credential, fields)
        except TokenRefused as exc:
            return self._concluding.end(claimed, Made(), Unauthorized(exc.detail))
        except LookUpFailed as exc:
            return self._concluding.end(claimed, Made(), read_failed_look_up(exc.outcome, exc.detail))
        except CannotOpen as exc:
            # The token was opened, so it is this record's key that is gone: it costs attempts, and ends one day.
            return self._concluding.end(claimed, Made(), Unreachable(exc.detail))
        except (StoreUnavailable, UnknownCredential, BrokenOff):
            return self.unsent(claimed)
        call = self._call(fields, credential)
        request = self._request(credential, call)
        if before.verdict is not None:
            return self._concluding.end(claimed, Made(request, shown=before.shown), before.verdict)
        outcome = self.services.calendly.send(credential, self.token, call)
        self._learn(outcome)
        shown = self._explained(credential, fields, outcome) or before.shown
        verdict = looking_up.heed(outcome, self._read(claimed, outcome, shown))
        made = Made(request, outcome, shown, before.words, looking_up.seconds)
        return self._concluding.end(claimed, made, verdict)

    def unsent(self, claimed: Claimed) -> Ending:
        """End an attempt of which nothing was sent, by a fault of ours: it costs the delivery nothing."""
        reason = "this worker was held up before it could send anything"
        stopping = self.services.stopping.is_set()  # then others can serve it at once
        seconds = 0.0 if stopping else backoff(1, self.services.settings.retry_base)
        return self._put_off(claimed, reason, seconds)

    def _put_off(self, claimed: Claimed, reason: str, seconds: float) -> Ending:
        made, step = Made(outcome=NotSent(reason)), Wait(seconds, spends=False)
        return self._concluding.written(claimed, made, Unreachable(reason), step, claimed.spent)

    def orphaned(self, claimed: Claimed) -> Ending:
        """End an attempt whose worker died, or seems to have: it may have been sent, and be on its way still."""
        return end_left_behind(self._concluding, claimed)

    @property
    def _concluding(self) -> Concluding:
        return Concluding(
            self.services, self.lane, self.destination, self.template, self.credential, self.outdated
        )

    def _unwanted(self, claimed: Claimed) -> str:
        """Say why nothing must be sent at all; empty where it may be."""
        if not is_for(self.template, claimed):
            return "its destination was made anew, with another template"
        if self.lane.kind == "test" and is_forgotten(claimed.waited, self.services.settings.call_timeout):
            return "nobody waits for this test any more: nothing was sent"
        return ""

    def _prepared(self, claimed: Claimed, looking_up: LookingUp) -> tuple[Credential, dict[str, Any]]:
        """Give as whom to call, and the fields of the call with what its record leaves out."""
        fields = self.services.store.vault.open_some(
            fields_to_send(self.template, claimed), self.template.secret_fields
        )
        credential = self._with_organization(with_found(claimed, fields))
        return credential, looking_up.complete(Asking(self.services.calendly, credential, self.token), fields)

    def _before(
        self, claimed: Claimed, looking_up: LookingUp, credential: Credential, fields: Mapping[str, Any]
    ) -> Before:
        """Look whether an earlier call worked that may have, and make sure that this attempt may still send."""
        doubt, shown = doubt_of(claimed), None
        if doubt.is_elsewhere(credential.organization):
            return Before(verdict=Unknown("The credential acts for another organization by now"))
        if doubt.open:
            asking = looking_up.overheard(Asking(self.services.calendly, credential, self.token))
            shown = prove(asking, self.template, fields)
        hold = self.destination.settings.delivery.on_unknown == "hold"
        before = before_call(self.template, doubt, hold=hold, shown=shown)
        if before.verdict is None:
            looking_up.insist(again=doubt.open)
        return before

    def _explained(self, credential: Credential, fields: Mapping[str, Any], outcome: Outcome) -> Shown | None:
        """Look what stands at Calendly, where its refusal cannot be understood without."""
        if not needs_explaining(self.template, outcome):
            return None
        calendly = self.services.calendly.overheard(self._heard)
        return prove(Asking(calendly, credential, self.token), self.template, fields)

    def _read(self, claimed: Claimed, outcome: Outcome, shown: Shown | None) -> Verdict:
        doubt = doubt_of(claimed)
        verdict = read_outcome(
            self.template,
            outcome,
            after_unknown=doubt.open,
            gone_is_done=self.destination.settings.delivery.gone_is_done,
            shown=shown,
        )
        if doubt.silent and self.template.spare and isinstance(verdict, Delivered | Refused):
            return replace(verdict, reason=" ".join(filter(None, [verdict.reason, self.template.spare])))
        return verdict

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
            if isinstance(outcome, Answer) and outcome.status == 429:
                self.services.store.budget.block(self.credential.id, window_wait(outcome.headers))
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

"""Bringing an attempt to its end: what follows from its verdict, for its delivery and for its credential."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass
from threading import Event

import structlog

from relay.calendly import Absent, needs_explaining
from relay.catalogue.template import Template
from relay.errors import StoreUnavailable
from relay.model.call import Answer
from relay.model.credential import Credential
from relay.model.destination import StandingDestination
from relay.model.verdict import Busy, Refused, Unauthorized, Unknown, Verdict
from relay.store import Lane
from relay.store.lanes import Claimed, Ending
from workers.doubt import CALLED_FOR, LANDS_AT, doubt_of, repeat_of
from workers.endings import Concluded, Made, delivery_ending
from workers.moments import moment_in
from workers.services import Services
from workers.steps import ABOUT_CONTENT, Split, Standing, Step, may_be_split, next_step, tried_once
from workers.unauthorized import turn_away

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Concluding:
    """Ends the attempts of one destination, made as one Calendly user."""

    services: Services
    lane: Lane
    destination: StandingDestination
    template: Template
    credential: Credential
    outdated: Event

    def end(self, claimed: Claimed, made: Made, verdict: Verdict, *, nobody_holds_it: bool = False) -> Ending:
        """Say how an attempt ended that came to this verdict. `nobody_holds_it`: its call may be on its way still."""
        spent = claimed.spent + (0 if isinstance(verdict, (Busy, Unauthorized)) else 1)
        landing = self._landing(made, verdict, nobody_holds_it=nobody_holds_it)
        step = self._next(claimed, made, verdict, spent, landing)
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
        ending = self.written(claimed, made, verdict, step, spent)
        if landing:  # a retry by hand waits for it, too
            landed = claimed.handed_out_at + round((made.took + landing) * 1000)
            ending.values["may_fly_until"] = str(landed)
            ending.values[LANDS_AT] = moment_in(landing)  # should Redis's clock jump meanwhile
        if made.may_have_worked(verdict) and self.credential.organization:
            ending.values[CALLED_FOR] = self.credential.organization
        return ending

    def written(self, claimed: Claimed, made: Made, verdict: Verdict, step: Step, spent: int) -> Ending:
        """Give the ending of an attempt after which this step follows."""
        self._say(claimed, made, verdict, step)
        end = Concluded(claimed, made, verdict, step, spent)
        return delivery_ending(self.services, self.destination, end)

    def _landing(self, made: Made, verdict: Verdict, *, nobody_holds_it: bool) -> float:
        """Give the seconds from now on in which the call of this attempt may still take effect.

        The process that made it may only seem dead: two calls at a time must never be. And where a repeat would do
        harm, a look-up must not come before an effect that is late.
        """
        cut = isinstance(verdict, Unknown) and made.sent
        if nobody_holds_it or (cut and not self.template.harmless_to_repeat):
            return self.services.settings.call_timeout
        return 0.0

    def _next(self, claimed: Claimed, made: Made, verdict: Verdict, spent: int, landing: float) -> Step:
        # A destination that was paused for days starts its clock anew when it is activated.
        since = max(float(claimed.item["first_attempt_at"]) / 1000, self.destination.activated_at)
        doubt, settings = doubt_of(claimed), self.services.settings
        silent = doubt.silent + (1 if isinstance(verdict, Unknown) and made.sent else 0)
        standing = Standing(
            spent=spent,
            age=max(0.0, claimed.handed_out_at / 1000 - since),  # by Redis's clock: this machine's may be off
            repeat=repeat_of(self.template, silent),
            settings=self.destination.settings.delivery,
            in_doubt=made.may_have_worked(verdict) or (doubt.open and not self._tells(made, verdict)),
            in_vain=doubt.open and not made.sent,
            landing=landing,
            last_look=settings.call_timeout if made.may_have_worked(verdict) else 0.0,
        )
        jitter = random.random()  # noqa: S311 - spreads load, guards nothing
        step = next_step(verdict, standing, retry_base=settings.retry_base, jitter=jitter)
        return tried_once(step, verdict) if self.lane.kind == "test" else step

    def _tells(self, made: Made, verdict: Verdict) -> bool:
        """Tell whether this attempt leaves no doubt about earlier ones: they had no effect, or no more than is said."""
        if isinstance(made.shown, Absent):
            # Unless something stands in the way that no look-up knows again: it may be what was made then.
            return made.outcome is None or not needs_explaining(self.template, made.outcome)
        if not isinstance(verdict, Refused) or made.status is None:
            return False
        # A list that is taken twice is refused twice for what is in it; and of a link that may be spare its callback tells.
        lists = self.template.takes_batches and self.template.harmless_to_repeat
        return (lists and made.status in ABOUT_CONTENT) or bool(self.template.spare)

    def _turn_away(self, verdict: Unauthorized) -> None:
        if not turn_away(self.services, self.destination.settings.id, self.credential, verdict):
            self.outdated.set()

    def _say(self, claimed: Claimed, made: Made, verdict: Verdict, step: Step) -> None:
        outcome = made.outcome
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

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
from relay.model.call import Answer, Silence
from relay.model.credential import Credential
from relay.model.destination import StandingDestination
from relay.model.verdict import Busy, Refused, Unauthorized, Unknown, Verdict
from relay.store import Lane
from relay.store.attempts import Claimed, Ending
from workers.doubt import AFTER_UNKNOWN, CALLED_FOR, EFFECT_BY, LANDS_AT, doubt_of, repeat_of, too_early_by
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

    def end(self, claimed: Claimed, made: Made, verdict: Verdict) -> Ending:
        """Say how an attempt ended that came to this verdict."""
        spent = claimed.spent + (0 if isinstance(verdict, (Busy, Unauthorized)) else 1)
        step = self._next(verdict, self._standing(claimed, made, verdict, spent))
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
        ending.values.update(self._left(claimed, made, verdict))
        return ending

    def nobody_knows(self, claimed: Claimed, reason: str) -> Ending:
        """End an attempt that was left behind, and of which nothing can be worked out: a person decides.

        It is told to nobody: what its callback would carry may be the very thing that cannot be read.
        """
        verdict = Unknown(reason)
        told = {"verdict": verdict.name, "status": None, "reason": reason, "decision": "waits for a person"}
        left = self._left(claimed, Made(outcome=Silence(reason), left_behind=True), verdict)
        values = {"reason": reason, AFTER_UNKNOWN: str(doubt_of(claimed).silent + 1), **left}
        return Ending(state="uncertain", attempt=told, known=False, spent=claimed.spent + 1, values=values)

    def written(self, claimed: Claimed, made: Made, verdict: Verdict, step: Step, spent: int) -> Ending:
        """Give the ending of an attempt after which this step follows."""
        self._say(claimed, made, verdict, step)
        end = Concluded(claimed, made, verdict, step, spent)
        return delivery_ending(self.services, self.destination, end)

    def _landing(self, made: Made, verdict: Verdict) -> float:
        """Give the seconds from now on in which the call of this attempt may still take effect.

        The process that made it may only seem dead: two calls at a time must never be. And where a repeat would do
        harm, a look-up must not come before an effect that is late.
        """
        cut = isinstance(verdict, Unknown) and made.sent
        if cut and (made.left_behind or not self.template.harmless_to_repeat):
            return self.services.settings.call_timeout
        return 0.0

    def _left(self, claimed: Claimed, made: Made, verdict: Verdict) -> dict[str, str]:
        """Give until when the call of this attempt may be on its way and take effect, and where."""

        def in_ms(seconds: float) -> str:
            return str(claimed.handed_out_at + round((made.took + seconds) * 1000))

        left, landing = {}, self._landing(made, verdict)
        if landing:  # a retry by hand waits for it, too
            left["may_fly_until"] = in_ms(landing)
            left[LANDS_AT] = moment_in(landing)  # should Redis's clock jump meanwhile
        if made.may_have_worked(verdict):
            left[EFFECT_BY] = in_ms(self.services.settings.call_timeout)
            if self.credential.organization:
                left[CALLED_FOR] = self.credential.organization
        return left

    def _standing(self, claimed: Claimed, made: Made, verdict: Verdict, spent: int) -> Standing:
        # A destination that was paused for days starts its clock anew when it is activated.
        since = max(float(claimed.item["first_attempt_at"]) / 1000, self.destination.activated_at)
        doubt, settings = doubt_of(claimed), self.services.settings
        silent = doubt.silent + (1 if isinstance(verdict, Unknown) and made.sent else 0)
        early = too_early_by(claimed, settings.call_timeout) if isinstance(made.shown, Absent) else 0.0
        tells = not early and self._tells(made, verdict)
        return Standing(
            spent=spent,
            age=max(0.0, claimed.handed_out_at / 1000 - since),  # by Redis's clock: this machine's may be off
            repeat=repeat_of(self.template, silent),
            settings=self.destination.settings.delivery,
            in_doubt=made.may_have_worked(verdict) or (doubt.open and not tells),
            in_vain=doubt.open and not made.sent and not early and not made.left_behind,
            landing=self._landing(made, verdict),
            last_look=settings.call_timeout if made.may_have_worked(verdict) else early,
        )

    def _next(self, verdict: Verdict, standing: Standing) -> Step:
        jitter = random.random()  # noqa: S311 - spreads load, guards nothing
        step = next_step(verdict, standing, retry_base=self.services.settings.retry_base, jitter=jitter)
        return tried_once(step, in_doubt=standing.in_doubt) if self.lane.kind == "test" else step

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

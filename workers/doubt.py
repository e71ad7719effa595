"""What earlier attempts of a delivery leave open, and what follows from it before a call is made."""

from __future__ import annotations

from dataclasses import dataclass, replace

from relay.calendly import Absent, Shown, Stands, Untold, read_failed_look_up
from relay.catalogue.template import Template
from relay.model.verdict import DoneAlready, Failed, Refused, Unknown, Verdict
from relay.store.attempts import Claimed
from workers.moments import seconds_until
from workers.steps import Repeat

# Fields of a delivery. The first is there once an attempt may have taken effect, and counts those that ended in silence.
AFTER_UNKNOWN, ONLY_LOOKS = "after_unknown", "only_looks"
EFFECT_BY = "effect_by"  # until when such an attempt may still take effect, in ms by Redis's clock
ACCEPTED = "accepted"  # how many of those a person knew of who asked to try again
CALLED_FOR = "called_for"  # the organization whose credential made them, where it is known
LANDS_AT = (
    "lands_at"  # until when the call of such an attempt may be on its way, in ms by the clock of who ended it
)
# What attempts leave behind for later ones.
LEFT = (AFTER_UNKNOWN, ONLY_LOOKS, EFFECT_BY, CALLED_FOR, LANDS_AT)
HARDLY = 1.0  # seconds; an effect that is later than a look-up by less is not waited for
NO_EFFECT = "Looked up: it had no effect"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Whether earlier attempts may have taken effect, and what this one may do about it.

    `silent` counts those that ended in silence. An attempt that `only_looks` makes no call. Where it is made `by_hand`, a
    person who knows of the doubt has asked for it. `organization`: where they may have taken effect, empty if not known.
    """

    open: bool = False
    silent: int = 0
    only_looks: bool = False
    by_hand: bool = False
    organization: str = ""

    def is_elsewhere(self, organization: str) -> bool:
        """Tell whether it is about another organization than this one: what is seen in this one tells nothing."""
        known = self.open and bool(self.organization and organization)
        return known and organization != self.organization


def doubt_of(claimed: Claimed) -> Doubt:
    """Read from a delivery what its earlier attempts leave open."""
    item, silent = claimed.item, int(claimed.item.get(AFTER_UNKNOWN, 0))
    by_hand = int(item.get(ACCEPTED, -1)) == silent  # after another silence he would have to decide anew
    return Doubt(
        open=AFTER_UNKNOWN in item,
        silent=silent,
        only_looks=bool(item.get(ONLY_LOOKS)),
        by_hand=by_hand,
        organization=item.get(CALLED_FOR, ""),
    )


def as_it_was(claimed: Claimed) -> dict[str, str]:
    """Give what earlier attempts had left behind when this one began.

    An attempt writes it back with what it leaves itself: somebody may have thought meanwhile that its worker had died,
    and put down a doubt that its own end dispels.
    """
    return {name: claimed.item.get(name, "") for name in LEFT}


def too_early_by(claimed: Claimed, longest: float) -> float:
    """Give the seconds, up to the `longest` that a call takes, in which an earlier one may take effect after this attempt's look-up."""
    ahead = (int(claimed.item.get(EFFECT_BY) or 0) - claimed.handed_out_at) / 1000
    return min(longest, ahead) if ahead > HARDLY else 0.0


def may_fly_for(claimed: Claimed, longest: float) -> float:
    """Give the seconds for which an earlier call may still be on its way.

    The lane waits for that by Redis's clock, and so hardly any are left: unless that one went forward meanwhile. No more
    than the `longest` that a call takes, should two machines differ about the time of day.
    """
    lands_at = claimed.item.get(LANDS_AT)
    return min(longest, max(0.0, seconds_until(lands_at))) if lands_at else 0.0


def repeat_of(template: Template, silent: int) -> Repeat:
    """Say what makes sure that a repeat does no harm after so many attempts that ended in silence; empty where nothing does."""
    if template.proof:
        return "looked up"
    if template.harmless_to_repeat:
        return "harmless"
    return "once" if template.spare and silent <= 1 else ""


@dataclass(frozen=True, slots=True)
class Before:
    """What is known before a call: why it does no harm, for the log; or the `verdict` that makes it needless or forbids it."""

    words: str = ""
    verdict: Verdict | None = None
    shown: Shown | None = None


def before_call(template: Template, doubt: Doubt, *, hold: bool, shown: Shown | None) -> Before:
    """Say whether a call is made that an earlier attempt may have made already. `shown` is what a look-up found.

    A destination that holds (`hold`) has no call repeated after silence, whenever it began to; but for a person's word.
    """
    if not doubt.open:
        return Before()
    if hold and doubt.silent and not doubt.by_hand:
        doubt = replace(doubt, only_looks=True)
    match shown:
        case Stands(meaning=meaning):
            return Before(verdict=DoneAlready(f"Looked up: {meaning}"), shown=shown)
        case Absent() if doubt.only_looks:
            # A person may know better than to take this for the last word, where his destination asks him.
            words = f"{NO_EFFECT} so far"
            return Before(verdict=Unknown(words) if hold else Failed(words), shown=shown)
        case Absent():
            return Before(words=f"{NO_EFFECT}, so the call was made again.", shown=shown)
        case Untold():
            return _untold(template, doubt, shown)
    words = _words(template, doubt)
    return Before(words=words) if words else Before(verdict=Unknown("A repeat might do it twice"))


def _untold(template: Template, doubt: Doubt, shown: Untold) -> Before:
    """Look again later where that may help; else make the call where that does no harm."""
    verdict = read_failed_look_up(shown.outcome, f"It could not be looked up. {shown.reason}")
    if not isinstance(verdict, Refused):
        return Before(verdict=verdict, shown=shown)
    repeats = template.harmless_to_repeat or doubt.by_hand
    words = _words(template, doubt) if repeats else ""
    if not words:
        return Before(verdict=Unknown(verdict.reason), shown=shown)
    return Before(words=f"{verdict.reason}. {words}", shown=shown)


def _words(template: Template, doubt: Doubt) -> str:
    if doubt.only_looks:
        return ""
    if template.harmless_to_repeat:
        return "Repeated, harmless."
    if doubt.by_hand:
        return "Repeated by hand."
    return "Repeated once." if template.spare and doubt.silent <= 1 else ""

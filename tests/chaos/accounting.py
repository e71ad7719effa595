"""Accounting for every id: what everybody saw must go together. Pure, so that planted violations can prove it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.chaos.deeds import Deeds
from tests.chaos.hand_accounting import HandAccount
from tests.chaos.history import History, LaneRules, Posted, SeenCall, SeenCallback, Told, Violation
from tests.chaos.pauses import Pauses

SETTLED = ("delivered", "dead", "canceled", "uncertain", "split")
OUTCOMES = {f"delivery.{state}" for state in ("delivered", "dead", "uncertain")}
NO_ANSWER = {"unknown", "failed"}  # verdicts after which a repeat is told of
RESOLVED = "Resolved by hand"
CROSSING = 40.0  # seconds for which a callback may be on its way when a newer one is filed: a lease, its call, and grace
LONGEST_WAIT = 15.0 + 5.0 + 20.0  # seconds: a lease, the handover to a new turn, and grace for a busy machine


class Account:
    """The history, by subject and by delivery, and what is wrong with it."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.writes: dict[str, list[SeenCall]] = defaultdict(list)
        self.looks: dict[str, list[SeenCall]] = defaultdict(list)
        for call in sorted(history.calls, key=lambda each: each.began):
            for subject in call.subjects:
                (self.looks if call.looks else self.writes)[subject].append(call)
        self.deliveries: dict[str, list[Told]] = defaultdict(list)
        for told in history.log.values():
            for subject in told.subjects:
                self.deliveries[subject].append(told)
        self.told: dict[str, list[SeenCallback]] = defaultdict(list)
        for callback in history.callbacks:
            self.told[callback.delivery].append(callback)
        self._deeds = Deeds(history.deeds)

    def violations(self) -> list[Violation]:
        """Give everything that is wrong, in no particular order."""
        return [
            *(each for posted in self.history.posted for each in self._of_record(posted)),
            *(each for told in self.history.log.values() for each in self._of_callbacks(told)),
            *self._unsigned(),
            *self._overlaps(),
            *self._order(),
            *self._waits(),
            *HandAccount(self.history).violations(),
            *(Violation("unexplained", "", words) for words in self.history.troubles),
            *(Violation("leaked", "", words) for words in self.history.leaks),
        ]

    def pauses(self) -> int:
        """Count the times in which a destination was certainly paused."""
        return sum(len(Pauses(self.history).certain(name)) for name in self.history.lanes)

    def effects(self, subject: str) -> int:
        """Count how often something happened to a subject at Calendly."""
        return sum(call.effect for call in self.writes[subject])

    def ends(self, subject: str) -> list[Told]:
        """Give the deliveries that a subject ended in: of a batch that was split, the part that holds it."""
        return [told for told in self.deliveries[subject] if told.state != "split"]

    def _of_record(self, posted: Posted) -> Iterator[Violation]:
        subject, ends = posted.subject, self.ends(posted.subject)
        if posted.delivery and posted.delivery not in self.history.log:
            yield Violation("lost", subject, f"{posted.delivery} was answered with 202 and is not in the log")
        elif posted.delivery and not ends:
            yield Violation("lost", subject, f"{posted.delivery} was answered with 202 and holds it no more")
        wholes = [told for told in self.deliveries[subject] if not told.part_of]
        if (len(ends) > 1 or len(wholes) > 1) and not self.history.lanes[posted.lane].anew:
            ids = " ".join(told.id for told in self.deliveries[subject])
            yield Violation("doubled", subject, f"it is in several deliveries: {ids}")
        if len(self.writes[subject]) > sum(len(told.verdicts) for told in self.deliveries[subject]):
            yield Violation("unexplained", subject, "it was called more often than the log tells of attempts")
        if not self.deliveries[subject] and self.effects(subject):
            yield Violation("unexplained", subject, "it took effect, and no delivery tells of it")
        for told in ends:
            yield from self._of_end(posted, told, self.history.lanes[posted.lane])

    def _of_end(self, posted: Posted, told: Told, rules: LaneRules) -> Iterator[Violation]:
        effects = self.effects(posted.subject)
        if told.state not in SETTLED:
            yield Violation("lost", posted.subject, f"{told.id} is still {told.state}")
        elif told.state == "delivered" and not effects:
            yield Violation(
                "lost", posted.subject, f"{told.id} is delivered, and nothing happened at Calendly"
            )
        elif (
            told.state == "dead" and not posted.refused and (effects or not told.reason.startswith(RESOLVED))
        ):
            yield Violation("unexplained", posted.subject, f"{told.id} is dead: {told.reason}")
        elif told.state == "uncertain" and not rules.may_ask:
            yield Violation("unexplained", posted.subject, f"{told.id} is uncertain: {told.reason}")
        elif told.state == "canceled":
            yield from self._of_canceled(posted, told, rules)
        elif posted.refused and told.state != "dead":
            yield Violation("unexplained", posted.subject, f"{told.id} is {told.state}")
        if effects > 1 + self._bearable(told, rules):
            words = f"{effects} effects, and the log of {told.id} tells of {list(told.verdicts)}"
            yield Violation("doubled", posted.subject, words)

    def _of_canceled(self, posted: Posted, told: Told, rules: LaneRules) -> Iterator[Violation]:
        """Somebody canceled it, and what took effect all the same is a call of which the log says that nobody knew."""
        discarded = rules.anew and self._deeds.may_have("delete", told.lane)
        if not discarded and not self._deeds.may_have("cancel", told.id):
            yield Violation("unexplained", posted.subject, f"{told.id} is canceled, by nobody")
        if self.effects(posted.subject) and not self.repeats(told) and not rules.anew:
            yield Violation(
                "unexplained", posted.subject, f"{told.id} is canceled, took effect, and does not say so"
            )

    def _bearable(self, told: Told, rules: LaneRules) -> int:
        """Give how many effects more than one the log, or the callback, accounts for."""
        repeats = self.repeats(told)
        if rules.repeats_tell:
            return repeats
        said = any("spare" in callback.note for callback in self.told[told.id])
        seen = told.state in {"uncertain", "canceled"} or told.reason.startswith(RESOLVED)  # by a person
        return min(rules.spares, repeats) if said or seen else 0

    def repeats(self, told: Told) -> int:
        """Count the attempts of a delivery, and of the batches that it was a part of, that ended without an answer."""
        count = sum(verdict in NO_ANSWER for verdict in told.verdicts)
        whole = self.history.log.get(told.part_of)
        return count + (self.repeats(whole) if whole else 0)

    def _of_callbacks(self, told: Told) -> Iterator[Violation]:
        if told.state not in {"delivered", "dead", "uncertain"} or not self.history.lanes[told.lane].tells:
            return
        outcomes = [each for each in told.callbacks if each[1] in OUTCOMES]
        came = {callback.webhook_id for callback in self.told[told.id]}
        if not outcomes or outcomes[-1][1] != f"delivery.{told.state}":
            yield Violation(
                "uncalled", told.id, f"it is {told.state}, and its callbacks are {list(outcomes)}"
            )
        elif outcomes[-1][0] not in came:
            if not self._dropped(told, outcomes[-1][2]):
                yield Violation("uncalled", told.id, f"the receiver never got {outcomes[-1][0]}")
        else:
            yield from self._told_last(told, outcomes[-1][0])
        if strangers := came - {each[0] for each in told.callbacks}:
            yield Violation("unexplained", told.id, f"the log knows nothing of the callbacks {strangers}")
        news = {(each.webhook_id, each.type, each.attempts) for each in self.told[told.id]}
        times = Counter((kind, attempts) for _, kind, attempts in news)
        for kind, attempts in (each for each, count in times.items() if count > 1):
            words = f"{kind} after {attempts} attempts came under several webhook-ids"
            yield Violation("unexplained", told.id, words)

    def _dropped(self, told: Told, state: str) -> bool:
        """Tell whether a callback waited in a destination that was deleted."""
        anew = self.history.lanes[told.lane].anew
        return anew and state in {"dead", "sending"} and self._deeds.may_have("delete", told.lane)

    def _told_last(self, told: Told, latest: str) -> Iterator[Violation]:
        """What was on its way when a newer outcome was filed may cross it; nothing older is sent after that."""
        arrived = min(each.at for each in self.told[told.id] if each.webhook_id == latest)
        for each in self.told[told.id]:
            if each.type in OUTCOMES and each.webhook_id != latest and each.at > arrived + CROSSING:
                yield Violation("uncalled", told.id, f"{each.type} came long after {latest}")

    def _unsigned(self) -> Iterator[Violation]:
        for callback in self.history.callbacks:
            if not callback.verified:
                yield Violation("unexplained", callback.delivery, f"{callback.webhook_id} does not verify")
            if callback.delivery not in self.history.log:
                yield Violation("unexplained", callback.delivery, f"{callback.webhook_id} is of no delivery")

    def _overlaps(self) -> Iterator[Violation]:
        for subject, writes in self.writes.items():
            if any(self.history.lanes[told.lane].anew for told in self.deliveries[subject]):
                continue  # it may be in two deliveries, which know nothing of each other
            cut = self._cut(subject)
            pairs = _pairs(writes if cut else [*writes, *self.looks[subject]])
            over = list(dict.fromkeys(earlier for earlier, _ in pairs))[:cut]
            for earlier, later in pairs:
                if earlier in over:
                    continue
                ahead = earlier.ended - later.began
                words = f"a {later.method} came {ahead:.3f} s before a {earlier.method} had ended"
                yield Violation("overlapped", subject, words)

    def _cut(self, subject: str) -> int:
        """Count the calls that had ended for the relay, since their connection had, and not yet for Calendly.

        A look-up or a harmless call may follow at once. Where a repeat would do harm the relay has to wait.
        """
        told = self.deliveries[subject]
        return sum(each.cut for each in told if self.history.lanes[each.lane].harmless)

    def _order(self) -> Iterator[Violation]:
        for name in (rules.name for rules in self.history.lanes.values() if rules.strict):
            taken = [
                each.subject for each in self.history.posted if each.lane == name and self._keeps_order(each)
            ]
            first = {
                subject: min(call.began for call in self.writes[subject] if call.effect)
                for subject in taken
                if self.effects(subject)
            }
            for earlier, later in pairwise(subject for subject in taken if subject in first):
                if first[later] < first[earlier]:
                    yield Violation("disordered", later, f"it took effect before {earlier}")

    def _keeps_order(self, posted: Posted) -> bool:
        """What was canceled has left the order, also where it was retried after that."""
        return bool(posted.delivery) and not self._deeds.may_have("cancel", posted.delivery)

    def _waits(self) -> Iterator[Violation]:
        for wait in self.history.waits:
            if wait.in_peace > LONGEST_WAIT:
                yield Violation("unattended", wait.lane, f"nobody came for {wait.in_peace:.1f} s in peace")


def _pairs(calls: list[SeenCall]) -> list[tuple[SeenCall, SeenCall]]:
    """Give each call that began while an earlier one, which changes something, was on its way; with that one."""
    found = []
    longest: SeenCall | None = None
    for call in sorted(calls, key=lambda each: each.began):
        if longest and call.began < longest.ended:
            found.append((longest, call))
        if not call.looks and (longest is None or call.ended > longest.ended):
            longest = call
    return found

"""What the table shows of one run, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.chaos.accounting import Account
from tests.chaos.deeds import AUDITED
from tests.chaos.history import Deed
from tests.chaos.senders import Sender

WEB = {"web", "way to web"}
COMES_UP = 3.0  # seconds after which a web that was struck may have its processes again


def numbers(
    account: Account, senders: list[Sender], spans: list[tuple[str, float, float]], seconds: float
) -> dict[str, float]:
    """Count what happened to records, and what operators did; `spans` are the times in which something was disturbed."""
    history = account.history
    told = history.log.values()
    webhook_ids = [callback.webhook_id for callback in history.callbacks]
    return {
        "posted": len(history.posted),
        "accepted": sum(bool(posted.delivery) for posted in history.posted),
        "503s": sum(sender.seen["503"] for sender in senders),
        "unanswered": sum(sender.seen["unanswered"] for sender in senders),
        "sent again": sum(sender.seen["sent again"] for sender in senders),
        "replayed": sum(sender.seen["replayed"] for sender in senders),
        "calls": sum(not call.looks for call in history.calls),
        "effects": sum(call.effect for call in history.calls),
        "looks": sum(call.looks for call in history.calls),
        "repeats told": sum(account.repeats(each) for each in told if each.state == "delivered"),
        "settled by a look": sum(each.looked_up for each in told),
        "uncertain": sum(each.state == "uncertain" for each in told),
        "canceled": sum(each.state == "canceled" for each in told),
        "pauses": account.pauses(),
        "callbacks": len(set(webhook_ids)),
        "callback duplicates": len(webhook_ids) - len(set(webhook_ids)),
        "worst wait": max((wait.seconds for wait in history.waits), default=0.0),
        "worst wait in peace": max((wait.in_peace for wait in history.waits), default=0.0),
        **slowest([each for sender in senders for each in sender.answered], spans),
        **by_hand(history.deeds),
        "seconds": seconds,
    }


def slowest(
    answered: Iterable[tuple[float, float]], spans: Iterable[tuple[str, float, float]]
) -> dict[str, float]:
    """Give the longest time to an answer, and the longest while nobody kept the web from answering."""
    struck = [(since, until + COMES_UP) for target, since, until in spans if target in WEB]
    every = [(ended - began, began, ended) for began, ended in answered]
    free = [
        seconds
        for seconds, began, ended in every
        if not any(began < until and since < ended for since, until in struck)
    ]
    return {
        "slowest answer": max((seconds for seconds, _, _ in every), default=0.0),
        "slowest answer of a free web": max(free, default=0.0),
    }


def by_hand(deeds: list[Deed]) -> dict[str, float]:
    """Count deeds by kind, and those of them that were done; and those that were refused, or not answered."""
    real = [deed for deed in deeds if deed.kind in AUDITED]
    asked, done = Counter(deed.kind for deed in real), Counter(deed.kind for deed in real if deed.done)
    return {
        **{f"asked to {kind}": asked[kind] for kind in AUDITED},
        **{f"did {kind}": done[kind] for kind in AUDITED},
        "deeds": len(real),
        "deeds refused": sum(deed.refused for deed in real),
        "deeds unanswered": sum(not deed.answered for deed in real),
    }

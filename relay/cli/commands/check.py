"""`check`: whether the relay can do its work, a line for each thing that it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from relay.cli.client import Client, part
from relay.cli.endings import DONE, FAILED, Ending
from relay.cli.options import AS_JSON, command, with_relay
from relay.cli.paging import read_pages
from relay.cli.plain_text import plain
from relay.cli.screen import columns, say_json, show_lines

OK = 200
BUSY = "Calendly's answer was of no use: 429"  # how the answer begins where Calendly had too many calls
BY_HAND = "by hand"  # in why a destination is paused, where a person paused its credential


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it fares (ok, failed, warning, or a state that is no failure), and the particulars."""

    what: str
    verdict: str
    detail: str


@command(short_help="Look whether the relay can do its work.")
@AS_JSON
@with_relay
def check(client: Client, *, as_json: bool) -> int:
    """Look whether the relay can do its work: Redis, workers, each credential at Calendly, and each destination.

    It spends one call at Calendly for each credential; where Calendly asks to wait, that is no failure.

    A destination that somebody paused is no failure; one that the relay paused by itself is, and the line says why.

    Example:
      python -m relay check

    Exit codes: 0 all is well, 1 something failed.
    """
    findings = [*_ready(client), *_managed(client)]
    if as_json:
        for each in findings:
            say_json({"what": each.what, "verdict": each.verdict, "detail": each.detail})
    else:
        show_lines(columns([(each.verdict, each.what, each.detail) for each in findings]))
    return FAILED if any(each.verdict == "failed" for each in findings) else DONE


def _ready(client: Client) -> Iterator[Finding]:
    answer = client.ask("/readyz")
    found = answer.body if isinstance(answer.body, dict) else {}
    redis, workers = found.get("redis") is True, found.get("workers") or 0
    if "redis" not in found:
        yield Finding("relay", "failed", f"/readyz is answered {answer.status}, and not as a relay does")
        return
    yield Finding("redis", "ok" if redis else "failed", "answers" if redis else str(found.get("detail", "")))
    if redis:
        plural = "process runs" if workers == 1 else "processes run"
        yield Finding("workers", "ok" if workers else "failed", f"{workers} {plural}")
        if answer.status != OK and workers:
            yield Finding("ready", "failed", plain(str(found.get("detail", ""))))
    for warning in found.get("warnings") or ():
        yield Finding(
            f"redis {plain(str(warning.get('code', '')))}", "warning", plain(str(warning.get("detail", "")))
        )


def _managed(client: Client) -> Iterator[Finding]:
    try:
        yield from _credentials(client)
        yield from _destinations(client)
    except Ending as exc:
        yield Finding("management", "failed", " ".join(str(exc).splitlines()))


def _credentials(client: Client) -> Iterator[Finding]:
    for credential in read_pages(client, "/credentials", "credentials"):
        name = f"credential {plain(credential['id'])}"
        try:
            found = client.post(f"/credentials/{part(credential['id'])}/check")
        except Ending as exc:
            yield Finding(name, "failed", " ".join(str(exc).splitlines()))
        else:
            yield _fares(name, found)


def _fares(name: str, found: Mapping[str, Any]) -> Finding:
    detail = str(found["detail"])
    if found["ok"]:
        return Finding(name, "ok", str(found.get("organization") or detail))
    if detail.startswith(BUSY):  # it tells nothing against the token, and deliveries wait by themselves
        return Finding(name, "ok", "busy: Calendly asks to wait")
    return Finding(name, "failed", detail)


def _destinations(client: Client) -> Iterator[Finding]:
    for listed in read_pages(client, "/destinations", "destinations"):
        found = client.get(f"/destinations/{part(listed['id'])}")
        because = found.get("paused_because")
        verdict = (
            "failed"
            if because and BY_HAND not in because
            else "ok"
            if found["state"] == "active"
            else found["state"]
        )
        yield Finding(f"destination {plain(found['id'])}", verdict, _counted(found, because))


def _counted(found: dict[str, Any], because: str | None) -> str:
    counts = [f"{count} {state}" for state, count in (found.get("counts") or {}).items() if count]
    state = f"{found['state']}: {because}" if because else found["state"]
    return "; ".join([state, ", ".join(counts) or "no deliveries yet"])

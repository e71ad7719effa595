"""What the relay would refuse of a plan, found out before anything is changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from relay.cli.client import Client, part
from relay.cli.endings import Refused
from relay.cli.plan import Step
from relay.cli.problems import Fault
from relay.cli.screen import note

_LAID_OVER = "#/destination"  # where a preview finds the settings that it is given
NOT_ALLOWED = 403
WRONG = frozenset({400, 413, 422})


def refusals(client: Client, steps: Sequence[Step]) -> Iterator[str]:
    """Give a line for each value of a destination that the relay would refuse.

    The relay previews each as it would become. Credentials are not looked at: Calendly would have to be asked.
    """
    added = {step.identifier for step in steps if step.sign == "+" and step.kind == "credential"}
    for step in steps:
        try:
            faults = list(_faults(client, step))
        except Refused as exc:
            if exc.problem.status != NOT_ALLOWED:
                raise
            note(f"The values were not checked: {exc.problem.detail}", colour="yellow")
            return
        named = [each for each in faults if not (each.pointer == "#/credential" and _names(step, added))]
        yield from (f"destination {step.identifier}: {each.in_words()}" for each in named)


def _faults(client: Client, step: Step) -> Iterator[Fault]:
    """Ask for a preview of what a step would store."""
    for request in step.requests if step.kind == "destination" else ():
        if request.method == "POST" and request.path != "/destinations":
            continue  # a change of state: the plan knows all about it
        given = {"destination": request.body, "source": "example"}
        try:
            client.post(f"/destinations/{part(step.identifier)}/preview", given)
        except Refused as exc:
            if exc.problem.status not in WRONG:
                raise
            found = exc.problem.faults or (Fault(None, "#", exc.problem.detail),)
            yield from (
                Fault(None, "#" + each.pointer.removeprefix(_LAID_OVER).removeprefix("#"), each.detail)
                for each in found
            )


def _names(step: Step, credentials: set[str]) -> bool:
    """Tell whether a step's destination uses one of these credentials, which are there by then."""
    return any(request.body and request.body.get("credential") in credentials for request in step.requests)

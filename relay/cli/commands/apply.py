"""`apply`: credentials and destinations as files say."""

from __future__ import annotations

import os
from collections.abc import Mapping

import click

from relay.cli.carrying_out import carry_out, read_standing, with_counts
from relay.cli.client import Client
from relay.cli.dry_run import refusals
from relay.cli.endings import DONE, FAILED, WOULD_CHANGE, NotAgreed, Trouble
from relay.cli.options import YES, command, with_relay
from relay.cli.plain_text import plain
from relay.cli.plan import Plan, Step, make_plan
from relay.cli.screen import agree, is_interactive, note, say
from relay.cli.wanted import Wanted, read_files

_COLOURS = {"+": "green", "~": "yellow", "-": "red"}


def _read_discards(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, int]:
    del ctx
    discards = {}
    for text in given:
        identifier, _, count = text.partition("=")
        if not count.isdecimal():
            raise click.BadParameter(f"“{text}” should be ID=COUNT, such as old-route=3", param=param)
        discards[identifier] = int(count)
    return discards


@command("Make credentials and destinations as a YAML file says.")
@click.argument("files", nargs=-1, required=True, metavar="FILE.yaml…")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show what would change and what would be refused; exit with 2 if anything would change.",
)
@YES
@click.option(
    "--rotate-secrets", is_flag=True, help="Send every secret of the files, also where it may be the same."
)
@click.option("--prune", is_flag=True, help="Delete what the files do not have.")
@click.option(
    "--discard",
    multiple=True,
    metavar="ID=COUNT",
    callback=_read_discards,
    help="With --prune: agree that this many waiting deliveries of a destination are lost.",
)
@with_relay
def apply(  # noqa: PLR0913  # one for each option
    client: Client,
    *,
    files: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    rotate_secrets: bool,
    prune: bool,
    discard: Mapping[str, int],
) -> int:
    """Make credentials and destinations as a YAML file says.

    Shows what would change and asks first. A setting that the file leaves out gets its default; a secret or a
    state that it leaves out stays. Applying the same file again changes nothing.

    Texts may hold ${NAME}: the value comes from the environment, so that no secret need stand in the file.
    `$${` writes `${`. The file - is stdin.

    Secrets cannot be read back. One is sent where the destination is new, where the last four characters that
    the relay shows differ, or with --rotate-secrets.

    Example:
      export ACME_TOKEN=eyJ…
      python -m relay apply relay.yaml

    relay.yaml:
      credentials:
        - id: acme
          kind: personal_access_token
          token: ${ACME_TOKEN}
      destinations:
        - id: cancel-demos
          template: cancel_scheduled_event
          credential: acme
          inbound: {auth: {kind: bearer}}
          state: active
          acknowledge: irreversible

    Exit codes: 0 done or nothing to change, 1 failed, 2 --dry-run found changes, 3 nobody agreed. With --dry-run
    1 means that the relay would refuse something.
    """
    wanted = read_files(files, os.environ)
    plan = _plan(client, wanted, rotate=rotate_secrets, prune=prune)
    _show(plan)
    if not plan.steps:
        return DONE
    if dry_run:
        return _end_of_dry_run(client, plan)
    agree("Make these changes?", yes=yes)
    carry_out(client, plan.steps, _agreed_discards(plan.steps, discard))
    return DONE


def _plan(client: Client, wanted: Wanted, *, rotate: bool, prune: bool) -> Plan:
    standing = with_counts(client, read_standing(client), wanted, prune=prune)
    plan = make_plan(standing, wanted, rotate=rotate, prune=prune)
    if plan.faults:
        raise Trouble("\n".join([*map(plain, plan.faults), "Nothing was changed."]))
    return plan


def _end_of_dry_run(client: Client, plan: Plan) -> int:
    refused = list(refusals(client, plan.steps))
    for line in refused:
        note(plain(line), colour="red")
    if refused:
        note("The relay would refuse this.", colour="red")
    return FAILED if refused else WOULD_CHANGE


def _show(plan: Plan) -> None:
    for step in plan.steps:
        waiting = f"  (waiting deliveries: {step.waiting})" if step.waiting else ""
        say(f"{step.sign} {step.kind} {plain(step.identifier)}{waiting}", colour=_COLOURS[step.sign])
        for line in step.lines:
            say(f"    {line}")
    if plan.incomparable:
        note(
            "The relay shows nothing of these secrets, so they count as unchanged; --rotate-secrets sends them:\n  "
            + "\n  ".join(map(plain, plan.incomparable))
        )
    say(_summary(plan.steps))


def _summary(steps: list[Step]) -> str:
    if not steps:
        return "Nothing to change."
    counts = {sign: sum(step.sign == sign for step in steps) for sign in _COLOURS}
    return f"{counts['+']} to add, {counts['~']} to change, {counts['-']} to delete."


def _agreed_discards(steps: list[Step], given: Mapping[str, int]) -> dict[str, int]:
    """Ask for each destination in which deliveries wait that they may be lost. Raises NotAgreed."""
    agreed = dict(given)
    for step in steps:
        if step.sign == "-" and step.waiting:
            said = given.get(step.identifier)
            if said is None and is_interactive():
                question = f"Waiting in {step.identifier}: {step.waiting}. Type that number to lose them"
                said = click.prompt(question, type=int, err=True)
            if said != step.waiting:
                raise NotAgreed(
                    f"Nothing was changed. Waiting deliveries of {step.identifier}: {step.waiting}; "
                    f"say --discard {step.identifier}={step.waiting} if they may be lost."
                )
            agreed[step.identifier] = step.waiting
    return agreed

"""Reading what the relay has, and carrying out a plan step by step."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from relay.cli.client import Client, part
from relay.cli.endings import Ending, Refused, Trouble
from relay.cli.paging import read_pages
from relay.cli.plain_text import plain
from relay.cli.plan import Request, Standing, Step
from relay.cli.screen import say
from relay.cli.shapes import COLLECTION, KINDS, Document, Kind, Path, at, is_mask, secrets_of
from relay.cli.wanted import Wanted

_DONE = {"+": "Added", "~": "Changed", "-": "Deleted"}


def read_standing(client: Client, kinds: Collection[Kind] = KINDS) -> Standing:
    """Read every credential and destination, as far as those kinds are asked for, and the templates."""
    documents: dict[Kind, Mapping[str, Document]] = {kind: {} for kind in KINDS}
    for kind in kinds:
        listed = read_pages(client, COLLECTION[kind], COLLECTION[kind].strip("/"))
        documents[kind] = {each["id"]: each for each in listed}
    templates = client.get("/templates")["templates"] if "destination" in kinds else []
    irreversible = frozenset(each["name"] for each in templates if each.get("irreversible"))
    return Standing(documents, irreversible)


def with_counts(client: Client, standing: Standing, wanted: Wanted, *, prune: bool) -> Standing:
    """Add how many deliveries wait in each destination that is to be activated or deleted."""
    known = dict(standing.documents["destination"])
    files = wanted.documents.get("destination")
    for identifier, stands in standing.documents["destination"].items():
        document = (files or {}).get(identifier)
        goes = prune and files is not None and document is None
        if goes or (document and document.get("state") == "active" != stands["state"]):
            known[identifier] = client.get(f"/destinations/{part(identifier)}")
    return Standing({**standing.documents, "destination": known}, standing.irreversible)


def carry_out(client: Client, steps: list[Step], discards: Mapping[str, int]) -> None:
    """Do every step, and say what was done. Raises Trouble at the first one that fails, which says what is left."""
    for number, step in enumerate(steps):
        try:
            for request in _requests(step, discards):
                answer = client.manage(request.method, request.path, request.body).body
                _show_made(step, request, answer)
                _show_connecting(client, step, request, answer)
        except Ending as exc:
            left = (
                ""
                if number + 1 == len(steps)
                else f" {len(steps) - number - 1} further steps were not begun."
            )
            raise Trouble(f"{step.kind} {step.identifier}: {exc}\nStopped here.{left} {_go_on(exc)}") from exc
        say(f"{_DONE[step.sign]} {step.kind} {plain(step.identifier)}.")


def _go_on(ended: Ending) -> str:
    """Say what to do next. A value that is wrong stays so, however often it is applied."""
    if isinstance(ended, Refused) and ended.problem.status in {400, 422}:
        return "Mend the file, and apply it again to go on."
    return "Apply again to go on."


def _requests(step: Step, discards: Mapping[str, int]) -> Iterator[Request]:
    if step.sign != "-":
        yield from step.requests
        return
    known = step.kind == "destination" and step.identifier in discards
    body = {"discard": discards[step.identifier]} if known else None
    yield Request("DELETE", f"{COLLECTION[step.kind]}/{part(step.identifier)}", body)


def _show_made(step: Step, request: Request, answer: Any) -> None:
    """Show the secrets that the relay made because none was given: no later answer will have them."""
    for path, secret in secrets_of(step.kind, answer) if isinstance(answer, dict) else ():
        if not is_mask(secret) and at(request.body, path) is None:
            say(
                f"Made for {step.kind} {step.identifier}, and shown only now: {_name(path)} {secret}",
                bold=True,
            )


def _show_connecting(client: Client, step: Step, request: Request, answer: Any) -> None:
    """A new OAuth credential can act once somebody has agreed to it in a browser."""
    if step.kind == "credential" and request.method == "POST" and answer.get("kind") == "oauth":
        found = client.post(f"/credentials/{part(step.identifier)}/connect")
        say(
            f"To connect credential {step.identifier}, open this in a browser: {plain(found['url'])}",
            bold=True,
        )


def _name(path: Path) -> str:
    return ".".join(path)

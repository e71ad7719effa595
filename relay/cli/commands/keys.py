"""`keys`: who may call the relay's management API, and how far."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from relay.cli.client import Client, part
from relay.cli.endings import DONE, Trouble
from relay.cli.moments import Ahead, for_people, in_query
from relay.cli.options import AS_JSON, YES, command, group, with_relay
from relay.cli.plain_text import plain
from relay.cli.screen import agree, note, say, show_list

SCOPES = ("read", "operate", "admin")
HEAD = ("ID", "NAME", "SCOPE", "CREATED", "EXPIRES", "LAST USED")


@group("Make, list and revoke keys for people and scripts.")
def keys() -> None:
    """Make, list and revoke keys for people and scripts.

    A key with the scope read looks, one with operate runs what is set up, and one with admin does everything.

    Example:
      python -m relay keys create Grafana --scope read
      python -m relay keys create "Ana Lima" --scope operate --expires 90d
      python -m relay keys list
      python -m relay keys revoke Grafana
    """


@command("List keys.")
@AS_JSON
@with_relay
def list_keys(client: Client, *, as_json: bool) -> int:
    """List keys, by name. RELAY_ADMIN_KEY is none of them.

    Example:
      python -m relay keys list
    """
    found = client.get("/keys")["keys"]
    show_list(found, HEAD, _row, "There are no keys besides RELAY_ADMIN_KEY.", as_json=as_json)
    return DONE


@command("Make a key.")
@click.argument("name")
@click.option("--scope", type=click.Choice(SCOPES), required=True, help="What the key may do.")
@click.option("--expires", type=Ahead(), help="When it ends: 12h or 90d from now, or ISO 8601.  [never]")
@with_relay
def create_key(client: Client, *, name: str, scope: str, expires: datetime | None) -> int:
    """Make a key and print it, this once. The relay keeps no copy.

    Example:
      python -m relay keys create Grafana --scope read > grafana.key
    """
    made = client.post("/keys", {"name": name, "scope": scope, "expires_at": in_query(expires)})
    say(made["key"])
    until = f"until {for_people(made['expires_at'])}" if made["expires_at"] else "without an end"
    note(
        f"That is the key “{plain(made['name'])}” with the scope {made['scope']}, {until}. It is shown only now."
    )
    return DONE


@command("Revoke a key.")
@click.argument("key", metavar="NAME|ID")
@YES
@with_relay
def revoke_key(client: Client, *, key: str, yes: bool) -> int:
    """Revoke a key by its name or its id: from then on it opens nothing.

    Example:
      python -m relay keys revoke Grafana
    """
    every = client.get("/keys")["keys"]
    # An id comes first: somebody may have given it to another key as its name.
    found = next((each for name in ("id", "name") for each in every if each[name] == key), None)
    if found is None:
        raise Trouble(f"No key has the name or the id “{plain(key)}”.")
    agree(f"Revoke the key “{plain(found['name'])}” ({found['scope']})?", yes=yes)
    client.manage("DELETE", f"/keys/{part(found['id'])}")
    say(f"Revoked {plain(found['name'])}.")
    return DONE


def _row(key: Mapping[str, Any]) -> tuple[str, ...]:
    ends = "never" if key["expires_at"] is None else for_people(key["expires_at"])
    return (
        *(key["id"], key["name"], key["scope"], for_people(key["created_at"])),
        f"{ends} (over)" if key["expired"] else ends,
        for_people(key["last_used_at"]) if key["last_used_at"] else "never",
    )


keys.add_command(list_keys, "list")
keys.add_command(create_key, "create")
keys.add_command(revoke_key, "revoke")

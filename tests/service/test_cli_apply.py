"""`apply` against the real application."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.app import create_app
from relay.store import Store
from sandbox.server import Sandbox
from tests.command_line import ServedRelay, serving
from tests.conftest import MakeSettings
from tests.every_setting import EVERYTHING, SECRETS, WHSEC


@pytest.fixture
def relay(
    store: Store, make_settings: MakeSettings, sandbox: Sandbox, tmp_path: Path
) -> Iterator[ServedRelay]:
    """An empty relay, served, which may call the sandbox."""
    settings = make_settings(sandbox_url=sandbox.url)
    with serving(create_app(settings, store)) as url:
        yield ServedRelay(url, settings.admin_key, tmp_path / "relay.yaml", SECRETS)


def test_every_missing_variable_is_named_before_anything_is_sent(relay: ServedRelay, store: Store) -> None:
    """One message, not one at a time."""
    ended = relay.run("apply", "-", "--yes", given=EVERYTHING)

    assert 1 == ended.code
    assert f"not set in the environment: {', '.join(SECRETS)}." in ended.err
    assert ([], []) == (store.credentials.all(), store.destinations.all())


def test_nothing_is_done_where_nobody_can_agree(relay: ServedRelay, store: Store) -> None:
    """A pipeline says --yes; without it the diff is shown, and 3 tells why nothing happened."""
    ended = relay.apply(EVERYTHING)

    assert (3, [], True) == (ended.code, store.destinations.all(), "+ destination here" in ended.out)
    assert "Say --yes" in ended.err


def test_a_dry_run_tells_by_its_exit_code(relay: ServedRelay, store: Store) -> None:
    """2 is: there is something to change."""
    ended = relay.apply(EVERYTHING, "--dry-run")

    assert (2, []) == (ended.code, store.credentials.all())


def test_a_dry_run_tells_what_would_be_refused(relay: ServedRelay, store: Store) -> None:
    """Of a new destination, whose credential comes with it, and of a change; the next dry run of mended files ends as ever."""
    new = relay.apply(EVERYTHING.replace("    dedupe: eventId\n", "    dedupe: eventId[\n"), "--dry-run")
    relay.apply(EVERYTHING, "--yes")
    changed = relay.apply(EVERYTHING.replace("concurrency: 1", "concurrency: 0"), "--dry-run")

    assert (1, 1) == (new.code, changed.code)
    assert "destination here: #/dedupe: " in new.err
    assert "#/credential" not in new.err
    assert "destination here: #/delivery/concurrency: should be" in changed.err
    assert "0 to add, 1 to change, 0 to delete." in changed.out
    assert 1 == store.destinations.get("here").settings.delivery.concurrency


def test_a_key_that_may_only_read_sees_the_difference(relay: ServedRelay) -> None:
    """And is told that nobody looked at the values."""
    key = relay.read("/keys", "POST", {"name": "CI", "scope": "read"})["key"]
    ended = relay.apply(EVERYTHING, "--dry-run", RELAY_ADMIN_KEY=key)

    assert (2, True) == (ended.code, "The values were not checked" in ended.err)


def test_a_change_is_shown_and_made_alone(relay: ServedRelay, store: Store) -> None:
    """Secrets are masked; what is left out goes back to its default."""
    relay.apply(EVERYTHING, "--yes")
    changed = EVERYTHING.replace("    dedupe: eventId\n", "").replace("concurrency: 1", "concurrency: 2")
    ended = relay.apply(changed, "--yes", HERE_CALLBACK_SECRET="whsec_" + "QQ" * 16)

    assert [
        "~ destination here",
        '    dedupe: "eventId" → nothing',
        f"    callback.secret: ••••{WHSEC[-4:]} → ${{HERE_CALLBACK_SECRET}}",
        "    delivery.concurrency: 1 → 2",
    ] == ended.out.splitlines()[:4]
    assert 0 == ended.code, ended
    settings = store.destinations.get("here").settings
    assert ("", 2) == (settings.shape.dedupe, settings.delivery.concurrency)
    assert not [
        secret for secret in SECRETS.values() if secret in ended.out + ended.err and secret != "sandbox"
    ]


def test_secrets_that_cannot_be_compared_are_sent_only_when_asked(relay: ServedRelay, store: Store) -> None:
    """An inbound key is kept as a digest: nobody can say whether it is the same."""
    relay.apply(EVERYTHING, "--yes")
    before = store.destinations.get("erase").settings.auth.digest
    left = relay.apply(EVERYTHING, "--yes", ERASE_INBOUND_KEY="another-inbound-key")
    kept = store.destinations.get("erase").settings.auth.digest
    sent = relay.apply(EVERYTHING, "--yes", "--rotate-secrets", ERASE_INBOUND_KEY="another-inbound-key")

    assert ("Nothing to change.\n", before, True) == (left.out, kept, "inbound.auth.key" in left.err)
    assert 0 == sent.code, sent
    assert before != store.destinations.get("erase").settings.auth.digest


def test_secrets_that_the_relay_made_are_shown_once(relay: ServedRelay) -> None:
    """There is no other time to see them."""
    text = """
credentials: [{id: acme, kind: sandbox}]
destinations: [{id: a, template: create_scheduling_link, credential: acme, inbound: {auth: {kind: bearer}},
  callback: {url: "http://127.0.0.1:9999/"}}]
"""
    first, second = relay.apply(text, "--yes"), relay.apply(text, "--yes")

    assert 2 == first.out.count("shown only now")
    assert "callback.secret whsec_" in first.out
    assert "Nothing to change.\n" == second.out


def test_drift_is_shown_and_mended(relay: ServedRelay) -> None:
    """What somebody changed elsewhere goes back to what the file says."""
    relay.apply(EVERYTHING, "--yes")
    relay.read("/destinations/erase", "PATCH", {"delivery": {"concurrency": 9}, "name": "Somebody was here"})
    ended = relay.apply(EVERYTHING, "--yes")

    assert [
        "~ destination erase",
        '    name: "Somebody was here" → ""',
        "    delivery.concurrency: 9 → 4",
    ] == (ended.out.splitlines()[:3])


def test_the_first_refusal_ends_it_and_says_what_is_left(relay: ServedRelay, store: Store) -> None:
    """Applying again goes on from there."""
    ended = relay.apply(EVERYTHING.replace("template: manual", "template: nonsense"), "--yes")

    assert 1 == ended.code
    assert "destination shares: The relay refused this (422)" in ended.err
    assert "1 further steps were not begun. Mend the file, and apply it again to go on." in ended.err
    assert ["here"] == [each.settings.id for each in store.destinations.all()]
    assert 0 == relay.apply(EVERYTHING, "--yes").code


def test_pruning_deletes_what_the_file_does_not_have(relay: ServedRelay, store: Store) -> None:
    """After asking; kinds that the file does not speak of stay."""
    relay.apply(EVERYTHING, "--yes")
    kept = EVERYTHING[: EVERYTHING.index("  - id: shares")]
    ended = relay.apply(kept[kept.index("destinations:") :], "--yes", "--prune")

    assert ["- destination erase", "- destination shares"] == ended.out.splitlines()[:2]
    assert (0, ["here"], 1) == (
        ended.code,
        [each.settings.id for each in store.destinations.all()],
        len(store.credentials.all()),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense: []", "“nonsense” is not known here; known are: credentials, destinations"),
        ("- a", "should be an object with credentials: and destinations:"),
        ("destinations: {a: b}", "destinations should be a list"),
        ("destinations: [{name: a}]", "destinations, item 1: should be an object with an id"),
        ("destinations: [{id: a}, {id: a}]", "destination a: is here twice"),
        (
            "destinations: [{id: a, state: on}]",
            "destination a: state should be one of: draft, active, paused",
        ),
        ("credentials: [{id: a, token: ••••abcd}]", "token holds the mask of a secret"),
        ("credentials: [{id: a, token: '${not right}'}]", "should hold ${NAME}"),
    ],
)
def test_a_file_that_says_nothing_sensible_is_told(relay: ServedRelay, text: str, said: str) -> None:
    """Before anything is asked of the relay."""
    ended = relay.apply(text, "--yes")

    assert (1, True) == (ended.code, said in ended.err), ended.err

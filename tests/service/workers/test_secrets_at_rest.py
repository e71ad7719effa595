"""Secrets at rest: after a day's work, Redis and the log hold none of them in clear."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from relay.log import set_up_log
from sandbox.receiver import Reply
from tests.good_records import GOOD_RECORDS
from tests.rig import INBOUND_KEY, Rig, everything_in

TOKEN = "planted-token-5e0c71"
KEY = "planted-inbound-key-91bd"
CALLBACK_SECRET = "whsec_" + base64.b64encode(b"planted callback secret, 32 byte").decode()
PREVIOUS_SECRET = "whsec_" + base64.b64encode(b"planted previous secret, 32 byte").decode()
HEADER = "planted-crm-header-3a4d"
SIGNING_KEY = "planted-signing-key-0f2a"
SECRETS = (TOKEN, KEY, INBOUND_KEY, CALLBACK_SECRET, PREVIOUS_SECRET, HEADER, SIGNING_KEY)


def busy_day(rig: Rig) -> None:
    """Have a record delivered, one refused, one retried, one left unknown, a callback refused, a token refused."""
    rig.sandbox.add_token(TOKEN)
    rig.credential("planted", token=TOKEN)
    callback = {
        "url": rig.sandbox.callback_url("planted"),
        "secret": CALLBACK_SECRET,
        "previous_secret": PREVIOUS_SECRET,
        "headers": {"Authorization": f"Bearer {HEADER}"},
        "on": "attempt",
    }
    settings: dict[str, Any] = {"credential": "planted", "callback": callback}
    rig.destination("create_webhook_subscription", "planted", **settings)
    rig.destination("create_scheduling_link", "links", **settings)
    rig.sandbox.receiver.tell_replies("planted", [Reply(status=500, times=2)])
    record = {**GOOD_RECORDS["create_webhook_subscription"], "signing_key": SIGNING_KEY}
    rig.accept([record, {**record, "scope": "organization"}], "planted")
    rig.accept(GOOD_RECORDS["create_scheduling_link"], "links")
    rig.drain()
    for fault in ("429", "503", "cut_after", "garbage", "401"):
        rig.sandbox.faults.add(fault, match={"method": "POST"})
        rig.accept({**record, "url": f"https://crm.example/{fault}"}, "planted")
        rig.turn_until(lambda: "sending" not in rig.states())
    rig.manage("GET", "/credentials/planted")
    rig.manage("PATCH", "/destinations/links", {"inbound": {"auth": {"kind": "bearer", "key": KEY}}})


def test_no_secret_lies_in_redis_in_clear(rig: Rig) -> None:
    """Every key and value is looked at: tokens, inbound keys, what is secret of callbacks and records, our own keys."""
    busy_day(rig)
    everything = everything_in(rig.store.redis)
    secrets = [*SECRETS, rig.settings.admin_key]

    found = [secret for secret in [*secrets, *rig.settings.secret_keys] if secret in everything]

    assert [] == found
    assert "planted callback secret" not in everything
    assert HEADER in rig.sandbox.callbacks("planted")[0].headers["authorization"]
    assert "planted" in everything


def test_no_secret_is_logged(rig: Rig, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither in what went well nor in what failed."""
    set_up_log("debug")
    busy_day(rig)
    told = "".join(capfd.readouterr())
    secrets = [*SECRETS, rig.settings.admin_key]

    found = [secret for secret in [*secrets, *rig.settings.secret_keys] if secret in told]

    assert [] == found
    assert "delivery.attempted" in told

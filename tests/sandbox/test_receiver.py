"""The built-in callback receiver."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from standardwebhooks import Webhook

from sandbox.server import Sandbox
from tests.sandbox.calling import Client

SECRET = "whsec_" + base64.b64encode(b"a key of the tests, 24 by").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"another key of the tests.").decode()
BODY = '{"type": "delivery.delivered", "data": {"delivery": "dlv_1"}}'


def _send(
    sandbox: Sandbox, body: str = BODY, *, secret: str | None = SECRET, name: str = "demo", age: int = 0
) -> requests.Response:
    """Send a callback, signed by the reference library."""
    moment = datetime.fromtimestamp(int(time.time()) - age, UTC)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(moment.timestamp()))}
    if secret is not None:
        headers["webhook-signature"] = Webhook(secret).sign("msg_1", moment, body)
    return requests.post(sandbox.callback_url(name), data=body, headers=headers, timeout=30)


def _tell(client: Client, **secrets: Any) -> None:
    assert 204 == client.control("PUT", "/callbacks/demo/secret", secrets).status_code


def test_a_callback_is_kept_as_it_came(client: Client, sandbox: Sandbox) -> None:
    """Headers, the raw body and what it means, newest first."""
    answers = [_send(sandbox), _send(sandbox, "not JSON", secret=None, name="other")]
    listed = client.control("GET", "/callbacks").json()
    named = client.control("GET", "/callbacks?name=demo").json()["callbacks"]

    assert [200, 200] == [answer.status_code for answer in answers]
    assert ["other", "demo"] == [callback["name"] for callback in listed["callbacks"]]
    assert {"demo": 1, "other": 1} == listed["received"]
    assert ["not JSON", None] == [listed["callbacks"][0][key] for key in ("body", "json")]
    assert [(BODY, "msg_1", "dlv_1")] == [
        (callback["body"], callback["webhook_id"], callback["json"]["data"]["delivery"]) for callback in named
    ]
    assert named[0]["headers"]["webhook-signature"] == named[0]["webhook_signature"]


@pytest.mark.parametrize(
    ("told", "signed_with", "age", "expected"),
    [
        ({"secret": SECRET}, SECRET, 0, "verified"),
        ({"secrets": [OTHER_SECRET, SECRET]}, SECRET, 0, "verified"),
        ({"secret": OTHER_SECRET}, SECRET, 0, "wrong"),
        ({"secret": SECRET}, SECRET, 600, "stale"),
        ({"secret": SECRET}, None, 0, "unsigned"),
        ({"secrets": []}, SECRET, 0, "no secret"),
    ],
)
def test_the_signature_is_judged(
    client: Client,
    sandbox: Sandbox,
    told: dict[str, object],
    signed_with: str | None,
    age: int,
    expected: str,
) -> None:
    """The sandbox's own check agrees with the reference library that signed."""
    _tell(client, **told)
    _send(sandbox, secret=signed_with, age=age)

    assert [expected] == [callback.signature for callback in sandbox.callbacks("demo")]


def test_a_changed_body_has_a_wrong_signature(client: Client, sandbox: Sandbox) -> None:
    """One blank more is another body."""
    _tell(client, secret=SECRET)
    moment = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", moment, BODY),
    }
    requests.post(sandbox.callback_url("demo"), data=BODY + " ", headers=headers, timeout=30)

    assert ["wrong"] == [callback.signature for callback in sandbox.callbacks()]


def test_one_of_several_signatures_is_enough(client: Client, sandbox: Sandbox) -> None:
    """While secrets rotate, a sender signs with both."""
    _tell(client, secret=SECRET)
    moment = datetime.now(UTC)
    signatures = (Webhook(secret).sign("msg_1", moment, BODY) for secret in (OTHER_SECRET, SECRET))
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    requests.post(sandbox.callback_url("demo"), data=BODY, headers=headers, timeout=30)

    assert ["verified"] == [callback.signature for callback in sandbox.callbacks()]


def test_the_receiver_answers_as_it_is_told(client: Client, sandbox: Sandbox) -> None:
    """In order, each as often as wished, then 200 again; other names are not concerned."""
    client.control(
        "PUT", "/callbacks/demo/answers", {"answers": [{"status": 500, "times": 2}, {"status": 410}]}
    )
    statuses = [_send(sandbox).status_code for _ in range(4)]

    assert [500, 500, 410, 200] == statuses
    assert 200 == _send(sandbox, name="other").status_code
    assert [200, 410, 500, 500] == [callback.answered for callback in sandbox.callbacks("demo")]


def test_an_answer_may_hold_for_good(client: Client, sandbox: Sandbox) -> None:
    """`times` null has no end, until other answers are set."""
    client.control("PUT", "/callbacks/demo/answers", {"answers": [{"status": 503, "times": None}]})
    before = [_send(sandbox).status_code for _ in range(3)]
    client.control("PUT", "/callbacks/demo/answers", {"answers": []})

    assert [503, 503, 503] == before
    assert 200 == _send(sandbox).status_code


@pytest.mark.parametrize("fault", ["hang", "cut"])
def test_a_callback_may_go_unanswered(client: Client, sandbox: Sandbox, fault: str) -> None:
    """It was received all the same."""
    answers = [{"fault": fault, "seconds": 0.1}]
    client.control("PUT", "/callbacks/demo/answers", {"answers": answers})

    with pytest.raises(requests.ConnectionError):
        _send(sandbox)

    assert [None] == [callback.answered for callback in sandbox.callbacks("demo")]


def test_a_callback_may_be_answered_late(client: Client, sandbox: Sandbox) -> None:
    """With any status."""
    answers = [{"fault": "slow", "status": 202, "seconds": 0.2}]
    client.control("PUT", "/callbacks/demo/answers", {"answers": answers})
    start = time.monotonic()

    assert 202 == _send(sandbox).status_code
    assert time.monotonic() - start >= 0.2


def test_only_the_last_callbacks_are_kept() -> None:
    """The memory has a bound; the count goes on."""
    with Sandbox(kept_callbacks=3) as sandbox:
        for number in range(5):
            requests.post(sandbox.callback_url("demo"), data=str(number), timeout=30)

        assert ["4", "3", "2"] == [callback.body for callback in sandbox.callbacks()]
        assert {"demo": 5} == sandbox.receiver.received()


def test_clearing_the_callbacks_keeps_the_secret(client: Client, sandbox: Sandbox) -> None:
    """What was told stays told."""
    _tell(client, secret=SECRET)
    _send(sandbox)
    client.control("DELETE", "/callbacks")
    after_clearing = sandbox.callbacks()
    _send(sandbox)

    assert [] == after_clearing
    assert ["verified"] == [callback.signature for callback in sandbox.callbacks()]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/callbacks/demo/secret", {}),
        ("/callbacks/demo/secret", {"secret": "whsec_!"}),
        ("/callbacks/demo/secret", {"secrets": "whsec_"}),
        ("/callbacks/demo/answers", {}),
        ("/callbacks/demo/answers", {"answers": [500]}),
        ("/callbacks/demo/answers", {"answers": [{"status": 100}]}),
        ("/callbacks/demo/answers", {"answers": [{"fault": "explode"}]}),
        ("/callbacks/demo/answers", {"answers": [{"times": 0}]}),
        ("/callbacks/demo/answers", {"answers": [{"seconds": -1}]}),
    ],
)
def test_senseless_orders_are_refused(client: Client, path: str, body: dict[str, object]) -> None:
    """With a sentence."""
    answer = client.control("PUT", path, body)

    assert 400 == answer.status_code
    assert answer.json()["error"]

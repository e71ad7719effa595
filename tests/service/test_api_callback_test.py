"""Trying a callback with a sample: what is sent, what came back, and nothing that anybody has to clean up."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook

from local.ports import free_port
from relay.log import set_up_log
from relay.store import Wanted
from sandbox.receiver import Reply
from sandbox.server import Sandbox
from tests.conftest import MakeSettings
from tests.problems import assert_problem
from tests.rig import Rig

PATH = "/destinations/here/callback/test"
TOKEN = "Bearer planted-crm-token-71ac"
SHAPE = "{link: data.response.body.resource.booking_url, how: type}"


class Echo(http.server.BaseHTTPRequestHandler):
    """A receiver that answers with everything it was sent."""

    def do_POST(self) -> None:
        """Answer with the headers and the body."""
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        body = json.dumps({"headers": dict(self.headers), "sent": sent, "long": "x" * 9000}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Seen", self.headers.get("Authorization", ""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that its base gives it
        """Say nothing."""


@pytest.fixture
def echo() -> Iterator[str]:
    """The address of a receiver that echoes."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        server.shutdown()


def make(rig: Rig, **callback: Any) -> Any:
    """Make a draft whose callback goes to the sandbox unless it says otherwise."""
    settings = {"url": rig.sandbox.callback_url("here"), **callback}
    return rig.destination("create_scheduling_link", activate=False, callback=settings)


def test_a_sample_arrives_signed_and_marked_as_a_test(rig: Rig) -> None:
    """From a draft, too; what was sent is shown."""
    made = make(rig)

    answer = rig.manage("POST", PATH)
    (callback,) = rig.sandbox.callbacks("here")

    assert callback.parsed == Webhook(made["callback"]["secret"]).verify(callback.body, callback.headers)
    assert callback.parsed == answer["sent"]["body"]
    assert ("delivery.delivered", True) == (
        answer["sent"]["body"]["type"],
        answer["sent"]["body"]["data"]["test"],
    )
    assert (200, None) == (answer["response"]["status"], answer["error"])
    assert 0 < answer["seconds"] < 5
    assert rig.sandbox.callback_url("here") == answer["sent"]["url"]


@pytest.mark.parametrize(
    "kind", ["delivery.delivered", "delivery.dead", "delivery.uncertain", "delivery.attempted"]
)
def test_each_type_can_be_tried(rig: Rig, kind: str) -> None:
    """Whatever the destination's `on` is: it may be about to change."""
    make(rig)

    rig.manage("POST", PATH, {"type": kind})

    assert [kind] == [told["type"] for told in rig.told()]


def test_a_sample_is_shaped_as_real_callbacks_are(rig: Rig) -> None:
    """With the answer that the template's endpoint gives."""
    make(rig, body=SHAPE)

    answer = rig.manage("POST", PATH)

    sent = {"link": "https://calendly.com/d/abcd-brv8/15-minute-meeting", "how": "delivery.delivered"}
    assert sent == answer["sent"]["body"] == rig.told()[0]


def test_an_expression_that_fails_is_told_and_nothing_is_sent(rig: Rig) -> None:
    """This is where a person finds out."""
    make(rig, body="sum(data.records)")

    answer = rig.manage("POST", PATH)

    assert (None, None, []) == (answer["sent"], answer["response"], rig.told())
    assert answer["error"].startswith("The destination's callback.body sum() takes an array of numbers")


def test_headers_go_along_and_their_values_are_not_shown(rig: Rig) -> None:
    """Only the hint by which people tell two secrets apart."""
    make(rig, headers={"Authorization": TOKEN, "X-Team": "rev-ops"})

    answer = rig.manage("POST", PATH)
    (callback,) = rig.sandbox.callbacks("here")

    assert (TOKEN, "rev-ops") == (callback.headers["authorization"], callback.headers["x-team"])
    assert ("••••71ac", "••••") == (
        answer["sent"]["headers"]["Authorization"],
        answer["sent"]["headers"]["X-Team"],
    )
    assert callback.headers["webhook-id"] == answer["sent"]["headers"]["webhook-id"]
    assert callback.headers["user-agent"] == answer["sent"]["headers"]["User-Agent"]


def test_a_receiver_that_echoes_does_not_bring_secrets_back(
    rig: Rig, echo: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither into the answer nor into the log; and a long answer is cut."""
    set_up_log("debug")
    make(rig, url=echo, headers={"Authorization": TOKEN})

    answer = rig.manage("POST", PATH)
    told = json.dumps(answer) + "".join(capfd.readouterr())

    assert 200 == answer["response"]["status"]
    assert "planted-crm-token" not in told
    assert "••••" == answer["response"]["headers"]["x-seen"]
    assert answer["response"]["body"].endswith("… (cut)")
    assert len(answer["response"]["body"]) < 5000


def test_a_refusal_is_told_with_what_the_receiver_said(rig: Rig) -> None:
    """A real callback would be sent again."""
    make(rig)
    rig.sandbox.receiver.tell_replies("here", [Reply(status=500)])

    answer = rig.manage("POST", PATH)

    assert (500, "The receiver answered 500.") == (answer["response"]["status"], answer["error"])


def test_trouble_on_the_network_is_told(rig: Rig) -> None:
    """As a sentence, with the answer 200: the test was made."""
    make(rig, url=f"http://127.0.0.1:{free_port()}/hook")

    answer = rig.manage("POST", PATH)

    assert answer["response"] is None
    assert "refused" in answer["error"]
    assert answer["sent"]["body"]["data"]["test"]


def test_silence_is_told(make_settings: MakeSettings, sandbox: Sandbox) -> None:
    """After as long as a callback may take."""
    rig = Rig(make_settings(sandbox_url=sandbox.url, callback_timeout=1.0), sandbox)
    rig.credential()
    make(rig)
    sandbox.receiver.tell_replies("here", [Reply(kind="hang", seconds=20.0)])

    answer = rig.manage("POST", PATH)

    assert answer["response"] is None
    assert "within 1 seconds" in answer["error"]
    assert answer["seconds"] >= 1


def test_a_private_address_is_guarded_against(make_settings: MakeSettings, sandbox: Sandbox) -> None:
    """A destination that was made while private addresses were allowed reaches none afterwards."""
    allowed = Rig(make_settings(sandbox_url=sandbox.url), sandbox)
    allowed.credential()
    make(allowed)
    rig = Rig(make_settings(sandbox_url=sandbox.url, allow_private_callbacks=False), sandbox)

    answer = rig.manage("POST", PATH)

    assert (None, []) == (answer["response"], sandbox.callbacks("here"))
    assert answer["error"]


def test_a_test_is_in_no_log_and_changes_nothing(rig: Rig) -> None:
    """Not even that callbacks have ended: that is for saving the destination, or a retry by hand."""
    make(rig)
    rig.store.receivers.note_gone("here", rig.sandbox.callback_url("here"))
    before = rig.manage("GET", "/destinations/here")

    rig.manage("POST", PATH)

    assert before == rig.manage("GET", "/destinations/here")
    assert "410" in before["callback"]["stopped_because"]
    assert [] == rig.store.deliveries.page(Wanted()).items
    assert 1 == len(rig.sandbox.callbacks("here"))


def test_without_a_callback_there_is_nothing_to_try(rig: Rig) -> None:
    """409, and how to change that."""
    rig.destination("create_scheduling_link", callback=None)

    answer = rig.client.post(f"/api/v1{PATH}", json={}, headers=rig.admin)

    assert (
        "This destination has no callback; PATCH it with one first."
        == assert_problem(answer, 409, "conflict")["detail"]
    )


@pytest.mark.parametrize(
    ("body", "pointer"), [({"type": "delivery.canceled"}, "#/type"), ({"kind": "x"}, "#/kind")]
)
def test_a_wrong_question_is_refused_by_name(rig: Rig, body: Any, pointer: str) -> None:
    """The types that there are, are listed."""
    make(rig)

    answer = rig.client.post(f"/api/v1{PATH}", json=body, headers=rig.admin)

    assert pointer == assert_problem(answer, 422, "invalid")["errors"][0]["pointer"]


def test_no_such_destination(rig: Rig) -> None:
    """404, whatever the name is."""
    answer = rig.client.post("/api/v1/destinations/Nowhere!/callback/test", json={}, headers=rig.admin)

    assert_problem(answer, 404, "unknown_destination")

"""What the commands ask of a relay, and what they make of its answers, seen by a server that only records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import Asked, Say, problem, recording

ID = "dlv_01M828018H54G2C3DHRCB2QSB"
DELIVERY = {
    "id": ID,
    "destination": "here",
    "template": "cancel_scheduled_event",
    "state": "delivered",
    "reason": None,
    "accepted_at": "2026-01-31T08:00:00.000Z",
    "updated_at": "2026-01-31T08:00:01.000Z",
    "settled_at": "2026-01-31T08:00:01.000Z",
    "next_attempt_at": None,
    "records": [{"deal": "D-1"}],
    "attempts": [],
    "request": {"method": "POST", "url": "https://api.calendly.com/x", "body": {"reason": "lost"}},
    "response": {"status": 201, "headers": {"content-type": "application/json"}, "body": {"ok": True}},
    "callbacks": [],
    "test": True,
}


def answering(**by_end: Any) -> Callable[[Asked], Say]:
    """Answer by the last step of the path; whatever else is asked is not found."""

    def answer(asked: Asked) -> Say:
        body = by_end.get(asked.path.rsplit("/", 1)[1])
        if callable(body):
            body = body(asked)
        return problem(404, "There is nothing here.") if body is None else Say(body)

    return answer


@pytest.mark.parametrize(
    ("arguments", "path", "body"),
    [
        (["retry", ID], f"/api/v1/deliveries/{ID}/retry", None),
        (["cancel", ID], f"/api/v1/deliveries/{ID}/cancel", None),
        (["resolve", ID, "--as", "dead"], f"/api/v1/deliveries/{ID}/resolve", {"as": "dead"}),
        (
            ["resolve", ID, "--as", "delivered", "--note", "Ana saw it"],
            f"/api/v1/deliveries/{ID}/resolve",
            {"as": "delivered", "note": "Ana saw it"},
        ),
    ],
)
def test_one_delivery_is_operated(arguments: list[str], path: str, body: Any) -> None:
    """With the admin key, and the new state is told."""
    with recording(answering(retry=DELIVERY, cancel=DELIVERY, resolve=DELIVERY)) as relay:
        ended = relay.run(*arguments)

    assert (0, f"{ID} of here is delivered now.\n") == (ended.code, ended.out)
    assert [("POST", path, body)] == [(each.method, each.path, each.json) for each in relay.asked]
    assert "Bearer admin-key-for-tests" == relay.asked[0].headers["Authorization"]


def test_replaying_counts_first_and_then_does_it() -> None:
    """The same is asked for both times."""

    def replay(asked: Asked) -> Any:
        return {"matching": 3, "replayed": 0 if asked.json["dry_run"] else 3}

    with recording(answering(replay=replay)) as relay:
        ended = relay.run(
            *("replay", "here", "--state", "dead", "--since", "2026-01-31T08:00:00Z", "--limit", 9, "--yes")
        )

    same = {"state": "dead", "since": "2026-01-31T08:00:00.000Z", "limit": 9}
    assert [{**same, "dry_run": True}, {**same, "limit": 3, "dry_run": False}] == [
        each.json for each in relay.asked
    ]
    assert (0, ["Deliveries of here that are dead and fit: 3.", "Queued again: 3."]) == (
        ended.code,
        ended.out.splitlines(),
    )


@pytest.mark.parametrize(("options", "code"), [(["--dry-run"], 0), ([], 3)])
def test_replaying_needs_somebody_who_agrees(options: list[str], code: int) -> None:
    """Without, it is only counted."""
    with recording(answering(replay={"matching": 3, "replayed": 0})) as relay:
        ended = relay.run("replay", "here", "--state", "dead", *options)

    assert (code, [True]) == (ended.code, [each.json["dry_run"] for each in relay.asked])


HERE = {"inbound": {"auth": {"kind": "bearer", "key": "••••"}, "records": None}}
WRONG = [{"pointer": "#/event_uuid", "detail": "is required"}]
PREVIEW = {
    "calls": [
        {
            "records": [0],
            "method": "POST",
            "url": "https://api.calendly.com/scheduled_events/A/cancellation",
            "headers": {"X-Team": "rev-ops"},
            "body": {"reason": "lost"},
            "content": '{"reason":"lost"}',
        }
    ],
    "rejected": [{"index": 1, "errors": WRONG}],
    "skipped": [{"index": 2}],
}


def test_a_preview_shows_the_calls(tmp_path: Path) -> None:
    """And what would not become one; 1 tells that something would be rejected."""
    file = tmp_path / "deals.csv"
    file.write_text("event_uuid\nA\nB\nC\n", encoding="utf-8")
    with recording(answering(preview=PREVIEW, here=HERE)) as relay:
        ended = relay.run("preview", "here", file)

    assert 1 == ended.code
    assert [{"records": [{"event_uuid": each} for each in "ABC"]}] == [each.json for each in relay.of("POST")]
    assert [
        "POST https://api.calendly.com/scheduled_events/A/cancellation  (record 1)",
        "  X-Team: rev-ops",
        "  {",
        '    "reason": "lost"',
        "  }",
        "",
        "record 2 is rejected: #/event_uuid: is required",
        "record 3 is skipped: the destination's “when” does not match it",
    ] == ended.out.splitlines()


def test_a_preview_without_records_leaves_them_to_the_relay() -> None:
    """It knows the template's example, and those that came last."""
    with recording(answering(preview={**PREVIEW, "rejected": []})) as relay:
        ended = relay.run("preview", "here", "--json")

    assert (0, [{}]) == (ended.code, [each.json for each in relay.asked])
    assert PREVIEW["calls"] == json.loads(ended.out)["calls"]


def test_a_dry_run_of_sending_sends_nothing(tmp_path: Path) -> None:
    """Each chunk is previewed, and faults are told by their lines."""
    file = tmp_path / "deals.csv"
    file.write_text("event_uuid\n" + "".join(f"{number}\n" for number in range(60)), encoding="utf-8")

    def preview(asked: Asked) -> Any:
        numbers = [int(each["event_uuid"]) for each in asked.json["records"]]
        wrong = [
            {"index": place, "errors": WRONG} for place, number in enumerate(numbers) if number in {4, 50}
        ]
        return {
            "calls": [],
            "rejected": wrong,
            "skipped": [{"index": numbers.index(7)}] if 7 in numbers else [],
        }

    with recording(answering(preview=preview, here=HERE)) as relay:
        ended = relay.run("send", "here", file, "--dry-run", "--chunk", 40)

    assert (1, "Nothing was sent: 57 would be accepted, 2 rejected, 1 skipped.\n") == (ended.code, ended.out)
    assert [
        "line 6: #/event_uuid: is required",
        "line 52: #/event_uuid: is required",
    ] == ended.err.splitlines()
    assert {"/api/v1/destinations/here/preview"} == {each.path for each in relay.of("POST")}


def test_a_test_makes_a_real_call_once_somebody_agrees(tmp_path: Path) -> None:
    """And shows Calendly's answer; 0 tells that Calendly did it."""
    file = tmp_path / "deal.json"
    file.write_text('{"deal": "D-1"}', encoding="utf-8")
    with recording(answering(test=DELIVERY)) as relay:
        alone = relay.run("test", "here", file)
        agreed = relay.run("test", "here", file, "--yes")

    assert (3, 0) == (alone.code, agreed.code)
    assert [{"record": {"deal": "D-1"}}] == [each.json for each in relay.asked]
    assert f"{ID} of here (cancel_scheduled_event, a test): delivered" == agreed.out.splitlines()[0]
    assert '    "ok": true' in agreed.out.splitlines()


def test_a_test_without_a_record_takes_the_templates_example() -> None:
    """Shown before it is sent."""
    answer = answering(
        here={"template": "x"}, x={"example": {"reason": "an example"}}, test={**DELIVERY, "state": "dead"}
    )
    with recording(answer) as relay:
        ended = relay.run("test", "here", "--yes")

    assert (1, [{"record": {"reason": "an example"}}]) == (
        ended.code,
        [each.json for each in relay.of("POST")],
    )
    assert 'The record: {"reason": "an example"}' in ended.err


def test_sending_honours_a_wait_and_carries_the_same_key(tmp_path: Path) -> None:
    """A 503 means: send the same again."""
    file = tmp_path / "deals.csv"
    file.write_text("a\n1\n2\n", encoding="utf-8")
    took = {
        "accepted": [{"index": 0, "delivery": ID}, {"index": 1, "delivery": ID}],
        "rejected": [],
        "skipped": [],
    }
    asked_before: list[Asked] = []

    def answer(asked: Asked) -> Say:
        if asked.method == "GET":
            return Say({"inbound": {"auth": {"kind": "query", "parameter": "auth"}}})
        asked_before.append(asked)
        return problem(503, "Wait.", Retry_After="0") if len(asked_before) < 3 else Say(took, 202)

    with recording(answer) as relay:
        ended = relay.run("send", "here", file, HERE_INBOUND_KEY="a key & more")

    assert (0, "2 accepted, 0 already accepted, 0 rejected, 0 skipped.\n") == (ended.code, ended.out)
    assert 1 == len({each.headers["Idempotency-Key"] for each in asked_before})
    assert ["auth=a+key+%26+more"] * 3 == [each.query for each in asked_before]
    assert b'[{"a": "1"},{"a": "2"}]' == asked_before[0].body
    assert not any("Authorization" in each.headers for each in asked_before)


def test_forgetting_says_so_when_there_is_no_end_of_it() -> None:
    """Where each look finds something more, the person's data may still be there: that is no success."""
    erased = {"deliveries": [], "answers": 1, "audit_entries": 0, "failures": 0}
    page = {"erased": erased, "left": [], "settings": [], "looked_at": 1, "next_cursor": None}
    with recording(answering(forget=page)) as relay:
        ended = relay.run("forget", "ada@example.com", "--yes")

    assert 1 == ended.code
    assert "The last look still found something" in ended.err

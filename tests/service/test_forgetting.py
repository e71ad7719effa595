"""Forgetting a person: what is over loses what it carried, what is not is told, and nobody else loses anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relay.model.person import Person
from relay.store import forgetting, seeking
from relay.store.audit import Deed
from tests.command_line import ServedRelay, serving
from tests.problems import assert_problem
from tests.rig import Rig, everything_in

ADA, BOB = "ada@example.com", "bob@example.com"
MANUAL: dict[str, Any] = {"manual": {"method": "POST", "url": "/shares"}, "callback": None}


def people(rig: Rig, person: str = ADA) -> bool:
    """Tell whether anything in Redis names the person."""
    return Person(person).is_in(everything_in(rig.store.redis).replace("\\\\", "\\"))


def forget(rig: Rig, **wish: Any) -> Any:
    """Forget Ada, in as many answers as it takes, and give them as one."""
    whole: dict[str, Any] = {"deliveries": {}, "left": {}, "settings": [], "answers": 0, "audit_entries": 0}
    cursor = None
    while True:
        page = rig.manage("POST", "/forget", {"email": ADA, "cursor": cursor, **wish})
        whole["deliveries"].update({each["delivery"]: each for each in page["erased"]["deliveries"]})
        whole["left"].update({each["delivery"]: each for each in page["left"]})
        whole["settings"] += page["settings"]
        for name in ("answers", "audit_entries"):
            whole[name] += page["erased"][name]
        cursor = page["next_cursor"]
        if cursor is None:
            return whole


def records(email: str = ADA, **more: Any) -> dict[str, Any]:
    """Give a record that names somebody, in more ways than one."""
    written = json.dumps({"mail": email.upper()})
    return {"email": email, email: True, "raw": written, "link": f"/x?e={email.replace('@', '%40')}", **more}


def test_a_person_goes_from_all_that_is_over(rig: Rig) -> None:
    """Deliveries of every end, tests, batches, callbacks, destinations that are gone; ids, times and states stay."""
    rig.destination("manual", "here", manual=MANUAL["manual"])
    rig.destination("manual", "gone", **MANUAL)
    rig.destination("manual", "sums", batch={"size": 2, "window": 1}, **MANUAL)
    here = rig.accept([records(), records(BOB)])
    gone = rig.accept(records(), "gone")
    together = rig.accept([records(), records(BOB)], "sums")
    (canceled,) = rig.accept(records())
    rig.store.operations.cancel(canceled)
    rig.drain()
    rig.manage("DELETE", "/destinations/gone")
    before = [rig.delivery(each) for each in (here[0], gone[0], together[0], canceled)]

    found = forget(rig, dry_run=True)
    named = people(rig)
    done = forget(rig)

    assert {here[0], gone[0], together[0], canceled} == set(found["deliveries"]) == set(done["deliveries"])
    assert ({}, {}, True, False) == (found["left"], done["left"], named, people(rig))
    after = [rig.delivery(each.id) for each in before]
    assert [(each.state, each.settled_at, len(each.attempts)) for each in before] == [
        (each.state, each.settled_at, len(each.attempts)) for each in after
    ]
    assert [("forgotten", [], {}, None, None)] * 4 == [
        (each.payload, each.records, each.fields, each.request, each.response) for each in after
    ]
    assert ("kept", [records(BOB)]) == (rig.delivery(here[1]).payload, rig.delivery(here[1]).records)
    assert {} == forget(rig)["deliveries"]


def test_what_waits_is_left_and_told(rig: Rig) -> None:
    """It may be the very call that deletes the person's data. So is what a person has to decide, or is on its way."""
    rig.destination("delete_invitee_data", "here", activate=False)
    rig.destination("manual", "open", batch={"size": 9, "window": 3600}, **MANUAL)
    (held,) = rig.accept({"emails": [ADA]})
    (collecting,) = rig.accept(records(), "open")[:1]

    done = forget(rig)

    assert {(held, "queued", "waiting"), (collecting, "collecting", "waiting")} == {
        (each["delivery"], each["state"], each["why"]) for each in done["left"].values()
    }
    assert {} == done["deliveries"]
    assert [{"emails": [ADA]}] == rig.delivery(held).records


def test_what_waits_goes_where_that_is_wanted(rig: Rig) -> None:
    """A delivery is canceled; a batch loses the person's records and goes out with those of others."""
    rig.destination("delete_invitee_data", "here", activate=False)
    rig.destination("manual", "open", batch={"size": 4, "window": 3600}, **MANUAL)
    (held,) = rig.accept({"emails": [ADA]})
    (batch, *_) = rig.accept([records(), records(BOB, n=1), records(n=2)], "open")

    looked = forget(rig, waiting=True, dry_run=True)
    done = forget(rig, waiting=True)
    rig.accept([records(BOB, n=3), records(BOB, n=4)], "open")
    left = rig.delivery(batch)

    assert {held, batch} == set(looked["deliveries"]) == set(done["deliveries"])
    assert ("canceled", "forgotten") == (rig.delivery(held).state, rig.delivery(held).payload)
    assert ([1, 3, 4], False) == ([each["n"] for each in left.records], people(rig))
    assert ("collecting", 3) == (left.state, left.record_count)


def test_a_callback_that_waits_is_left_with_its_delivery(rig: Rig) -> None:
    """Its retries go on as they were; once it has ended, the next time takes both."""
    rig.destination("manual", "here", manual=MANUAL["manual"])
    rig.accept(records())
    rig.forget_who_was_asked()
    rig.turn()  # the call; its callback is not sent yet
    first = forget(rig)
    rig.drain()
    second = forget(rig)

    assert ["telling"] == [each["why"] for each in first["left"].values()]
    assert ({}, 1, False) == (second["left"], len(second["deliveries"]), people(rig))
    assert 1 == len(rig.told())


def test_answers_audit_and_settings(rig: Rig) -> None:
    """What is kept for repeats and people's notes lose the person and go on to work; settings are told."""
    rig.destination("manual", "here", constants={}, headers={"X-Owner": ADA}, **MANUAL)
    rig.store.audit.write(
        Deed(who="ops", what="delivery.resolved", on={"delivery": "dlv_1"}, details={"note": f"Ask {ADA}"})
    )
    rig.store.audit.write(
        Deed(who="ops", what="delivery.resolved", on={"delivery": "dlv_2"}, details={"note": "Ask Bob"})
    )

    looked = forget(rig, dry_run=True)
    done = forget(rig)

    entries = rig.store.audit.page(about="dlv_1").items
    assert (1, 1) == (looked["audit_entries"], done["audit_entries"])
    assert [{"kind": "destination", "id": "here"}] == done["settings"]
    assert [("delivery.resolved", "(erased)")] == [
        (each.deed.what, each.deed.details["note"]) for each in entries
    ]
    assert "Ask Bob" == rig.store.audit.page(about="dlv_2").items[0].deed.details["note"]
    assert ADA not in json.dumps(rig.manage("GET", "/audit"))


def test_the_audit_says_how_much_was_erased_and_never_of_whom(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor does the log; looking only is nobody's deed."""
    rig.destination("manual", "here", **MANUAL)
    rig.accept(records())
    rig.drain()
    forget(rig, dry_run=True)
    forget(rig)

    deeds = [each for each in rig.manage("GET", "/audit")["entries"] if each["what"] == "person.forgotten"]
    assert [{"erased": 0, "left": 0, "last": True}, {"erased": 1, "left": 0, "last": False}] == [
        each["details"] for each in deeds
    ]
    assert "ada@" not in "".join(capsys.readouterr())


def test_however_much_there_is_each_answer_comes_soon(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor goes on where the answer ended."""
    monkeypatch.setattr(forgetting, "PATIENCE", 0.0)
    monkeypatch.setattr(seeking, "KEYS_AT_A_TIME", 10)
    rig.destination("manual", "here", **MANUAL)
    made = rig.accept([records(n=n) for n in range(40)])
    rig.drain()

    first = rig.store.forgetting.forget(forgetting.Wish(person=Person(ADA), dry=True), seconds=0.0)
    done = forget(rig)

    assert first.looked_at < 40
    assert (set(made), False) == (set(done["deliveries"]), people(rig))


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/email"),
        ({"email": "ada"}, "#/email"),
        ({"email": "ada@"}, "#/email"),
        ({"email": f"{ADA}, {BOB}"}, "#/email"),
        ({"email": 7}, "#/email"),
        ({"email": ADA, "dry_run": "yes"}, "#/dry_run"),
        ({"email": ADA, "name": "Ada"}, "#/name"),
    ],
)
def test_a_wrong_wish_is_refused(rig: Rig, body: Any, pointer: str) -> None:
    """Without saying whose it is."""
    answer = rig.client.post("/api/v1/forget", json=body, headers=rig.admin)

    problem = assert_problem(answer, 422, "invalid", pointer)
    assert "ada@example.com," not in json.dumps(problem)


def test_a_strange_cursor_is_refused(rig: Rig) -> None:
    """Rather than to begin anew."""
    answer = rig.client.post("/api/v1/forget", json={"email": ADA, "cursor": "x"}, headers=rig.admin)

    assert_problem(answer, 400, "bad_request")


@pytest.fixture
def relay(rig: Rig, tmp_path: Path) -> Iterator[ServedRelay]:
    """A relay, served, with a destination for anything."""
    rig.destination("manual", "here", **MANUAL)
    with serving(rig.client.application) as url:
        yield ServedRelay(url, rig.settings.admin_key, tmp_path / "relay.yaml", {})


def test_the_command_forgets_and_says_what_it_left(relay: ServedRelay, rig: Rig) -> None:
    """First what would be, then what was; exit code 1 while something is left."""
    (over,) = rig.accept(records())
    rig.drain()
    rig.manage("POST", "/destinations/here/pause")
    (waits,) = rig.accept(records())

    looked = relay.run("forget", ADA, "--dry-run")
    refused = relay.run("forget", ADA)
    done = relay.run("forget", ADA, "--yes")
    canceled = relay.run("forget", ADA.upper(), "--waiting", "--yes", "--json")
    again = relay.run("forget", ADA, "--yes")

    told = [
        f"Would be erased: 1 delivery.\n  {over} of here, dead\n",
        f"  {waits} of here, queued: it waits",
    ]
    assert (1, 3, 1, 0, 0) == (looked.code, refused.code, done.code, canceled.code, again.code)
    assert all(each in looked.out for each in told)
    assert f"Erased: 1 delivery.\n  {over} of here, dead\nLeft as they are: 1 delivery.\n" in done.out
    assert [waits] == [each["delivery"] for each in json.loads(canceled.out)["erased"]["deliveries"]]
    assert ("Erased: 0 deliveries.\n", False) == (again.out, people(rig))

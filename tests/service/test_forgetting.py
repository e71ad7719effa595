"""Forgetting a person: what is over loses what it carried, what is not is told, and nobody else loses anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from relay.model.person import Person
from relay.store import forgetting, keys, seeking
from relay.store.audit import Deed
from relay.store.scripts import Scripts
from tests.command_line import ServedRelay, serving
from tests.problems import assert_problem
from tests.rig import Rig, everything_in
from tests.service.store.one_lane import OneLane, ended

ADA, BOB = "ada@example.com", "bob@example.com"
MANUAL: dict[str, Any] = {"manual": {"method": "POST", "url": "/shares"}, "callback": None}
BATCH: dict[str, Any] = {"size": 2, "window": 3600}


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


def meanwhile(monkeypatch: pytest.MonkeyPatch, what: Callable[[], Any]) -> None:
    """Let something happen once, between the look at a delivery and the script that erases what was seen."""
    run, left = Scripts.run, [what]

    def run_late(self: Scripts, name: str, key: str, args: Any) -> Any:
        if name.startswith("forget") and left:
            left.pop()()
        return run(self, name, key, args)

    monkeypatch.setattr(Scripts, "run", run_late)


def batch_of_two(rig: Rig, **changes: Any) -> tuple[OneLane, str]:
    """Give the lane of a destination in which one full batch waits, with a record of Bob's and one of Ada's."""
    rig.destination("manual", "here", batch=BATCH, **{**MANUAL, **changes})
    (batch, _) = rig.accept([records(BOB), records()])
    return OneLane(rig.store, make=False), batch


def left_unknown(lane: OneLane, state: str = "uncertain", **more: Any) -> Any:
    """Claim what is due and let its worker seem dead; give the attempt that is still in that one's hands."""
    lease, claimed = lane.claim_one()
    lane.settle(claimed, ended(state, known=False, **more))
    lane.lanes.release(lease)
    return claimed


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


def test_a_record_of_somebody_else_that_joins_meanwhile_stays(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was answered 202: the batch that held only the person's records goes on without them."""
    rig.destination("manual", "here", batch={"size": 9, "window": 3600}, **MANUAL)
    (batch,) = rig.accept(records())
    meanwhile(monkeypatch, lambda: rig.accept(records(BOB)))

    forget(rig, waiting=True)
    left = rig.delivery(batch)

    assert ("collecting", [records(BOB)], False) == (left.state, left.records, people(rig))


def test_a_batch_whose_call_ends_meanwhile_keeps_the_records_of_others(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was on its way when it was read, and waits when it comes to the point."""
    lane, batch = batch_of_two(rig)
    _, claimed = lane.claim_one()
    meanwhile(monkeypatch, lambda: lane.settle(claimed, ended("retrying", wait=60.0)))

    forget(rig, waiting=True)
    left = rig.delivery(batch)

    assert ("retrying", [records(BOB)], False) == (left.state, left.records, people(rig))


def test_a_batch_that_loses_the_others_meanwhile_is_canceled(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two people are forgotten at once: what is left of it is no call."""
    rig.destination("manual", "here", batch=BATCH, activate=False, **MANUAL)
    (batch, _) = rig.accept([records(), records(BOB)])
    bob = forgetting.Wish(person=Person(BOB), waiting=True)
    meanwhile(monkeypatch, lambda: rig.store.forgetting.forget(bob))

    forget(rig, waiting=True)

    assert ("canceled", False, False) == (rig.delivery(batch).state, people(rig), people(rig, BOB))


def test_a_record_that_moved_up_meanwhile_is_not_mistaken_for_another(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it stood stands somebody else's: nothing is done, and the next time finds it."""
    rig.destination("manual", "here", batch={"size": 3, "window": 3600}, activate=False, **MANUAL)
    (batch, *_) = rig.accept([records(BOB), records(), {"n": 1}])
    bob = forgetting.Wish(person=Person(BOB), waiting=True)
    meanwhile(monkeypatch, lambda: rig.store.forgetting.forget(bob))

    first = forget(rig, waiting=True)
    second = forget(rig, waiting=True)

    assert (["changed"], {batch}) == (
        [each["why"] for each in first["left"].values()],
        set(second["deliveries"]),
    )
    assert ([{"n": 1}], False) == (rig.delivery(batch).records, people(rig))


def test_what_is_on_its_way_is_left_even_then(rig: Rig) -> None:
    """Be it a call or a callback: nothing is erased behind a worker's back."""
    rig.destination("manual", "here", manual=MANUAL["manual"])
    lane = OneLane(rig.store, make=False)
    rig.accept(records())
    _, claimed = lane.claim_one()
    calling = forget(rig, waiting=True)
    lane.settle_with_callback(claimed)
    lane.callbacks.claim_one()
    telling = forget(rig, waiting=True)

    assert [["sending"], ["telling"]] == [
        [each["why"] for each in page["left"].values()] for page in (calling, telling)
    ]
    assert people(rig)


def test_a_callback_that_waits_is_dropped_where_that_is_wanted(rig: Rig) -> None:
    """It tells of nobody else. Its address may name the person as well."""
    rig.destination("manual", "here", manual=MANUAL["manual"])
    lane = OneLane(rig.store, make=False)
    rig.accept(records())
    _, claimed = lane.claim_one()
    told = lane.settle_with_callback(claimed)

    forget(rig, waiting=True)

    assert ([], "dead", False) == (lane.callbacks.due(), lane.callbacks.state(told), people(rig))
    assert "url" not in lane.callbacks.item(told)


def test_what_a_canceled_head_held_up_is_due(rig: Rig) -> None:
    """In a lane of strict order."""
    rig.destination("manual", "here", delivery={"strict_order": True}, **MANUAL)
    lane = OneLane(rig.store, make=False)
    rig.accept([records(), records(BOB)])
    left_unknown(lane, "retrying", wait=3600.0)
    blocked = lane.next_look()

    forget(rig, waiting=True)

    assert blocked is not None
    assert lane.now() + 3000_000 < blocked
    assert (lane.next_look() or blocked) <= lane.now()


@pytest.mark.parametrize("state", ["uncertain", "retrying"])
def test_a_late_answer_does_not_bring_the_person_back(rig: Rig, state: str) -> None:
    """What its worker holds in its hands names the person; the rest waits for a look-up, a repeat or a person instead."""
    lane, batch = batch_of_two(rig)
    late = left_unknown(lane, state, wait=60.0 if state == "retrying" else None)
    forget(rig, waiting=True)

    written = lane.settle(late, ended("delivered", values={"request": json.dumps(records())}))

    assert (False, state, [records(BOB)]) == (written, rig.delivery(batch).state, rig.delivery(batch).records)
    assert not people(rig)


def test_a_callback_that_is_shaped_late_does_not_bring_the_person_back(rig: Rig) -> None:
    """Its destination was deleted while it was on its way, so nobody waits for its end."""
    rig.destination("manual", "here", manual=MANUAL["manual"])
    lane = OneLane(rig.store, make=False)
    rig.accept(records())
    rig.forget_who_was_asked()
    rig.turn()
    _, sent = lane.callbacks.claim_one()
    rig.store.destinations.delete("here", 0)
    forget(rig)

    noted = rig.store.lanes.note(lane.callbacks.lane, sent.id, sent.token, "shaped", json.dumps(records()))
    lane.callbacks.settle(sent, ended("retrying", wait=0.0, values={"url": f"https://x/{ADA}"}))

    assert (False, False) == (noted, people(rig))


@pytest.mark.parametrize("state", ["uncertain", "delivered"])
def test_what_others_wait_to_hear_is_told_first(rig: Rig, state: str) -> None:
    """The callback of a batch tells of all its records; then the person goes from both."""
    lane, batch = batch_of_two(rig, callback={"url": rig.sandbox.callback_url("here")})
    lease, claimed = lane.claim_one()
    lane.settle_with_callback(claimed, state, known=state == "delivered")
    lane.lanes.release(lease)

    looked = forget(rig, waiting=True, dry_run=True)
    first = forget(rig, waiting=True)
    rig.drain()
    second = forget(rig, waiting=True)

    assert [["telling"]] * 2 == [[each["why"] for each in page["left"].values()] for page in (looked, first)]
    assert (1, {}, {batch}) == (len(rig.told()), second["left"], set(second["deliveries"]))
    assert (state, False) == (rig.delivery(batch).state, people(rig))


def test_a_callback_that_its_delivery_names_no_more_goes_as_well(rig: Rig) -> None:
    """Of many, a delivery names the latest."""
    lane, batch = batch_of_two(rig, callback={"url": rig.sandbox.callback_url("here")})
    lease, claimed = lane.claim_one()
    told = lane.settle_with_callback(claimed, "uncertain", known=False)
    lane.lanes.release(lease)
    _, posted = lane.callbacks.claim_one()
    lane.callbacks.settle(posted, ended(values={"shaped": json.dumps(records())}))
    lane.redis.hset(keys.delivery(batch), "callbacks", "")

    forget(rig, waiting=True)

    assert (["forgotten"], False) == ([lane.callbacks.item(told)["dropped"]], people(rig))


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


def test_an_entry_of_the_audit_that_names_two_people_is_kept_once(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are forgotten at the same time; what was done, and when, stays."""
    note = {"note": f"{ADA} asked {BOB}"}
    rig.store.audit.write(Deed(who="ops", what="delivery.resolved", on={"delivery": "dlv_1"}, details=note))
    (entry,) = rig.store.audit.page(about="dlv_1").items
    bob = forgetting.Wish(person=Person(BOB))
    meanwhile(monkeypatch, lambda: rig.store.forgetting.forget(bob, "audit.1-0"))

    forget(rig)
    forget(rig)

    written = [each.deed.details for each in rig.store.audit.page(about="dlv_1").items]
    at = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds")
    assert [{"note": "(erased)", "first_written_at": at}] == written
    assert (False, False) == (people(rig), people(rig, BOB))


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


def test_a_cursor_of_another_server_begins_anew(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failover or a restart the keys stand in another order: to go on would pass over some."""
    monkeypatch.setattr(seeking, "KEYS_AT_A_TIME", 10)
    rig.destination("manual", "here", **MANUAL)
    made = rig.accept([records(n=n) for n in range(40)])
    rig.drain()
    looking = seeking.Seeking(rig.store.redis)

    def looked(cursor: str) -> set[str]:
        found: set[str] = set()
        while "audit" not in cursor:
            page = looking.look(Person(ADA), cursor, 0.0)
            found |= {each.id for each in page.found if each.kind == "delivery"}
            cursor = page.next_cursor or ""
        return found

    cursor = seeking.FIRST
    for _ in range(4):
        cursor = looking.look(Person(ADA), cursor, 0.0).next_cursor or ""
    server, _, place = cursor.partition(".")
    elsewhere = f"{server[::-1]}.{place}"

    assert set(made) > looked(cursor)
    assert set(made) == looked(elsewhere)


def test_what_was_seen_on_two_servers_is_seen_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The master was another one by the time that the last keys were read."""
    names = chain(["one"], repeat("two"))
    monkeypatch.setattr(seeking, "process_of", lambda server: next(names))
    looking = seeking.Seeking(rig.store.redis)

    first = looking.look(Person(ADA), seeking.FIRST, 60.0)
    second = looking.look(Person(ADA), first.next_cursor or "", 60.0)

    assert (seeking.FIRST, "audit.1-0") == (first.next_cursor, second.next_cursor)


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

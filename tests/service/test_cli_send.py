"""`send` against the real application."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import Ended, ServedRelay, serving
from tests.rig import INBOUND_KEY, Rig

OWNER = "https://api.calendly.com/event_types/EVENTTYPEINTRO01"


def a_record(number: int) -> dict[str, Any]:
    """Give one of many records that differ."""
    return {"owner": "nonsense" if number in {12, 31} else OWNER, "deal": f"D-{number}"}


@pytest.fixture
def relay(rig: Rig, tmp_path: Path) -> Iterator[ServedRelay]:
    """A relay with a destination that makes booking links."""
    rig.destination("create_scheduling_link")
    with serving(rig.client.application) as url:
        yield ServedRelay(url, rig.settings.admin_key, tmp_path / "relay.yaml", {})


def send(relay: ServedRelay, *arguments: object, given: str | bytes = "", **environ: str) -> Ended:
    """Send to `here` with its key."""
    return relay.run("send", "here", *arguments, given=given, **{"HERE_INBOUND_KEY": INBOUND_KEY, **environ})


def ndjson(numbers: range) -> str:
    """Give records as NDJSON."""
    return "".join(f"{json.dumps(a_record(number))}\n" for number in numbers)


def write_csv(file: Path, numbers: range) -> Path:
    """Write records as CSV."""
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, ["owner", "deal"])
        writer.writeheader()
        writer.writerows(a_record(number) for number in numbers)
    return file


def deals(rig: Rig) -> list[str]:
    """Give what became deliveries."""
    page = rig.manage("GET", "/deliveries?limit=200")["deliveries"]
    return [rig.delivery(each["id"]).records[0]["deal"] for each in reversed(page)]


def test_a_file_is_sent_once_however_often_it_is_sent(relay: ServedRelay, rig: Rig, tmp_path: Path) -> None:
    """The second time every record is known already."""
    file = write_csv(tmp_path / "deals.csv", range(10))
    first, second = send(relay, file, "--chunk", 3), send(relay, file, "--chunk", 3)

    assert (0, "10 accepted, 0 already accepted, 0 rejected, 0 skipped.\n") == (first.code, first.out)
    assert (0, "0 accepted, 10 already accepted, 0 rejected, 0 skipped.\n") == (second.code, second.out)
    assert [f"D-{number}" for number in range(10)] == deals(rig)


def test_bad_records_are_named_by_their_lines_and_kept(relay: ServedRelay, rig: Rig, tmp_path: Path) -> None:
    """The good ones are sent; the mended ones are sent from the file that kept them."""
    rejects = tmp_path / "wrong.ndjson"
    file = write_csv(tmp_path / "deals.csv", range(40))
    first = send(relay, file, "--rejects", rejects, "--chunk", 10)
    rejects.write_text(rejects.read_text(encoding="utf-8").replace("nonsense", OWNER), encoding="utf-8")
    second = send(relay, rejects)

    assert (1, "38 accepted, 0 already accepted, 2 rejected, 0 skipped.\n") == (first.code, first.out)
    assert ["line 14: #/owner", "line 33: #/owner"] == [line[:16] for line in first.err.splitlines()]
    assert (0, "2 accepted, 0 already accepted, 0 rejected, 0 skipped.\n") == (second.code, second.out)
    assert {f"D-{number}" for number in range(40)} == set(deals(rig))
    assert 40 == len(deals(rig))


UNREADABLE = {
    "deals.csv": (
        f"owner,deal\n{OWNER},D-1\nnonsense,D-2\n{OWNER},D-3,x\nnonsense,ä\n".encode(),
        [
            b'{"owner": "nonsense", "deal": "D-2"}',
            f'["{OWNER}", "D-3", "x"]'.encode(),
            '{"owner": "nonsense", "deal": "ä"}'.encode(),
        ],
    ),
    "deals.ndjson": (
        b'{"owner": "nonsense", "a": 1}\n{"owner": "\xff"}\n{"owner": \n\n{"owner": "nonsense", "a": 2}\n7\n',
        [
            b'{"owner": "nonsense", "a": 1}',
            b'{"owner": "\xff"}',
            b'{"owner":',
            b'{"owner": "nonsense", "a": 2}',
            b"7",
        ],
    ),
    "deals.json": (
        b'[{\n"owner": "nonsense",\r\n"a": 1}, [\n7], {"owner": "nonsense"}]',
        [b'{ "owner": "nonsense",  "a": 1}', b'"[\\n7]"', b'{"owner": "nonsense"}'],
    ),
}


@pytest.mark.parametrize("name", list(UNREADABLE))
def test_what_cannot_be_read_is_kept_as_it_stands_and_is_rejected_again(
    relay: ServedRelay, tmp_path: Path, name: str
) -> None:
    """In the file's order, each on one line: nothing that was rejected is lost, or passed over when it is sent again."""
    content, kept = UNREADABLE[name]
    file, first, second = tmp_path / name, tmp_path / "first.ndjson", tmp_path / "second.ndjson"
    file.write_bytes(content)
    send(relay, file, "--rejects", first)
    again = send(relay, first, "--rejects", second)

    assert kept == first.read_bytes().splitlines()
    assert (1, f"0 accepted, 0 already accepted, {len(kept)} rejected, 0 skipped.\n") == (
        again.code,
        again.out,
    )
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("name", ["wrong.csv", "wrong.TSV", "wrong.json"])
def test_rejects_are_not_written_under_a_suffix_that_means_something_else(
    relay: ServedRelay, rig: Rig, tmp_path: Path, name: str
) -> None:
    """Nothing is sent then: the file could not be sent again as it is."""
    file = write_csv(tmp_path / "deals.csv", range(15))
    ended = send(relay, file, "--rejects", tmp_path / name)

    assert (64, [], False) == (ended.code, deals(rig), (tmp_path / name).exists())
    assert f"“{name}” would hold NDJSON; give it the suffix .ndjson" in ended.err


@pytest.mark.parametrize("chunk", [1, 40, 200])
@pytest.mark.parametrize("mended", [True, False], ids=["mended", "taken out"])
def test_a_file_whose_bad_records_were_seen_to_is_sent_again_and_sends_nothing_twice(
    relay: ServedRelay, rig: Rig, tmp_path: Path, chunk: int, mended: bool
) -> None:
    """What shared a request with them was held back, so it comes once as well."""
    file = tmp_path / "deals.ndjson"
    lines = ndjson(range(60)).splitlines(keepends=True)
    file.write_text("".join(lines), encoding="utf-8")
    first = send(relay, file, "--chunk", chunk)
    seen_to = [line.replace("nonsense", OWNER) for line in lines if mended or "nonsense" not in line]
    file.write_text("".join(seen_to), encoding="utf-8")
    second = send(relay, file, "--chunk", chunk)

    assert (1, 0) == (first.code, second.code), second.err
    assert "2 rejected" in first.out
    assert len(seen_to) == len(deals(rig)) == len(set(deals(rig)))


def test_it_stops_at_the_first_bad_record_when_asked_to(relay: ServedRelay, rig: Rig) -> None:
    """Nothing of its chunk is sent, and nothing after it."""
    ended = send(relay, "-", "--format", "ndjson", "--chunk", 1, "--stop-on-error", given=ndjson(range(40)))

    assert (1, 12) == (ended.code, len(deals(rig)))
    assert "12 accepted, 0 already accepted, 1 rejected, 0 skipped.\n" == ended.out


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("one.json", json.dumps(a_record(1))),
        ("some.json", json.dumps([a_record(1), a_record(2)], indent=2)),
        ("some.jsonl", ndjson(range(1, 4))),
    ],
)
def test_every_format_is_taken(relay: ServedRelay, rig: Rig, tmp_path: Path, name: str, content: str) -> None:
    """Told by the suffix."""
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    ended = send(relay, file)

    assert (0, len(deals(rig))) == (ended.code, content.count("deal")), ended.err


@pytest.mark.parametrize(
    "auth",
    [
        {"kind": "bearer", "key": "an-inbound-key-of-some"},
        {"kind": "basic", "username": "crm", "password": "an-inbound-key-of-some"},
        {"kind": "query", "key": "an-inbound-key-of-some", "parameter": "auth"},
    ],
    ids=["bearer", "basic", "query"],
)
def test_every_kind_of_key_is_found_out(relay: ServedRelay, rig: Rig, auth: dict[str, str]) -> None:
    """The relay is asked which kind; the key comes from the environment, and is never shown."""
    rig.destination("create_scheduling_link", "some", inbound={"auth": auth})
    arguments = ("send", "some", "-", "--format", "json", "--key-env", "MINE")
    ended = relay.run(*arguments, given=json.dumps(a_record(1)), MINE="an-inbound-key-of-some")
    refused = relay.run(*arguments, given=json.dumps(a_record(1)), MINE="another-inbound-key")

    assert (0, 1) == (ended.code, refused.code), ended.err
    assert "The relay refused the inbound key" in refused.err
    assert "inbound-key" not in ended.out + ended.err + refused.out + refused.err.replace("inbound key", "")


def test_without_an_admin_key_a_bearer_key_is_enough(relay: ServedRelay, tmp_path: Path) -> None:
    """Whoever may send need not be one who may manage."""
    file = write_csv(tmp_path / "deals.csv", range(2))
    ended = send(relay, file, RELAY_ADMIN_KEY="", RELAY_DATA_DIR=str(tmp_path))

    assert (0, "2 accepted, 0 already accepted, 0 rejected, 0 skipped.\n") == (ended.code, ended.out), (
        ended.err
    )


def test_a_missing_key_is_told_with_its_name(relay: ServedRelay) -> None:
    """That which an export would use."""
    ended = relay.run("send", "here", "-", "--format", "json", given="{}", HERE_INBOUND_KEY="")

    assert (1, True) == (
        ended.code,
        "set HERE_INBOUND_KEY, or name another variable with --key-env" in ended.err,
    )


def test_records_that_do_not_match_are_skipped(relay: ServedRelay, rig: Rig) -> None:
    """That is no failure."""
    rig.manage("PATCH", "/destinations/here", {"inbound": {"when": "deal == 'D-3'"}})
    ended = send(relay, "-", "--format", "ndjson", given=ndjson(range(5)))

    assert (0, "1 accepted, 0 already accepted, 0 rejected, 4 skipped.\n") == (ended.code, ended.out), (
        ended.err
    )


def test_where_records_are_found_inside_a_body_each_line_is_a_body(relay: ServedRelay, rig: Rig) -> None:
    """The file holds what the upstream system would send."""
    rig.manage("PATCH", "/destinations/here", {"inbound": {"records": "events[*]"}})
    bodies = [{"events": [a_record(1), a_record(2)]}, {"events": [a_record(3)]}, {"events": []}]
    ended = send(relay, "-", "--format", "json", given=json.dumps(bodies))

    assert (0, ["D-1", "D-2", "D-3"]) == (ended.code, deals(rig)), ended.err


def test_the_same_once_more_on_purpose(relay: ServedRelay, rig: Rig, tmp_path: Path) -> None:
    """`--run` makes it a new sending."""
    file = write_csv(tmp_path / "deals.csv", range(2))
    send(relay, file)
    ended = send(relay, file, "--run", "second")

    assert ("2 accepted, 0 already accepted, 0 rejected, 0 skipped.\n", 4) == (ended.out, len(deals(rig)))


def test_a_file_that_is_not_there_is_told(relay: ServedRelay, tmp_path: Path) -> None:
    """In words."""
    ended = send(relay, tmp_path / "none.csv")

    assert (1, f"{tmp_path / 'none.csv'} cannot be read: No such file or directory.\n") == (
        ended.code,
        ended.err,
    )


def test_a_destination_that_is_not_there_is_told(relay: ServedRelay) -> None:
    """In the relay's words."""
    ended = relay.run("send", "nobody", "-", "--format", "json", given="{}", NOBODY_INBOUND_KEY="k")

    assert (1, True) == (ended.code, "No destination has that id." in ended.err)


def test_the_file_that_is_sent_is_not_overwritten(relay: ServedRelay, tmp_path: Path) -> None:
    """Rejected records go to another one."""
    file = tmp_path / "deals.ndjson"
    file.write_text(ndjson(range(20)), encoding="utf-8")
    ended = send(relay, file, "--rejects", file)

    assert (1, ndjson(range(20))) == (ended.code, file.read_text(encoding="utf-8"))
    assert "name another" in ended.err

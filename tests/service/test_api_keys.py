"""Named keys: made once, good for what their scope says, and gone at once."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relay.config import Settings
from relay.errors import Conflict
from relay.model.admin_key import AdminKey
from relay.store import Store, keys, open_store
from relay.web.keys import new_named_key
from tests.conftest import MakeSettings
from tests.over_http import OverHttp, a_destination, keep_credential
from tests.problems import assert_problem
from tests.rig import everything_in

NOBODY = "0123456789abcdef"
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "#/name"),
    ({"name": "x" * 65}, "#/name"),
    ({"name": " blank"}, "#/name"),
    ({"name": "a\tb"}, "#/name"),
    ({"name": "turn\u202eover"}, "#/name"),
    ({"name": 7}, "#/name"),
    ({"name": None}, "#/name"),
    ({"name": "Relay"}, "#/name"),
    ({"name": "relay_admin_key"}, "#/name"),
    ({"name": "\uff21dmin"}, "#/name"),
    ({"name": "relay\ufe0f"}, "#/name"),
    ({"name": "\u3164"}, "#/name"),
    ({"scope": "root"}, "#/scope"),
    ({"scope": None}, "#/scope"),
    ({"scope": ["admin"]}, "#/scope"),
    ({"expires_at": "tomorrow"}, "#/expires_at"),
    ({"expires_at": "2999-01-01"}, "#/expires_at"),
    ({"expires_at": "2020-01-01T00:00:00Z"}, "#/expires_at"),
    ({"expires_at": "1970-01-01T00:00:00Z"}, "#/expires_at"),
    ({"expires_at": "0001-01-01T00:00:00+14:00"}, "#/expires_at"),
    ({"expires_at": "9999-12-31T23:59:59-12:00"}, "#/expires_at"),
    ({"expires_at": 1893456000}, "#/expires_at"),
    ({"scopes": []}, "#/scopes"),
    ({"key": "my-own"}, "#/key"),
]


@pytest.fixture
def web(settings: Settings, store: Store) -> OverHttp:
    """A relay with a destination."""
    keep_credential(store)
    made = OverHttp(settings, store)
    made.api("POST", "/destinations", a_destination())
    return made


def make(web: OverHttp, scope: str = "read", name: str = "Grafana", **more: Any) -> Any:
    """Make a key, and give the answer."""
    answer = web.api("POST", "/keys", {"name": name, "scope": scope, **more})
    assert 201 == answer.status_code, answer.get_data(as_text=True)
    return answer.get_json()


def in_days(days: float) -> str:
    """Give the moment so many days from now."""
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def end(store: Store, identifier: str) -> None:
    """Let a key's time be over: nobody can make one that is."""
    key = store.admin_keys.get(identifier)
    ended = {**key.to_dict(), "expires_at": time.time() - 1}
    store.admin_keys.change(identifier, lambda stands: type(key).from_dict(ended))


def test_a_key_is_shown_once_and_kept_as_a_digest(web: OverHttp, store: Store) -> None:
    """Neither lists nor Redis have it; they have what it begins with."""
    made = make(web)

    assert re.fullmatch("rly_[0-9a-f]{16}_[0-9a-f]{64}", made["key"])
    assert made["key"].startswith(made["prefix"])
    assert made["id"] in made["prefix"]
    secret = made["key"].removeprefix(made["prefix"])
    shown = {name: value for name, value in made.items() if name != "key"}
    assert [shown] == web.api("GET", "/keys").get_json()["keys"]
    assert shown == web.api("GET", f"/keys/{made['id']}").get_json()
    assert secret not in everything_in(store.redis)
    assert secret not in web.api("GET", "/audit").get_data(as_text=True)


def test_a_key_knows_itself(web: OverHttp) -> None:
    """A console asks what it may offer; whoever has the settings' own key is told so, too."""
    made = make(web, "operate", "Ana")

    mine = web.api("GET", "/keys/mine", key=made["key"]).get_json()
    root = web.api("GET", "/keys/mine").get_json()

    assert ("Ana", "operate", made["id"]) == (mine["name"], mine["scope"], mine["id"])
    assert ("RELAY_ADMIN_KEY", "admin", None) == (root["name"], root["scope"], root["id"])


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [("read", [200, 403, 403, 403]), ("operate", [200, 200, 403, 403]), ("admin", [200, 200, 200, 204])],
)
def test_a_scope_covers_those_before_it(web: OverHttp, scope: str, statuses: list[int]) -> None:
    """A refusal names the scope that is needed, and the one that the key has."""
    key = make(web, scope)["key"]
    asked = [
        web.api("GET", "/destinations", key=key),
        web.api("POST", "/destinations/booking-links/pause", key=key),
        web.api("PATCH", "/destinations/booking-links", {"name": "Mine"}, key=key),
        web.api("DELETE", "/destinations/booking-links", key=key),
    ]

    assert statuses == [each.status_code for each in asked]
    needed = ["read", "operate", "admin", "admin"]
    for each, takes in zip(asked, needed, strict=True):
        if each.status_code == 403:
            detail = assert_problem(each, 403, "not_allowed")["detail"]
            assert f"This takes a key with the scope {takes}; “Grafana” has the scope {scope}." == detail


def test_an_operating_key_cannot_raise_itself(web: OverHttp) -> None:
    """No key, no setting, no secret, no way for a token to change hands."""
    made = make(web, "operate")

    tried = [
        ("POST", "/keys", {"name": "Mine", "scope": "admin"}),
        ("PATCH", f"/keys/{made['id']}", {"scope": "admin"}),
        ("PATCH", f"/keys/{made['id']}", {"expires_at": None}),
        ("DELETE", f"/keys/{made['id']}", None),
        ("PATCH", "/destinations/booking-links", {"callback": {"url": "https://mine.example"}}),
        ("POST", "/destinations/booking-links/callback/rotate", {}),
        ("PATCH", "/credentials/acme", {"token": "another-token-0123456789"}),
        ("POST", "/credentials/acme/connect", None),
    ]
    for method, path, body in tried:
        assert_problem(web.api(method, path, body, key=made["key"]), 403, "not_allowed")


def test_the_audit_and_the_log_say_who_it_was(web: OverHttp, capsys: pytest.CaptureFixture[str]) -> None:
    """By name, and by id: another key may have the name later."""
    made = make(web, "operate", "Ana")
    web.api("POST", "/destinations/booking-links/pause", key=made["key"])

    paused, created = web.api("GET", "/audit?limit=2").get_json()["entries"]
    about = web.api("GET", f"/audit?about={made['id']}").get_json()["entries"]

    assert ("Ana", made["id"], "destination.paused") == (paused["who"], paused["key"], paused["what"])
    assert ("RELAY_ADMIN_KEY", None, "key.created") == (created["who"], created["key"], created["what"])
    assert {"name": "Ana", "scope": "operate"} == created["details"]
    assert [paused, created] == about
    (line,) = [each for each in capsys.readouterr().err.splitlines() if "destinations.pause" in each]
    assert f'"who": "Ana", "key": "{made["id"]}"' in line
    assert made["key"] not in line


def test_a_key_in_an_address_is_not_in_the_log(web: OverHttp, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever finds a lost key may paste it whole into the request that should revoke it; cut off, too."""
    made = make(web)
    secret = made["key"].removeprefix(made["prefix"])
    for pasted in (made["key"], made["key"][:-1]):
        assert_problem(web.api("DELETE", f"/keys/{pasted}"), 404, "unknown_key")

    logged = capsys.readouterr().err
    assert 2 == logged.count(f'"identifier": "{made["prefix"]}…"')
    assert secret[:8] not in logged


@pytest.mark.parametrize(
    ("pasted", "told"),
    [
        ("jane.leaver@corp.example", "…"),
        ("eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl", "…"),
        ("0123456789abcdef0123456789abcdef", "…"),
        ("dlv_01M828018H54G2C3DHRCB2QSB", "dlv_01M828018H54G2C3DHRCB2QSB"),
        ("canceldemos", "canceldemos"),
    ],
)
def test_what_somebody_pastes_into_an_address_is_not_in_the_log(
    web: OverHttp, capsys: pytest.CaptureFixture[str], pasted: str, told: str
) -> None:
    """Neither a person nor anything that may be a secret, with a key or without; what is plainly a name is."""
    for key in (None, "a-wrong-key-of-somebody"):
        assert web.api("DELETE", f"/destinations/{pasted}", key=key).status_code in {401, 404}

    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [told, told] == [each["identifier"] for each in logged if each["event"] == "api.refused"]
    assert told == pasted or pasted[:6] not in str(logged)


def test_a_revoked_key_is_refused_by_every_process_at_once(
    web: OverHttp, make_settings: MakeSettings
) -> None:
    """None keeps it in mind."""
    made = make(web)
    other_store = open_store(make_settings())
    other = OverHttp(make_settings(), other_store)
    before = other.api("GET", "/templates", key=made["key"]).status_code

    web.api("DELETE", f"/keys/{made['id']}")
    after = other.api("GET", "/templates", key=made["key"])

    assert 200 == before
    assert_problem(after, 401, "not_authenticated")
    assert_problem(web.api("GET", f"/keys/{made['id']}"), 404, "unknown_key")
    other_store.close()


def test_a_key_ends(web: OverHttp, store: Store) -> None:
    """Whoever shows it is told so; whoever has only its id is not. Prolonged, it is good again."""
    made = make(web, expires_at=in_days(30))
    end(store, made["id"])

    over = assert_problem(web.api("GET", "/templates", key=made["key"]), 401, "not_authenticated")
    wrong = assert_problem(
        web.api("GET", "/templates", key=made["prefix"] + "0" * 64), 401, "not_authenticated"
    )
    listed = web.api("GET", "/keys").get_json()["keys"]
    prolonged = web.api("PATCH", f"/keys/{made['id']}", {"expires_at": in_days(30)})

    assert over["detail"].startswith("The key “Grafana” ended at ")
    assert "ended" not in wrong["detail"]
    assert [True] == [each["expired"] for each in listed]
    assert (200, False) == (prolonged.status_code, prolonged.get_json()["expired"])
    assert 200 == web.api("GET", "/templates", key=made["key"]).status_code


@pytest.mark.parametrize(("days", "told"), [(6, True), (8, False), (None, False)])
def test_the_last_seven_days_are_told_on_every_answer(web: OverHttp, days: float | None, told: bool) -> None:
    """Refusals among them."""
    made = make(web, **({} if days is None else {"expires_at": in_days(days)}))

    answers = [web.api("GET", "/templates", key=made["key"]), web.api("POST", "/keys", {}, key=made["key"])]

    expected = [made["expires_at"]] * 2 if told else [None] * 2
    assert expected == [each.headers.get("X-Key-Expires") for each in answers]


def test_the_last_use_is_noted_to_the_minute(web: OverHttp, store: Store) -> None:
    """After the answer, and not again and again."""
    made = make(web)
    before = web.api("GET", f"/keys/{made['id']}").get_json()["last_used_at"]
    for _ in range(2):
        web.api("GET", "/templates", key=made["key"]).close()

    noted = store.admin_keys.get(made["id"]).last_used_at
    web.api("GET", "/templates", key=made["key"]).close()

    assert before is None
    assert time.time() - 10 < noted <= time.time()
    assert noted == store.admin_keys.get(made["id"]).last_used_at


@pytest.mark.parametrize(("change", "pointer"), FAULTS)
def test_a_wrong_key_document_is_refused_at_its_fault(web: OverHttp, change: Any, pointer: str) -> None:
    """By a pointer, and nothing is made."""
    sent = {"name": "Grafana", "scope": "read", **change}

    assert_problem(web.api("POST", "/keys", sent), 422, "invalid", pointer)
    assert [] == web.api("GET", "/keys").get_json()["keys"]


def test_names_are_one_persons(web: OverHttp) -> None:
    """In any case, and however its letters are made; a key that keeps its own name is no second one."""
    first, second = make(web, name="Ana"), make(web, name="Ben")

    for alike in ("ANA", "\uff21na"):
        assert_problem(web.api("POST", "/keys", {"name": alike, "scope": "read"}), 409, "conflict")
    assert_problem(web.api("PATCH", f"/keys/{second['id']}", {"name": "ana"}), 409, "conflict")
    assert 200 == web.api("PATCH", f"/keys/{first['id']}", {"name": "ANA"}).status_code
    assert ["ANA", "Ben"] == [each["name"] for each in web.api("GET", "/keys").get_json()["keys"]]


def test_of_many_at_once_one_gets_the_name(web: OverHttp, store: Store) -> None:
    """Whoever else makes keys at that moment."""

    def create(_: int) -> bool:
        identifier, _key, digest = new_named_key()
        try:
            store.admin_keys.create(AdminKey(id=identifier, name="Ana", scope="read", digest=digest))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(create, range(8)))

    assert 1 == made.count(True)
    assert ["Ana"] == [each.name for each in store.admin_keys.all()]


def test_a_key_is_renamed_and_keeps_its_scope(web: OverHttp, store: Store) -> None:
    """What was read can be sent back; null takes the end away."""
    made = make(web, expires_at=in_days(30))
    read = web.api("GET", f"/keys/{made['id']}").get_json()

    same = web.api("PATCH", f"/keys/{made['id']}", read)
    end(store, made["id"])
    over = web.api("GET", f"/keys/{made['id']}").get_json()
    still = web.api("PATCH", f"/keys/{made['id']}", over)
    renamed = web.api("PATCH", f"/keys/{made['id']}", {"name": "Metabase", "expires_at": None})
    raised = web.api("PATCH", f"/keys/{made['id']}", {"scope": "admin"})

    assert [(200, read), (200, over)] == [(each.status_code, each.get_json()) for each in (same, still)]
    assert ("Metabase", None) == (renamed.get_json()["name"], renamed.get_json()["expires_at"])
    assert_problem(raised, 422, "invalid", "#/scope")
    assert "Metabase" == web.api("GET", "/keys/mine", key=made["key"]).get_json()["name"]


@pytest.mark.parametrize("identifier", [NOBODY, "nothing", "%00", "..", "0123456789abcdef:used"])
def test_what_is_no_key_is_not_found(web: OverHttp, identifier: str) -> None:
    """Whatever stands in the address."""
    for method in ("GET", "PATCH", "DELETE"):
        answer = web.api(method, f"/keys/{identifier}", {})
        assert 404 == answer.status_code, answer.get_data(as_text=True)


def test_a_use_that_is_noted_makes_no_key(web: OverHttp, store: Store) -> None:
    """A key may be revoked while its last request is answered."""
    made = make(web)
    store.admin_keys.revoke(made["id"])
    store.admin_keys.note_use(made["id"])

    assert {} == store.redis.hgetall(keys.ADMIN_KEYS)
    assert store.admin_keys.find(made["id"]) is None
    assert_problem(web.api("GET", f"/keys/{made['id']}:used"), 404, "unknown_key")


def test_several_keys_of_the_settings_are_good(make_settings: MakeSettings, store: Store) -> None:
    """While one takes over from another; together they are none."""
    web = OverHttp(make_settings(admin_key="the-newer-key-of-two, the-older-key-of-two"), store)

    statuses = [
        web.api("GET", "/templates", key=key).status_code
        for key in (
            "the-newer-key-of-two",
            "the-older-key-of-two",
            "the-newer-key-of-two, the-older-key-of-two",
        )
    ]

    assert [200, 200, 401] == statuses


def test_there_is_one_hash_for_all_keys(web: OverHttp, store: Store) -> None:
    """One round trip finds a key by the id in it."""
    made = make(web)

    assert [made["id"].encode()] == list(store.redis.hgetall(keys.ADMIN_KEYS))

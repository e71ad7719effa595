"""Destinations over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from relay.catalogue import TEMPLATES
from relay.config import Settings
from relay.store import Store
from tests.over_http import KEY, SCHEDULING_RECORD, OverHttp, a_destination, keep_credential
from tests.problems import assert_problem

ID = "booking-links"
HOOK = {"url": "https://crm.example/hooks/calendly"}
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
IRREVERSIBLE = sorted(name for name, template in TEMPLATES.items() if template.irreversible)


@pytest.fixture
def web(settings: Settings, store: Store) -> OverHttp:
    """A relay with one credential."""
    keep_credential(store)
    return OverHttp(settings, store)


def create(web: OverHttp, **changes: Any) -> dict[str, Any]:
    """Create a destination and give its document."""
    answer = web.api("POST", "/destinations", a_destination(**changes))
    assert 201 == answer.status_code, answer.get_data(as_text=True)
    document: dict[str, Any] = answer.get_json()
    return document


def test_a_destination_needs_four_names_and_the_rest_has_defaults(web: OverHttp) -> None:
    """It begins as a draft, and says where records go."""
    answer = web.api("POST", "/destinations", a_destination())

    assert 201 == answer.status_code
    assert answer.headers["Location"].endswith("/api/v1/destinations/booking-links")
    document = answer.get_json()
    assert document.pop("created_at") == document.pop("updated_at")
    assert {
        "id": ID,
        "name": "",
        "template": "create_scheduling_link",
        "credential": "acme",
        "inbound": {
            "url": "http://127.0.0.1:8000/in/booking-links",
            "auth": {"kind": "bearer", "key": "••••"},
            "records": None,
            "when": None,
        },
        "mapping": {},
        "constants": {},
        "exclude": [],
        "headers": {},
        "manual": None,
        "batch": None,
        "partial": False,
        "dedupe": None,
        "callback": None,
        "delivery": {
            "concurrency": 4,
            "strict_order": False,
            "max_attempts": 12,
            "max_age": 86400,
            "on_unknown": "default",
            "gone_is_done": False,
            "max_waiting": None,
        },
        "allow": {},
        "when_inactive": "hold",
        "retention": {"days": None, "keep_payload": True},
        "state": "draft",
        "paused_because": None,
        "activated_at": None,
    } == document


def test_every_setting_is_kept(web: OverHttp) -> None:
    """What was said is what is read."""
    said = a_destination(
        template="delete_webhook_subscription",
        name="Büro",
        inbound={"auth": {"kind": "query", "parameter": "api_key", "key": KEY}},
        callback={**HOOK, "secret": SECRET},
        delivery={
            "concurrency": 50,
            "strict_order": True,
            "max_attempts": 1,
            "max_age": 60,
            "on_unknown": "hold",
            "gone_is_done": True,
            "max_waiting": 10,
        },
        when_inactive="refuse",
    )

    read = web.api("POST", "/destinations", said).get_json()

    assert said["delivery"] == read["delivery"]
    assert {"kind": "query", "parameter": "api_key", "key": "••••"} == read["inbound"]["auth"]
    assert (HOOK["url"], "••••MDE=") == (read["callback"]["url"], read["callback"]["secret"])
    assert ("Büro", "refuse") == (read["name"], read["when_inactive"])


@pytest.mark.parametrize(
    ("auth", "secret"),
    [
        ({"kind": "bearer"}, "key"),
        ({"kind": "basic", "username": "crm"}, "password"),
        ({"kind": "query"}, "key"),
        ({"kind": "query", "parameter": "k"}, "key"),
    ],
)
def test_secrets_that_are_left_out_are_made_and_shown_once(
    web: OverHttp, auth: dict[str, Any], secret: str
) -> None:
    """The answer to the creation is the only one that ever shows them."""
    made = create(web, inbound={"auth": auth}, callback=HOOK)

    key, signing = made["inbound"]["auth"][secret], made["callback"]["secret"]
    assert len(key) >= 43
    assert signing.startswith("whsec_")
    for path in ("/destinations", f"/destinations/{ID}"):
        read = web.api("GET", path).get_data(as_text=True)
        assert key not in read
        assert signing not in read


def test_a_made_key_opens_the_route(web: OverHttp) -> None:
    """It is the key, not only its look."""
    made = create(web, inbound={"auth": {"kind": "bearer"}})

    assert 202 == web.post(ID, SCHEDULING_RECORD, key=made["inbound"]["auth"]["key"]).status_code


def test_secrets_are_hashed_or_sealed_in_the_store(web: OverHttp, store: Store) -> None:
    """Whoever reads Redis reads none."""
    create(web, callback={**HOOK, "secret": SECRET})

    settings = store.destinations.get(ID).settings
    assert KEY not in str(settings.to_dict())
    assert SECRET not in str(settings.to_dict())
    assert settings.callback is not None
    assert SECRET == store.vault.open(settings.callback.secret)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"id": None}, "#/id"),
    ({"id": "Büro"}, "#/id"),
    ({"id": "a/b"}, "#/id"),
    ({"name": 3}, "#/name"),
    ({"name": "x" * 201}, "#/name"),
    ({"name": "line\nend"}, "#/name"),
    ({"template": "nothing"}, "#/template"),
    ({"template": "manual"}, "#/manual"),
    ({"template": None}, "#/template"),
    ({"credential": "nobody"}, "#/credential"),
    ({"credential": 3}, "#/credential"),
    ({"inbound": None}, "#/inbound"),
    ({"inbound": {}}, "#/inbound/auth"),
    ({"inbound": {"auth": "open"}}, "#/inbound/auth"),
    ({"inbound": {"auth": {}}}, "#/inbound/auth/kind"),
    ({"inbound": {"auth": {"kind": "hmac"}}}, "#/inbound/auth/kind"),
    ({"inbound": {"auth": {"kind": ["bearer"]}}}, "#/inbound/auth/kind"),
    ({"inbound": {"auth": {"kind": "bearer", "key": "short"}}}, "#/inbound/auth/key"),
    ({"inbound": {"auth": {"kind": "bearer", "key": "••••abcd"}}}, "#/inbound/auth/key"),
    ({"inbound": {"auth": {"kind": "bearer", "password": KEY}}}, "#/inbound/auth/password"),
    ({"inbound": {"auth": {"kind": "basic", "password": KEY}}}, "#/inbound/auth/username"),
    ({"inbound": {"auth": {"kind": "basic", "username": "a:b"}}}, "#/inbound/auth/username"),
    ({"inbound": {"auth": {"kind": "query", "parameter": "a b"}}}, "#/inbound/auth/parameter"),
    ({"inbound": {"auth": {"kind": "query", "parameter": "a\n"}}}, "#/inbound/auth/parameter"),
    ({"inbound": {"auth": {"kind": "bearer"}, "source": "hubspot"}}, "#/inbound/source"),
    ({"callback": {}}, "#/callback/url"),
    ({"callback": "https://crm.example"}, "#/callback"),
    ({"callback": {"url": "ftp://crm.example"}}, "#/callback/url"),
    ({"callback": {"url": "https://user@crm.example"}}, "#/callback/url"),
    ({"callback": {"url": 3}}, "#/callback/url"),
    ({"callback": {**HOOK, "secret": "not-a-webhook-secret"}}, "#/callback/secret"),
    ({"callback": {**HOOK, "secret": "whsec_c2hvcnQ="}}, "#/callback/secret"),
    ({"callback": {**HOOK, "secret": "••••abcd"}}, "#/callback/secret"),
    ({"delivery": {"concurrency": 0}}, "#/delivery/concurrency"),
    ({"delivery": {"concurrency": 51}}, "#/delivery/concurrency"),
    ({"delivery": {"concurrency": "4"}}, "#/delivery/concurrency"),
    ({"delivery": {"concurrency": 4.5}}, "#/delivery/concurrency"),
    ({"delivery": {"concurrency": True}}, "#/delivery/concurrency"),
    ({"delivery": {"max_attempts": 101}}, "#/delivery/max_attempts"),
    ({"delivery": {"max_age": 59}}, "#/delivery/max_age"),
    ({"delivery": {"max_age": 30 * 86400 + 1}}, "#/delivery/max_age"),
    ({"delivery": {"on_unknown": "ask"}}, "#/delivery/on_unknown"),
    ({"delivery": {"on_unknown": "repeat"}}, "#/delivery/on_unknown"),
    ({"delivery": {"gone_is_done": 1}}, "#/delivery/gone_is_done"),
    ({"delivery": {"gone_is_done": True}}, "#/delivery/gone_is_done"),
    ({"delivery": {"strict_order": 1}}, "#/delivery/strict_order"),
    ({"delivery": 3}, "#/delivery"),
    ({"allow": []}, "#/allow"),
    ({"allow": {"owner": ["x"]}}, "#/allow/owner"),
    ({"allow": {"a/b": ["x"]}}, "#/allow/a~1b"),
    ({"allow": {"owner_type": "x"}}, "#/allow/owner_type"),
    ({"allow": {"owner_type": [3]}}, "#/allow/owner_type/0"),
    ({"when_inactive": "drop"}, "#/when_inactive"),
    ({"state": "active"}, "#/state"),
    ({"mappings": {}}, "#/mappings"),
]


@pytest.mark.parametrize(
    ("change", "pointer"), WRONG, ids=[f"{pointer} {change}"[:60] for change, pointer in WRONG]
)
def test_a_wrong_destination_is_refused_where_it_is_wrong(
    web: OverHttp, change: dict[str, Any], pointer: str
) -> None:
    """The pointer names the fault; nothing is stored."""
    answer = web.api("POST", "/destinations", a_destination(**change))

    assert_problem(answer, 422, "invalid", pointer)
    assert [] == web.api("GET", "/destinations").get_json()["destinations"]


def test_null_means_left_out(web: OverHttp) -> None:
    """Many systems write null for what they do not say."""
    nothing = {"name": None, "callback": None, "delivery": None, "allow": {"owner_type": None}, "state": None}

    made = create(web, inbound={"auth": {"kind": "bearer", "key": None}}, **nothing)

    assert len(made["inbound"]["auth"]["key"]) >= 43
    assert ("", None, {}, "draft") == tuple(made[name] for name in ("name", "callback", "allow", "state"))


def test_an_unknown_name_lists_the_known_ones(web: OverHttp) -> None:
    """A typing error is easy to mend."""
    problem = assert_problem(
        web.api("POST", "/destinations", a_destination(tmplate="x")), 422, "invalid", "#/tmplate"
    )

    assert "known are: id, name, template, credential, inbound, mapping" in problem["errors"][0]["detail"]


def test_all_faults_are_said_at_once(web: OverHttp) -> None:
    """Nobody has to try again for each."""
    wrong = a_destination(template="nothing", credential="nobody", callback={"url": "http:/x", "secret": "x"})

    problem = assert_problem(web.api("POST", "/destinations", wrong), 422, "invalid")

    assert ["#/template", "#/credential", "#/callback/url", "#/callback/secret"] == [
        error["pointer"] for error in problem["errors"]
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example/hook",
        "https://127.0.0.1/hook",
        "https://[::1]/",
        "https://169.254.169.254/",
        "https://10.0.0.1",
    ],
)
def test_a_callback_goes_to_public_addresses_unless_private_ones_are_allowed(
    make_settings: Any, store: Store, url: str
) -> None:
    """What can be told from the URL is told when it is saved."""
    keep_credential(store)
    web = OverHttp(make_settings(allow_private_callbacks=False), store)

    problem = assert_problem(
        web.api("POST", "/destinations", a_destination(callback={"url": url})),
        422,
        "invalid",
        "#/callback/url",
    )

    # Nothing opens the address where a cloud hands out its keys.
    opened = "169.254.169.254" not in url
    assert opened == ("RELAY_ALLOW_PRIVATE_CALLBACKS" in problem["errors"][0]["detail"])


def test_further_values_can_be_allowed_for_open_fields(web: OverHttp) -> None:
    """A value that Calendly adds needs no new release; it then passes the inbound route."""
    record = {**SCHEDULING_RECORD, "owner_type": "Routing"}
    create(web)
    assert_problem(web.post(ID, record), 422, "invalid", "#/owner_type")

    changed = web.api("PATCH", f"/destinations/{ID}", {"allow": {"owner_type": ["Routing", "Routing"]}})

    assert {"owner_type": ["Routing"]} == changed.get_json()["allow"]
    assert 202 == web.post(ID, record).status_code
    web.api("PATCH", f"/destinations/{ID}", {"allow": {"owner_type": None}})
    assert_problem(web.post(ID, record), 422, "invalid", "#/owner_type")


def test_an_id_is_taken_once(web: OverHttp, store: Store) -> None:
    """The one that stands is left alone."""
    create(web, name="first")

    assert_problem(web.api("POST", "/destinations", a_destination(name="second")), 409, "conflict")
    assert "first" == store.destinations.get(ID).settings.name


def test_a_document_that_was_read_can_be_sent_back(web: OverHttp, store: Store) -> None:
    """Masks keep the secrets, and what only answers carry has no effect."""
    create(web, callback={**HOOK, "secret": SECRET}, delivery={"concurrency": 7})
    before = store.destinations.get(ID).settings
    read = web.api("GET", f"/destinations/{ID}").get_json()

    answer = web.api("PATCH", f"/destinations/{ID}", {**read, "name": "renamed"})

    assert 200 == answer.status_code, answer.get_data(as_text=True)
    assert {**before.to_dict(), "name": "renamed"} == store.destinations.get(ID).settings.to_dict()
    assert 202 == web.post(ID, SCHEDULING_RECORD).status_code


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        ({"name": "x"}, "name", "x"),
        ({"name": None}, "name", ""),
        ({"when_inactive": "refuse"}, "when_inactive", "refuse"),
        ({"delivery": {"concurrency": 9}}, "delivery", {"concurrency": 9, "max_attempts": 3}),
        ({"delivery": {"max_attempts": None}}, "delivery", {"concurrency": 2, "max_attempts": 12}),
        ({"delivery": None}, "delivery", {"concurrency": 4, "max_attempts": 12}),
        ({"callback": None}, "callback", None),
        (
            {"callback": {"url": "https://other.example/"}},
            "callback",
            {"url": "https://other.example/", "secret": "••••MDE="},
        ),
        ({"credential": "other"}, "credential", "other"),
    ],
)
def test_a_change_touches_what_it_names(
    web: OverHttp, store: Store, change: dict[str, Any], name: str, value: Any
) -> None:
    """The rest stays; null goes back to the default."""
    keep_credential(store, "other")
    create(
        web,
        name="before",
        delivery={"concurrency": 2, "max_attempts": 3},
        callback={**HOOK, "secret": SECRET},
    )
    before = web.api("GET", f"/destinations/{ID}").get_json()

    answer = web.api("PATCH", f"/destinations/{ID}", change)

    assert 200 == answer.status_code, answer.get_data(as_text=True)
    after = web.api("GET", f"/destinations/{ID}").get_json()
    assert value == ({k: after[name][k] for k in value} if isinstance(value, dict) else after[name])
    other = set(before) - {name, "updated_at"}
    assert {k: before[k] for k in other} == {k: after[k] for k in other}


def test_secrets_can_be_changed_and_made_anew(web: OverHttp) -> None:
    """Null makes a new one, which is shown once; the old one opens nothing any more."""
    create(web, callback={**HOOK, "secret": SECRET})

    renewed = web.api(
        "PATCH", f"/destinations/{ID}", {"inbound": {"auth": {"key": None}}, "callback": {"secret": None}}
    ).get_json()

    key = renewed["inbound"]["auth"]["key"]
    assert renewed["callback"]["secret"].startswith("whsec_")
    assert renewed["callback"]["secret"] != SECRET
    assert_problem(web.post(ID, SCHEDULING_RECORD), 401, "not_authenticated")
    assert 202 == web.post(ID, SCHEDULING_RECORD, key=key).status_code

    chosen = web.api("PATCH", f"/destinations/{ID}", {"inbound": {"auth": {"key": KEY}}}).get_json()
    assert "••••" == chosen["inbound"]["auth"]["key"]
    assert 202 == web.post(ID, SCHEDULING_RECORD).status_code


def test_another_kind_of_authentication_keeps_nothing_of_the_old_one(web: OverHttp) -> None:
    """Its secret is given or made; an old key is no password."""
    create(web)
    path = f"/destinations/{ID}"

    made = web.api("PATCH", path, {"inbound": {"auth": {"kind": "basic", "username": "crm"}}}).get_json()
    assert len(made["inbound"]["auth"]["password"]) >= 43

    renamed = web.api("PATCH", path, {"inbound": {"auth": {"username": "erp"}}}).get_json()
    assert {"kind": "basic", "username": "erp", "password": "••••"} == renamed["inbound"]["auth"]
    answer = web.client.post(
        f"/in/{ID}", json=SCHEDULING_RECORD, auth=("erp", made["inbound"]["auth"]["password"])
    )
    assert 202 == answer.status_code


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"id": "other"}, "#/id"),
        ({"template": "cancel_scheduled_event"}, "#/template"),
        ({"template": None}, "#/template"),
        ({"state": "active"}, "#/state"),
        ({"credential": "nobody"}, "#/credential"),
        ({"credential": None}, "#/credential"),
        ({"inbound": None}, "#/inbound"),
        ({"inbound": {"auth": None}}, "#/inbound/auth"),
        ({"inbound": {"auth": 3}}, "#/inbound/auth"),
        (
            {"inbound": {"auth": {"kind": "basic", "username": "crm", "password": "••••"}}},
            "#/inbound/auth/password",
        ),
        ({"callback": {"secret": None}}, "#/callback/url"),
        ({"delivery": {"on_unknown": "repeat"}}, "#/delivery/on_unknown"),
        ({"other": 1}, "#/other"),
        ({"calback": None}, "#/calback"),
        ({"delivery": {"concurency": None}}, "#/delivery/concurency"),
    ],
)
def test_what_cannot_be_changed_says_so(
    web: OverHttp, store: Store, change: dict[str, Any], pointer: str
) -> None:
    """The destination stays as it is."""
    create(web)
    before = store.destinations.get(ID)

    assert_problem(web.api("PATCH", f"/destinations/{ID}", change), 422, "invalid", pointer)
    assert before == store.destinations.get(ID)


def test_a_change_that_somebody_else_overtook_is_refused(
    web: OverHttp, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's change is lost silently."""
    create(web)
    stale = store.destinations.get(ID)
    web.api("PATCH", f"/destinations/{ID}", {"name": "theirs"})
    monkeypatch.setattr(type(store.destinations), "get", lambda *_: stale)

    assert_problem(web.api("PATCH", f"/destinations/{ID}", {"name": "ours"}), 409, "conflict")
    monkeypatch.undo()
    assert "theirs" == store.destinations.get(ID).settings.name


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_activation_asks_for_an_acknowledgement_where_calls_cannot_be_undone(
    web: OverHttp, template: str
) -> None:
    """And only there."""
    create(web, template=template)
    path = f"/destinations/{ID}/activate"

    plain = web.api("POST", path)

    if template in IRREVERSIBLE:
        problem = assert_problem(plain, 422, "invalid", "#/acknowledge")
        assert "cannot be undone" in problem["errors"][0]["detail"]
        assert "draft" == web.api("GET", f"/destinations/{ID}").get_json()["state"]
        plain = web.api("POST", path, {"acknowledge": "irreversible"})
    assert (200, "active") == (plain.status_code, plain.get_json()["state"])
    assert plain.get_json()["activated_at"]


@pytest.mark.parametrize(
    "body", [{"acknowledge": "yes"}, {"acknowledge": True}, {"acknowledge": None}, {"ack": "irreversible"}]
)
def test_an_acknowledgement_is_one_word(web: OverHttp, body: dict[str, Any]) -> None:
    """Anything else is no acknowledgement."""
    create(web, template="cancel_scheduled_event")

    assert_problem(web.api("POST", f"/destinations/{ID}/activate", body), 422, "invalid")
    assert "draft" == web.api("GET", f"/destinations/{ID}").get_json()["state"]


def test_a_paused_destination_says_so_and_can_go_on(web: OverHttp, store: Store) -> None:
    """What the relay paused says why, until it is activated."""
    create(web)
    web.api("POST", f"/destinations/{ID}/activate")
    store.destinations.set_state(ID, "paused", "Calendly refuses the token")

    read = web.api("GET", f"/destinations/{ID}").get_json()
    assert ("paused", "Calendly refuses the token") == (read["state"], read["paused_because"])

    assert ("active", None) == tuple(
        web.api("POST", f"/destinations/{ID}/activate").get_json()[name]
        for name in ("state", "paused_because")
    )
    assert ("paused", None) == tuple(
        web.api("POST", f"/destinations/{ID}/pause").get_json()[name] for name in ("state", "paused_because")
    )


def test_activation_asks_for_a_turn_for_what_was_held(web: OverHttp, store: Store) -> None:
    """Held records go out at once."""
    create(web)
    web.post(ID, SCHEDULING_RECORD)
    before = store.turns.waiting()

    web.api("POST", f"/destinations/{ID}/activate")

    assert before + 1 == store.turns.waiting()


def test_a_destination_shows_how_many_deliveries_it_has(web: OverHttp) -> None:
    """By state, and it cannot be deleted while any waits."""
    create(web)
    web.post(ID, [SCHEDULING_RECORD] * 3)

    assert 3 == web.api("GET", f"/destinations/{ID}").get_json()["counts"]["queued"]
    problem = assert_problem(web.api("DELETE", f"/destinations/{ID}"), 409, "conflict")
    assert "3 deliveries" in problem["detail"]


def test_an_idle_destination_can_be_deleted(web: OverHttp) -> None:
    """Its id is free again, and its route is gone."""
    create(web)

    gone = web.api("DELETE", f"/destinations/{ID}")

    assert (204, b"") == (gone.status_code, gone.data)
    assert_problem(web.post(ID, SCHEDULING_RECORD), 404, "unknown_destination")
    create(web)


def test_destinations_are_listed_by_id(web: OverHttp) -> None:
    """All of them, without secrets."""
    for identifier in ("b", "a", "c"):
        create(web, id=identifier)

    listed = web.api("GET", "/destinations").get_json()["destinations"]

    assert ["a", "b", "c"] == [each["id"] for each in listed]
    assert {"••••"} == {each["inbound"]["auth"]["key"] for each in listed}


def test_the_inbound_address_is_the_public_one(make_settings: Any, store: Store) -> None:
    """It is what upstream is given, whatever the Host header says."""
    keep_credential(store)
    web = OverHttp(make_settings(public_url="https://relay.example/base"), store)

    answer = web.client.post(
        "/api/v1/destinations",
        json=a_destination(),
        headers={"Authorization": f"Bearer {web.settings.admin_key}", "Host": "evil.example"},
    )

    assert "https://relay.example/base/in/booking-links" == answer.get_json()["inbound"]["url"]


def ids_of(web: OverHttp, query: str, whose: str = "destinations", cursor: str | None = "") -> list[str]:
    """Follow a list from page to page, and give the ids in the order in which they come."""
    found: list[str] = []
    while cursor is not None:
        page = web.api("GET", f"/{whose}?{query}" + (f"&cursor={cursor}" if cursor else "")).get_json()
        found += [each["id"] for each in page[whose]]
        cursor = page["next_cursor"]
    return found


@pytest.mark.parametrize("whose", ["destinations", "credentials"])
def test_cursors_lead_through_all_pages_by_id(web: OverHttp, store: Store, whose: str) -> None:
    """However long a page is, each is there once; the last page says that it is the last."""
    ids = ["a", "acme", "b", "b-1", "c"]
    for identifier in ids:
        create(web, id=identifier)
        if identifier != "acme":
            keep_credential(store, identifier)

    assert [ids] * 4 == [ids_of(web, f"limit={limit}", whose) for limit in (1, 2, 5, 200)]


def test_a_page_is_not_moved_by_what_comes_and_goes(web: OverHttp) -> None:
    """Not even where the destination that the cursor names is deleted."""
    for identifier in ("b", "d", "f"):
        create(web, id=identifier)
    first = web.api("GET", "/destinations?limit=2").get_json()
    create(web, id="a")
    create(web, id="e")
    web.api("DELETE", "/destinations/d")

    assert ["e", "f"] == ids_of(web, "limit=1", cursor=first["next_cursor"])


def test_a_list_of_destinations_can_be_narrowed(web: OverHttp, store: Store) -> None:
    """An operator looks for the paused ones, or for those of one template or credential; filters add up."""
    keep_credential(store, "other")
    create(web, id="a")
    create(web, id="b", credential="other")
    create(web, id="c", credential="other", template="invite_user_to_organization")
    web.api("POST", "/destinations/b/pause")

    found = {
        query: ids_of(web, f"limit=1&{query}")
        for query in ("state=paused", "credential=other", "template=create_scheduling_link")
    }

    assert {
        "state=paused": ["b"],
        "credential=other": ["b", "c"],
        "template=create_scheduling_link": ["a", "b"],
    } == found
    assert [] == ids_of(web, "state=paused&template=invite_user_to_organization")


@pytest.mark.parametrize("whose", ["destinations", "credentials"])
@pytest.mark.parametrize("cursor", ["A", "../etc", "-", "dlv_01M827FHJFFHKJZCADKFZBDNA"])
def test_a_cursor_comes_from_a_page(web: OverHttp, whose: str, cursor: str) -> None:
    """Anything else is refused."""
    assert_problem(web.api("GET", f"/{whose}?cursor={cursor}"), 400, "bad_request")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("state=dead", "#/state"),
        ("stat=draft", "#/stat"),
        ("state=draft&state=paused", "#/state"),
        ("limit=0", "#/limit"),
        ("limit=201", "#/limit"),
        ("credential=A%20b", "#/credential"),
    ],
)
def test_a_wrong_query_is_refused(web: OverHttp, query: str, pointer: str) -> None:
    """A filter that is ignored would show what nobody asked for."""
    assert_problem(web.api("GET", f"/destinations?{query}"), 422, "invalid", pointer)


def test_a_missing_inbound_route_is_shown_by_example(web: OverHttp) -> None:
    """It can be copied as it stands."""
    wrong = {name: value for name, value in a_destination().items() if name != "inbound"}

    problem = assert_problem(web.api("POST", "/destinations", wrong), 422, "invalid", "#/inbound")

    assert 'such as {"auth": {"kind": "bearer"}}' in problem["errors"][0]["detail"]


def test_a_key_in_the_query_fits_a_request_line(web: OverHttp) -> None:
    """A longer one could be stored and never used."""
    longest, too_long = (
        a_destination(inbound={"auth": {"kind": "query", "key": "k" * length}}) for length in (1000, 1001)
    )

    assert_problem(web.api("POST", "/destinations", too_long), 422, "invalid", "#/inbound/auth/key")
    assert 201 == web.api("POST", "/destinations", longest).status_code

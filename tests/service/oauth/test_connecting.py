"""Connecting a credential: from the address that the relay gives, through the sandbox's page of consent, and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from relay.store import open_store
from sandbox import seed
from sandbox.server import Sandbox
from tests.conftest import MakeSettings
from tests.consent import PUBLIC_URL, answer_consent, come_back, connect, oauth_settings, start, token_calls
from tests.good_records import GOOD_RECORDS
from tests.problems import assert_problem
from tests.rig import Rig, everything_in

USER = f"https://api.calendly.com/users/{seed.OWNER}"
ORGANIZATION = f"https://api.calendly.com/organizations/{seed.ORGANIZATION}"


def made(rig: Rig, **changes: Any) -> Any:
    """Make the credential that nobody has connected yet."""
    return rig.manage("POST", "/credentials", {"id": "acme", "kind": "oauth", **changes})


def test_a_new_credential_says_what_to_do(rig: Rig) -> None:
    """Calendly is not asked: there is nothing to ask with."""
    credential = made(rig)

    assert (False, [], None) == (credential["connected"], credential["scopes"], credential["expires_at"])
    assert "POST /api/v1/credentials/acme/connect" in credential["trouble"]
    assert "token" not in credential
    assert [] == rig.sandbox.calls()


def test_a_credential_is_connected_in_the_browser(rig: Rig) -> None:
    """The page names the user, and the credential shows what was granted."""
    made(rig)

    page = come_back(rig, answer_consent(start(rig)))

    assert (200, "text/html") == (page.status_code, page.mimetype)
    assert "Credential “acme” is connected as Olivia Owner." in page.get_data(as_text=True)
    credential = rig.manage("GET", "/credentials/acme")
    assert (True, None, USER, ORGANIZATION) == tuple(
        credential[name] for name in ("connected", "trouble", "user", "organization")
    )
    assert "scheduled_events:write" in credential["scopes"]
    assert credential["expires_at"] > credential["created_at"]


def test_the_address_carries_a_challenge_and_no_secret(rig: Rig) -> None:
    """The verifier stays here, sealed, under a digest of the state."""
    made(rig)
    parts = urlsplit(start(rig))

    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert rig.settings.client_secret not in parts.query
    assert {
        "client_id": rig.settings.client_id,
        "response_type": "code",
        "redirect_uri": f"{PUBLIC_URL}/console/connect",
        "state": asked["state"],
        "code_challenge": asked["code_challenge"],
        "code_challenge_method": "S256",
    } == asked
    assert (43, 43) == (len(asked["state"]), len(asked["code_challenge"]))
    assert asked["state"] not in everything_in(rig.store.redis)


def test_records_go_out_with_what_was_granted(rig: Rig) -> None:
    """The whole way: connected, activated, delivered."""
    connect(rig)
    rig.destination("create_scheduling_link")

    (delivery,) = rig.accept(GOOD_RECORDS["create_scheduling_link"])
    rig.drain()

    assert "delivered" == rig.delivery(delivery).state


def test_the_page_has_no_secret_no_script_and_is_not_kept(rig: Rig) -> None:
    """Headers keep browsers out of trouble."""
    made(rig)
    address = answer_consent(start(rig))

    page = come_back(rig, address)

    asked = parse_qs(urlsplit(address).query)
    text = page.get_data(as_text=True)
    assert [] == [value for name in ("code", "state") for value in asked[name] if value in text]
    assert "<script" not in text
    assert "default-src 'none'; frame-ancestors 'none'" == page.headers["Content-Security-Policy"]
    assert ("no-store", "no-referrer", "nosniff") == tuple(
        page.headers[name] for name in ("Cache-Control", "Referrer-Policy", "X-Content-Type-Options")
    )


def test_who_denies_access_is_told_so(rig: Rig) -> None:
    """And the state is used up."""
    made(rig)
    address = answer_consent(start(rig), decision="deny")

    page, again = come_back(rig, address), come_back(rig, address)

    assert (403, 400) == (page.status_code, again.status_code)
    assert "access was not allowed" in page.get_data(as_text=True)
    assert not rig.manage("GET", "/credentials/acme")["connected"]


def test_a_state_is_good_for_one_time(rig: Rig) -> None:
    """The second one is told that it was used; nothing is asked of Calendly."""
    made(rig)
    address = answer_consent(start(rig))
    come_back(rig, address)

    again = come_back(rig, address)

    assert 400 == again.status_code
    assert "was used before" in again.get_data(as_text=True)
    assert 1 == token_calls(rig.sandbox, "authorization_code")


@pytest.mark.parametrize(
    "query",
    [
        {"state": "forged" * 8, "code": "c"},
        {"state": "", "code": "c"},
        {"code": "c"},
        {},
        {"state": "x" * 5000, "code": "y" * 5000},
        {"state": "<script>alert(1)</script>", "code": "<b>", "error": "<i>", "error_description": "<u>"},
        {"state": "é\x00\ud7ff", "code": "c"},
    ],
)
def test_a_state_that_is_none_of_ours_is_refused(rig: Rig, query: dict[str, str]) -> None:
    """What it says of the address is nothing that stands in it."""
    page = rig.client.get(f"/console/connect?{urlencode(query)}")

    text = page.get_data(as_text=True)
    assert (400, "text/html") == (page.status_code, page.mimetype)
    assert "expired" in text
    assert [] == [word for word in ("script", "<b>", "<i>", "<u>", "forged") if word in text]
    assert 0 == token_calls(rig.sandbox, "authorization_code")


def test_a_state_lives_for_ten_minutes(rig: Rig) -> None:
    """Redis forgets it; the answer says until when it is good."""
    made(rig)
    address = answer_consent(start(rig))
    redis: Any = rig.store.redis
    (key,) = redis.scan_iter("relay:connecting:*")
    lives = redis.ttl(key)
    redis.delete(key)

    page = come_back(rig, address)

    assert 590 < lives <= 600
    assert (400, False) == (page.status_code, rig.manage("GET", "/credentials/acme")["connected"])


def test_looking_at_the_link_does_not_use_it_up(rig: Rig) -> None:
    """A chat program asks with HEAD before the person does with GET."""
    made(rig)
    address = answer_consent(start(rig))

    looked = rig.client.head(address.removeprefix(PUBLIC_URL))
    page = come_back(rig, address)

    assert (405, 200) == (looked.status_code, page.status_code)


def test_calendly_refuses_a_code(rig: Rig) -> None:
    """Its own words are passed on, escaped."""
    made(rig)
    address = answer_consent(start(rig))
    words = {"error": "invalid_grant", "error_description": "<b>no</b>"}
    rig.sandbox.faults.add("400", match={"path": "/oauth/token"}, body=words)

    page = come_back(rig, address)

    assert 502 == page.status_code
    assert "invalid_grant: &lt;b&gt;no&lt;/b&gt;" in page.get_data(as_text=True)


@pytest.mark.parametrize("fault", ["503", "cut_before", "cut_after", "garbage"])
def test_a_token_endpoint_that_fails_connects_nobody(rig: Rig, fault: str) -> None:
    """What stood before stands."""
    before = connect(rig)
    address = answer_consent(start(rig))
    rig.sandbox.faults.add(fault, match={"path": "/oauth/token"})

    page = come_back(rig, address)

    assert 502 == page.status_code
    after = rig.manage("GET", "/credentials/acme")
    assert (True, before["expires_at"]) == (after["connected"], after["expires_at"])


def test_a_grant_is_kept_when_calendly_does_not_say_whose_it_is(rig: Rig) -> None:
    """It was stored before anybody used it; a later check finds the user."""
    made(rig)
    rig.sandbox.faults.add("503", match={"path": "/users/me"})

    page = come_back(rig, answer_consent(start(rig)))
    checked = rig.manage("POST", "/credentials/acme/check")

    assert "is connected, but Calendly did not say as whom" in page.get_data(as_text=True)
    assert (True, USER) == (checked["ok"], checked["user"])


def test_connecting_again_replaces_the_grant_and_ends_the_trouble(rig: Rig) -> None:
    """Also as another user of the same organization."""
    connect(rig)
    rig.sandbox.app.test_client().post("/_sandbox/oauth/revoke")
    refused = rig.manage("POST", "/credentials/acme/check")

    credential = connect(rig, user=seed.ADMIN)

    assert not refused["ok"]
    assert (True, None) == (credential["connected"], credential["trouble"])
    assert credential["user"].endswith(seed.ADMIN)
    assert rig.manage("POST", "/credentials/acme/check")["ok"]


def test_somebody_of_another_organization_is_turned_away(rig: Rig) -> None:
    """Destinations must not act for others all of a sudden; the new grant is revoked at Calendly."""
    connect(rig)

    page = come_back(rig, answer_consent(start(rig), seed.FREE))

    assert (409, USER) == (page.status_code, rig.manage("GET", "/credentials/acme")["user"])
    assert "another organization" in page.get_data(as_text=True)
    assert [False, True] == [grant.revoked for grant in rig.sandbox.simulator.desk.grants]


def test_a_stranger_who_is_known_by_the_api_alone_is_turned_away_too(rig: Rig) -> None:
    """The token's answer may not say whose it is; then the grant is ended as soon as it is known."""
    made(rig, organization=ORGANIZATION)
    rig.sandbox.add_token("of-a-stranger", seed.FREE)
    body = {"token_type": "bearer", "access_token": "of-a-stranger", "refresh_token": "r"}
    rig.sandbox.faults.add("200", match={"path": "/oauth/token"}, body=body)

    page = come_back(rig, answer_consent(start(rig)))

    credential = rig.manage("GET", "/credentials/acme")
    assert (409, False, ORGANIZATION) == (
        page.status_code,
        credential["connected"],
        credential["organization"],
    )
    assert "another organization" in credential["trouble"]


def test_a_credential_that_was_deleted_meanwhile_is_not_made_anew(rig: Rig) -> None:
    """The page says so."""
    made(rig)
    address = answer_consent(start(rig))
    rig.manage("DELETE", "/credentials/acme")

    page = come_back(rig, address)

    assert (404, 0) == (page.status_code, token_calls(rig.sandbox, "authorization_code"))
    assert "does not exist any more" in page.get_data(as_text=True)


def test_another_credential_under_the_same_id_is_not_connected(rig: Rig) -> None:
    """It has a token of its own, which stays."""
    made(rig)
    address = answer_consent(start(rig))
    rig.manage("DELETE", "/credentials/acme")
    rig.credential()

    page = come_back(rig, address)

    stored = rig.store.credentials.get("acme")
    assert (404, "sandbox", None) == (page.status_code, stored.kind, stored.grant)


def test_without_an_app_nobody_can_be_connected(make_settings: MakeSettings, sandbox: Sandbox) -> None:
    """The answer names the settings that are missing, and only those."""
    for missing, names in (
        ({"client_id": "", "client_secret": ""}, ["CALENDLY_CLIENT_ID", "CALENDLY_CLIENT_SECRET"]),
        ({"client_secret": ""}, ["CALENDLY_CLIENT_SECRET"]),
    ):
        settings = make_settings(**{**oauth_settings(sandbox), **missing})
        rig = Rig(settings, sandbox)
        rig.client.post("/api/v1/credentials", json={"id": "acme", "kind": "oauth"}, headers=rig.admin)

        problem = assert_problem(
            rig.client.post("/api/v1/credentials/acme/connect", headers=rig.admin), 422, "invalid"
        )

        assert names == [
            name for name in ("CALENDLY_CLIENT_ID", "CALENDLY_CLIENT_SECRET") if name in problem["detail"]
        ]
        rig.store.close()


def test_only_credentials_of_kind_oauth_are_connected(rig: Rig) -> None:
    """Others have a token, and nobody gets an address without the admin key."""
    rig.credential()
    path = "/api/v1/credentials/acme/connect"

    assert_problem(rig.client.post(path, headers=rig.admin), 409, "conflict")
    assert_problem(
        rig.client.post("/api/v1/credentials/none/connect", headers=rig.admin), 404, "unknown_credential"
    )
    assert_problem(rig.client.post(path), 401, "not_authenticated")


def test_the_page_says_when_redis_is_away(make_settings: MakeSettings, sandbox: Sandbox) -> None:
    """In words, not as a problem."""
    settings = make_settings(**oauth_settings(sandbox), redis_url="redis://127.0.0.1:1/0")
    rig = Rig(settings, sandbox)

    page = rig.client.get("/console/connect?state=a&code=b")

    assert (503, "text/html", "30") == (page.status_code, page.mimetype, page.headers["Retry-After"])


def test_no_token_is_taken_from_outside(rig: Rig) -> None:
    """Tokens come of connecting, and stay under PATCH."""
    body = {"id": "acme", "kind": "oauth", "token": "t" * 20}
    refused = rig.client.post("/api/v1/credentials", json=body, headers=rig.admin)
    before = connect(rig)
    token = rig.store.credentials.get("acme").token

    changed = rig.manage("PATCH", "/credentials/acme", {**before, "rate": {"limit": 50}})

    assert_problem(refused, 422, "invalid", "#/token")
    assert (50, True, before["user"]) == (changed["rate"]["limit"], changed["connected"], changed["user"])
    assert token == rig.store.credentials.get("acme").token
    patched = rig.client.patch("/api/v1/credentials/acme", json={"token": "t" * 20}, headers=rig.admin)
    assert_problem(patched, 422, "invalid", "#/token")


def test_a_deleted_credential_is_revoked_at_calendly(rig: Rig) -> None:
    """As far as that is possible: a server that does not answer keeps nobody from deleting."""
    connect(rig)
    rig.manage("DELETE", "/credentials/acme")
    connect(rig)
    rig.sandbox.faults.add("503", match={"path": "/oauth/revoke"}, times=None)

    rig.manage("DELETE", "/credentials/acme")

    assert [True, False] == [grant.revoked for grant in rig.sandbox.simulator.desk.grants]
    assert [] == rig.store.credentials.all()


def test_connections_are_counted_with_the_token_calls_of_a_minute(rig: Rig) -> None:
    """The ninth has to wait, and the same page goes on when it is loaded again."""
    for _ in range(8):
        connect(rig)
    address = answer_consent(start(rig))

    page = come_back(rig, address)
    redis: Any = rig.store.redis
    redis.hdel("relay:{credential acme}:renewal", "calls")
    rig.sandbox.clock.advance(60)
    again = come_back(rig, address)

    assert (503, 200) == (page.status_code, again.status_code)
    assert 0 < int(page.headers["Retry-After"]) <= 60


def test_no_secret_of_the_way_is_at_rest_or_logged(
    rig: Rig, make_settings: MakeSettings, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not the state, the code, the tokens or the client secret."""
    made(rig)
    address = answer_consent(start(rig))
    come_back(rig, address)
    grant = rig.sandbox.simulator.desk.grants[0]
    asked = parse_qs(urlsplit(address).query)
    secrets = [
        grant.access_token,
        grant.refresh_token,
        *asked["code"],
        *asked["state"],
        rig.settings.client_secret,
    ]
    told = everything_in(open_store(make_settings()).redis) + "".join(capfd.readouterr())
    told += str(rig.manage("GET", "/credentials"))

    assert [] == [secret for secret in secrets if secret in told]
    assert "grant.connected" in told


def test_a_connection_is_in_the_audit(rig: Rig) -> None:
    """By the key that sent the person out, whoever came back; who only tried is not in it."""
    made(rig)
    key = rig.manage("POST", "/keys", {"name": "Ana", "scope": "admin"})
    root, rig.admin = rig.admin, {"Authorization": f"Bearer {key['key']}"}

    come_back(rig, f"{PUBLIC_URL}/console/connect?state=unknown&code=x")
    address = start(rig)
    rig.admin = root
    come_back(rig, answer_consent(address))

    deeds = rig.manage("GET", "/audit?about=acme")["entries"]
    assert [
        ("credential.connected", "Ana", key["id"]),
        ("credential.connection_begun", "Ana", key["id"]),
        ("credential.created", "RELAY_ADMIN_KEY", None),
    ] == [(each["what"], each["who"], each["key"]) for each in deeds]


@pytest.mark.parametrize("end", ["DELETE", "PATCH"])
def test_a_link_ends_with_the_key_that_asked_for_it(rig: Rig, end: str) -> None:
    """Whoever has left connects nobody any more, though the link was young."""
    made(rig)
    key = rig.manage("POST", "/keys", {"name": "Ana", "scope": "admin"})
    root, rig.admin = rig.admin, {"Authorization": f"Bearer {key['key']}"}
    address = start(rig)
    rig.admin = root
    if end == "DELETE":
        rig.manage("DELETE", f"/keys/{key['id']}")
    else:
        rig.store.admin_keys.change(key["id"], lambda stands: replace(stands, expires_at=1.0))

    page = come_back(rig, answer_consent(address))

    assert 403 == page.status_code
    assert "has been revoked, has ended" in page.get_data(as_text=True)
    assert not rig.manage("GET", "/credentials/acme")["connected"]
    assert 0 == token_calls(rig.sandbox, "authorization_code")


def test_a_code_does_not_fit_the_state_of_another_credential(rig: Rig) -> None:
    """PKCE tells them apart; neither is connected by the mix, and what Calendly says ends in one full stop."""
    made(rig)
    made(rig, id="other")
    mine, other = (parse_qs(urlsplit(answer_consent(start(rig, each))).query) for each in ("acme", "other"))
    mixed = urlencode({"code": mine["code"][0], "state": other["state"][0]})

    page = rig.client.get(f"/console/connect?{mixed}")

    text = page.get_data(as_text=True)
    assert 502 == page.status_code
    assert "does not fit the code challenge. Nothing was changed" in text
    assert [False, False] == [
        rig.manage("GET", f"/credentials/{each}")["connected"] for each in ("acme", "other")
    ]

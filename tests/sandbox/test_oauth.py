"""The sandbox as authorization server."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox import seed
from sandbox.oauth.desk import CLIENT_ID, CLIENT_SECRET
from sandbox.oauth.endpoints import challenge_of
from sandbox.server import Sandbox
from tests.sandbox.calling import Client

VERIFIER = "a-verifier-of-forty-three-letters-or-more-0123"
BACK = "https://relay.example/console/connect?from=calendly"
ASKED = {
    "client_id": CLIENT_ID,
    "response_type": "code",
    "redirect_uri": BACK,
    "state": 'st&te"<b>',
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}
USER = f"https://api.calendly.com/users/{seed.OWNER}"


def authorize(sandbox: Sandbox, **changes: str) -> requests.Response:
    """Answer the page of consent."""
    form = {**ASKED, "user": seed.OWNER, "decision": "allow", **changes}
    return requests.post(f"{sandbox.url}/oauth/authorize", data=form, allow_redirects=False, timeout=30)


def a_code(sandbox: Sandbox, user: str = seed.OWNER) -> str:
    """Give a code that somebody allowed."""
    return parse_qs(urlsplit(authorize(sandbox, user=user).headers["Location"]).query)["code"][0]


def ask(sandbox: Sandbox, path: str = "token", **form: str) -> requests.Response:
    """Call one of the endpoints as the app."""
    return requests.post(
        f"{sandbox.url}/oauth/{path}", data=form, auth=(CLIENT_ID, CLIENT_SECRET), timeout=30
    )


def exchange(sandbox: Sandbox, code: str, **changes: str) -> requests.Response:
    """Exchange a code."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return ask(sandbox, **{**form, **changes})


def renew(sandbox: Sandbox, refresh_token: str) -> requests.Response:
    """Use a refresh token."""
    return ask(sandbox, grant_type="refresh_token", refresh_token=refresh_token)


def a_pair(sandbox: Sandbox, user: str = seed.OWNER) -> Any:
    """Give a pair of tokens."""
    return exchange(sandbox, a_code(sandbox, user)).json()


def assert_refused(answer: requests.Response, status: int, error: str) -> None:
    """Assert that an answer is OAuth's refusal, and no more."""
    body = answer.json()

    assert (status, error) == (answer.status_code, body["error"])
    assert {"error", "error_description"} == set(body)


def test_the_page_shows_who_might_allow(sandbox: Sandbox) -> None:
    """What was asked is carried along, escaped; no script runs on it."""
    page = requests.get(f"{sandbox.url}/oauth/authorize", params=ASKED, timeout=30)

    assert 200 == page.status_code
    assert "Olivia Owner" in page.text
    assert "st&amp;te&#34;&lt;b&gt;" in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert re.search('method="post" action="/oauth/authorize"', page.text)


def test_a_person_is_sent_back_with_code_and_state(sandbox: Sandbox) -> None:
    """Or with `access_denied`; the redirect URI keeps its own query."""
    allowed = urlsplit(authorize(sandbox).headers["Location"])
    denied = urlsplit(authorize(sandbox, decision="deny").headers["Location"])

    assert "relay.example" == allowed.netloc == denied.netloc
    found, refused = parse_qs(allowed.query), parse_qs(denied.query)
    assert ({"from", "code", "state"}, [ASKED["state"]]) == (set(found), found["state"])
    assert (["access_denied"], [ASKED["state"]]) == (refused["error"], refused["state"])


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "another"}, 401, "invalid_client"),
        ({"redirect_uri": "javascript:alert(1)"}, 400, "invalid_request"),
        ({"redirect_uri": "https://relay.example/#part"}, 400, "invalid_request"),
        ({"redirect_uri": "https://relay.example/\r\nX-Planted: 1"}, 400, "invalid_request"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"code_challenge": ""}, 400, "invalid_request"),
        ({"code_challenge": "short"}, 400, "invalid_request"),
        ({"code_challenge_method": "plain"}, 400, "invalid_request"),
    ],
)
def test_a_wrong_request_is_answered_on_the_spot(
    sandbox: Sandbox, changes: dict[str, str], status: int, error: str
) -> None:
    """It is not sent on to anybody."""
    shown = requests.get(f"{sandbox.url}/oauth/authorize", params={**ASKED, **changes}, timeout=30)

    assert_refused(shown, status, error)
    assert_refused(authorize(sandbox, **changes), status, error)


def test_a_redirect_uri_may_have_to_be_registered(client: Client, sandbox: Sandbox) -> None:
    """Exactly as it is."""
    client.control("PATCH", "/oauth", {"redirect_uris": ["https://relay.example/console/connect"]})

    assert_refused(authorize(sandbox), 400, "invalid_request")
    assert 302 == authorize(sandbox, redirect_uri="https://relay.example/console/connect").status_code


def test_a_pair_acts_for_who_allowed_it(client: Client, sandbox: Sandbox) -> None:
    """At the API, for two hours."""
    pair = a_pair(sandbox)

    assert ("Bearer", 7200, USER) == (pair["token_type"], pair["expires_in"], pair["owner"])
    assert pair["organization"].endswith(seed.ORGANIZATION)
    assert "webhooks:write" in pair["scope"].split()
    assert USER == client.get("/users/me", token=pair["access_token"]).json()["resource"]["uri"]
    sandbox.clock.advance(7201)
    assert 401 == client.get("/users/me", token=pair["access_token"]).status_code


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "another"},
        {"code_verifier": VERIFIER[::-1]},
        {"redirect_uri": "https://relay.example/elsewhere"},
    ],
)
def test_a_code_is_worth_nothing_to_who_did_not_ask_for_it(sandbox: Sandbox, changes: dict[str, str]) -> None:
    """The verifier and the redirect URI are those of the beginning; a failed try does not use the code up."""
    code = a_code(sandbox)

    refused = exchange(sandbox, **{"code": code, **changes})

    assert_refused(refused, 400, "invalid_grant")
    assert 200 == exchange(sandbox, code).status_code


def test_a_code_works_once_and_for_ten_minutes(sandbox: Sandbox) -> None:
    """Both are `invalid_grant`."""
    used, old = a_code(sandbox), a_code(sandbox)
    exchange(sandbox, used)

    assert_refused(exchange(sandbox, used), 400, "invalid_grant")
    sandbox.clock.advance(601)
    assert_refused(exchange(sandbox, old), 400, "invalid_grant")


def test_a_refresh_token_works_once(client: Client, sandbox: Sandbox) -> None:
    """Each answer has a new one; the old access token goes on to its own end."""
    first = a_pair(sandbox)
    second = renew(sandbox, first["refresh_token"]).json()

    assert_refused(renew(sandbox, first["refresh_token"]), 400, "invalid_grant")
    assert 200 == renew(sandbox, second["refresh_token"]).status_code
    assert 200 == client.get("/users/me", token=first["access_token"]).status_code
    assert 200 == client.get("/users/me", token=second["access_token"]).status_code


def test_of_many_with_one_refresh_token_one_gets_a_pair(client: Client, sandbox: Sandbox) -> None:
    """However close together they come."""
    client.control("PATCH", "/oauth", {"token_calls": 100})
    pair = a_pair(sandbox)

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: renew(sandbox, pair["refresh_token"]).status_code, range(10)))

    assert [200] + [400] * 9 == sorted(answers)


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "none"}, 400, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "c"}, 400, "invalid_request"),
    ],
)
def test_a_malformed_token_call_says_what_is_missing(
    sandbox: Sandbox, form: dict[str, str], status: int, error: str
) -> None:
    """In OAuth's words."""
    assert_refused(ask(sandbox, **form), status, error)


def test_the_app_shows_its_secret_in_a_header_or_in_the_form(sandbox: Sandbox) -> None:
    """A wrong one is refused everywhere."""
    pair = a_pair(sandbox)
    right = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "token": pair["access_token"]}
    address = f"{sandbox.url}/oauth/introspect"

    assert requests.post(address, data=right, timeout=30).json()["active"]
    wrong = {**right, "client_secret": "wrong"}
    assert_refused(requests.post(address, data=wrong, timeout=30), 401, "invalid_client")
    assert_refused(
        requests.post(address, headers={"Authorization": "Basic ?"}, timeout=30), 401, "invalid_client"
    )


def test_introspection_tells_what_works(sandbox: Sandbox) -> None:
    """Both tokens of a grant, until it is revoked."""
    pair = a_pair(sandbox)
    before = [
        ask(sandbox, "introspect", token=pair[name]).json() for name in ("access_token", "refresh_token")
    ]
    revoked = ask(sandbox, "revoke", token=pair["refresh_token"])
    after = [
        ask(sandbox, "introspect", token=pair[name]).json() for name in ("access_token", "refresh_token")
    ]

    assert [("access_token", USER), ("refresh_token", USER)] == [
        (each["token_type"], each["owner"]) for each in before
    ]
    assert (200, [{"active": False}] * 2) == (revoked.status_code, after)
    assert_refused(renew(sandbox, pair["refresh_token"]), 400, "invalid_grant")


def test_revoking_an_access_token_leaves_the_grant(client: Client, sandbox: Sandbox) -> None:
    """And revoking what nobody knows is no error."""
    pair = a_pair(sandbox)

    answers = [ask(sandbox, "revoke", token=each).status_code for each in (pair["access_token"], "unknown")]

    assert [200, 200] == answers
    assert 401 == client.get("/users/me", token=pair["access_token"]).status_code
    assert 200 == renew(sandbox, pair["refresh_token"]).status_code


def test_a_user_has_eight_token_calls_a_minute(sandbox: Sandbox) -> None:
    """The ninth is refused and uses nothing up."""
    pair = a_pair(sandbox)
    for _ in range(7):
        pair = renew(sandbox, pair["refresh_token"]).json()

    assert_refused(renew(sandbox, pair["refresh_token"]), 429, "rate_limited")
    sandbox.clock.advance(60)
    assert 200 == renew(sandbox, pair["refresh_token"]).status_code


def test_the_control_api_shortens_lives_and_ends_grants(client: Client, sandbox: Sandbox) -> None:
    """What it shows has no tokens."""
    client.control("PATCH", "/oauth", {"access_seconds": 30})
    owner, admin = a_pair(sandbox), a_pair(sandbox, seed.ADMIN)

    revoked = client.control("POST", "/oauth/revoke", {"user": seed.OWNER}).json()
    expired = client.control("POST", "/oauth/expire").json()
    shown = client.control("GET", "/oauth")

    assert (30, {"revoked": 1}, {"expired": 1}) == (owner["expires_in"], revoked, expired)
    assert [True, False] == [grant["revoked"] for grant in shown.json()["grants"]]
    assert owner["refresh_token"] not in shown.text
    assert 401 == client.get("/users/me", token=admin["access_token"]).status_code
    assert 200 == renew(sandbox, admin["refresh_token"]).status_code
    assert 400 == client.control("PATCH", "/oauth", {"acess_seconds": 30}).status_code


def test_faults_are_told_in_oauths_words(client: Client, sandbox: Sandbox) -> None:
    """A call that a fault cuts off after its effect has used up the refresh token."""
    pair = a_pair(sandbox)
    sandbox.faults.add("503", match={"path": "/oauth/token"})
    sandbox.faults.add("cut_after", match={"path": "/oauth/token"})

    failed = renew(sandbox, pair["refresh_token"])
    with pytest.raises(requests.ConnectionError):
        renew(sandbox, pair["refresh_token"])

    assert_refused(failed, 503, "server_error")
    assert_refused(renew(sandbox, pair["refresh_token"]), 400, "invalid_grant")


def test_the_journal_has_token_calls_without_their_secrets(client: Client, sandbox: Sandbox) -> None:
    """Which grant type, and what came of it."""
    pair = a_pair(sandbox)
    renew(sandbox, pair["refresh_token"])

    calls = client.control("GET", "/calls?path=/oauth/token")

    assert [("grant_type=authorization_code", 200), ("grant_type=refresh_token", 200)] == [
        (each["body"], each["status"]) for each in calls.json()["calls"]
    ]
    secrets = [pair["access_token"], pair["refresh_token"], CLIENT_SECRET, VERIFIER]
    assert [] == [secret for secret in secrets if secret in calls.text]


def test_a_reset_forgets_grants_and_changes(client: Client, sandbox: Sandbox) -> None:
    """The next one begins as the first."""
    client.control("PATCH", "/oauth", {"client_secret": "changed"})
    client.control("POST", "/reset")

    shown = client.control("GET", "/oauth").json()

    assert ([], CLIENT_SECRET) == (shown["grants"], shown["app"]["client_secret"])


def test_an_address_that_oauth_does_not_have_is_no_api_call(sandbox: Sandbox) -> None:
    """It is not written into the journal."""
    answer = requests.get(f"{sandbox.url}/oauth/token", timeout=30)

    assert (405, []) == (answer.status_code, sandbox.calls())

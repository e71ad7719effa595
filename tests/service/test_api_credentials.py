"""Credentials over HTTP, with the sandbox as Calendly."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from relay.config import Settings
from relay.store import Store, open_store
from sandbox.server import Sandbox
from tests.over_http import OverHttp, a_destination, keep_credential
from tests.problems import assert_problem

TOKEN = "sandbox-token-of-sixteen-and-more"
MASKED = "••••more"
OTHER = "https://api.calendly.com/organizations/BBBBBBBBBBBBBBBB"


@pytest.fixture
def web(sandbox: Sandbox, make_settings: Any, store: Store) -> OverHttp:
    """A relay whose Calendly is the sandbox, which knows TOKEN."""
    sandbox.add_token(TOKEN)
    return OverHttp(make_settings(calendly_api_url=sandbox.url, sandbox_url=sandbox.url), store)


def a_credential(**changes: Any) -> dict[str, Any]:
    """Give the document of a credential."""
    return {"id": "acme", "kind": "personal_access_token", "token": TOKEN, **changes}


def closed_port() -> str:
    """Give an address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_credential_finds_its_user_and_organization(web: OverHttp, store: Store) -> None:
    """Calendly is asked once; the token is masked in the answer and sealed in the store."""
    answer = web.api("POST", "/credentials", a_credential())

    assert 201 == answer.status_code
    assert answer.headers["Location"].endswith("/api/v1/credentials/acme")
    document = answer.get_json()
    assert document["organization"].startswith("https://api.calendly.com/organizations/")
    assert document["user"].startswith("https://api.calendly.com/users/")
    assert (MASKED, None) == (document["token"], document["trouble"])
    assert {"limit": 500, "window": 60} == document["rate"]
    stored = store.credentials.get("acme")
    assert TOKEN not in str(stored.to_dict())
    assert TOKEN == store.vault.open(stored.token)


def test_no_answer_ever_shows_a_token(web: OverHttp, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor does the log."""
    answers = [
        web.api("POST", "/credentials", a_credential()),
        web.api("POST", "/credentials", a_credential()),
        web.api("POST", "/credentials", a_credential(id="other", token=TOKEN + "-unknown")),
        web.api("GET", "/credentials"),
        web.api("GET", "/credentials/acme"),
        web.api("PATCH", "/credentials/acme", {"token": TOKEN}),
        web.api("PATCH", "/credentials/acme", {"token": [TOKEN]}),
        web.api("POST", "/credentials/acme/check"),
    ]

    for answer in answers:
        assert TOKEN not in answer.get_data(as_text=True)
    assert TOKEN not in capsys.readouterr().err


def test_a_token_that_calendly_refuses_is_not_stored(web: OverHttp) -> None:
    """The fault is the token's, and what Calendly said is passed on."""
    answer = web.api("POST", "/credentials", a_credential(token="a-token-nobody-knows"))

    problem = assert_problem(answer, 422, "invalid", "#/token")
    assert problem["errors"][0]["detail"].startswith("Calendly refuses this token")
    assert_problem(web.api("GET", "/credentials/acme"), 404, "unknown_credential")


def test_a_credential_is_stored_while_calendly_is_away(make_settings: Any, store: Store) -> None:
    """The answer says so; whom the token acts for is found later."""
    web = OverHttp(make_settings(calendly_api_url=closed_port()), store)

    answer = web.api("POST", "/credentials", a_credential())

    assert 201 == answer.status_code
    document = answer.get_json()
    assert (None, None) == (document["organization"], document["user"])
    assert document["trouble"].startswith("Calendly could not be asked")
    assert web.api("GET", "/credentials/acme").get_json()["trouble"] is None


def test_an_organization_that_is_given_is_kept_while_calendly_is_away(
    make_settings: Any, store: Store
) -> None:
    """A person may know it earlier."""
    web = OverHttp(make_settings(calendly_api_url=closed_port()), store)

    answer = web.api("POST", "/credentials", a_credential(organization=OTHER))

    assert (201, OTHER) == (answer.status_code, answer.get_json()["organization"])


def test_an_organization_that_is_not_the_tokens_is_refused(web: OverHttp) -> None:
    """Every call with it would go wrong; what to do instead is said."""
    problem = assert_problem(
        web.api("POST", "/credentials", a_credential(organization=OTHER)), 422, "invalid", "#/organization"
    )
    assert problem["errors"][0]["detail"].startswith("should be left out, or null")

    known = web.api("POST", "/credentials", a_credential()).get_json()["organization"]
    changed = web.api("PATCH", "/credentials/acme", {"organization": OTHER})
    assert_problem(changed, 422, "invalid", "#/organization")
    again = web.api("PATCH", "/credentials/acme", {"organization": known})
    assert (200, known) == (again.status_code, again.get_json()["organization"])


def test_a_sandbox_credential_needs_no_token(web: OverHttp) -> None:
    """The sandbox has one that everybody knows."""
    answer = web.api("POST", "/credentials", {"id": "play", "kind": "sandbox"})

    assert (201, "••••") == (answer.status_code, answer.get_json()["token"])
    assert answer.get_json()["organization"]


def test_a_sandbox_credential_needs_a_sandbox(settings: Settings, store: Store) -> None:
    """It is refused where none is configured."""
    answer = OverHttp(settings, store).api("POST", "/credentials", {"id": "play", "kind": "sandbox"})

    assert_problem(answer, 422, "invalid", "#/kind")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"id": None}, "#/id"),
        ({"id": "Capital"}, "#/id"),
        ({"id": "-begins-with-a-hyphen"}, "#/id"),
        ({"id": "x" * 64}, "#/id"),
        ({"id": "with\n"}, "#/id"),
        ({"id": 3}, "#/id"),
        ({"kind": "oauth2"}, "#/kind"),
        ({"kind": ["sandbox"]}, "#/kind"),
        ({"token": None}, "#/token"),
        ({"token": ""}, "#/token"),
        ({"token": "with blanks"}, "#/token"),
        ({"token": "line\r\nX-Injected: 1"}, "#/token"),
        ({"token": MASKED}, "#/token"),
        ({"token": {"set": True}}, "#/token"),
        ({"organization": "AAAAAAAAAAAAAAAA"}, "#/organization"),
        ({"organization": "https://api.calendly.com/users/AAAAAAAAAAAAAAAA"}, "#/organization"),
        ({"organization": 3}, "#/organization"),
        ({"rate": {"limit": 0}}, "#/rate/limit"),
        ({"rate": {"limit": "500"}}, "#/rate/limit"),
        ({"rate": {"limit": True}}, "#/rate/limit"),
        ({"rate": {"per": 1}}, "#/rate/per"),
        ({"rate": 500}, "#/rate"),
        ({"tokn": "x"}, "#/tokn"),
    ],
)
def test_a_wrong_credential_is_refused_where_it_is_wrong(
    web: OverHttp, change: dict[str, Any], pointer: str
) -> None:
    """The pointer names the fault; nothing is stored."""
    assert_problem(web.api("POST", "/credentials", a_credential(**change)), 422, "invalid", pointer)
    assert [] == web.api("GET", "/credentials").get_json()["credentials"]


def test_a_token_is_required(web: OverHttp) -> None:
    """A personal access token cannot be guessed."""
    document = a_credential()
    del document["token"]

    assert_problem(web.api("POST", "/credentials", document), 422, "invalid", "#/token")


def test_an_id_is_taken_once(web: OverHttp, sandbox: Sandbox) -> None:
    """Calendly is not even asked the second time."""
    web.api("POST", "/credentials", a_credential())
    asked = len(sandbox.calls("GET", "/users/me"))

    assert_problem(web.api("POST", "/credentials", a_credential()), 409, "conflict")
    assert asked == len(sandbox.calls("GET", "/users/me"))


def test_a_document_that_was_read_can_be_sent_back(web: OverHttp, store: Store) -> None:
    """The mask keeps the token, and what only answers carry has no effect."""
    web.api("POST", "/credentials", a_credential(rate={"limit": 50}))
    read = web.api("GET", "/credentials/acme").get_json()

    answer = web.api("PATCH", "/credentials/acme", read)

    assert 200 == answer.status_code
    again = web.api("GET", "/credentials/acme").get_json()
    assert {**read, "updated_at": None} == {**again, "updated_at": None}
    assert TOKEN == store.vault.open(store.credentials.get("acme").token)


def test_a_new_token_is_shown_to_calendly_and_ends_an_old_trouble(
    web: OverHttp, store: Store, sandbox: Sandbox
) -> None:
    """Its organization is found anew, since it may be another one's."""
    keep_credential(
        store, trouble="401 Unauthenticated", organization="https://api.calendly.com/organizations/OLD"
    )
    sandbox.add_token("a-new-token-1234")

    assert_problem(
        web.api("PATCH", "/credentials/acme", {"token": "no-such-token"}), 422, "invalid", "#/token"
    )
    assert "401 Unauthenticated" == store.credentials.get("acme").trouble

    document = web.api("PATCH", "/credentials/acme", {"token": "a-new-token-1234"}).get_json()
    assert ("••••1234", None) == (document["token"], document["trouble"])
    assert not document["organization"].endswith("/OLD")
    assert "a-new-token-1234" == store.vault.open(store.credentials.get("acme").token)


def test_an_organization_can_be_found_again(web: OverHttp, store: Store) -> None:
    """Null asks Calendly."""
    keep_credential(store, token=store.vault.seal(TOKEN), organization=OTHER)

    document = web.api("PATCH", "/credentials/acme", {"organization": None}).get_json()

    assert document["organization"] not in {OTHER, None}


def test_a_change_without_a_token_asks_nobody(web: OverHttp, sandbox: Sandbox) -> None:
    """The rate is ours to set."""
    web.api("POST", "/credentials", a_credential())
    asked = len(sandbox.calls("GET", "/users/me"))

    document = web.api("PATCH", "/credentials/acme", {"rate": {"limit": 50}}).get_json()

    assert {"limit": 50, "window": 60} == document["rate"]
    assert {"limit": 500, "window": 60} == web.api("PATCH", "/credentials/acme", {"rate": None}).get_json()[
        "rate"
    ]
    assert asked == len(sandbox.calls("GET", "/users/me"))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"id": "other"}, "#/id"),
        ({"id": None}, "#/id"),
        ({"kind": "sandbox"}, "#/kind"),
        ({"token": None}, "#/token"),
        ({"token": 3}, "#/token"),
        ({"nothing": 1}, "#/nothing"),
        ({"rate": {"window": 0}}, "#/rate/window"),
    ],
)
def test_what_cannot_be_changed_says_so(web: OverHttp, change: dict[str, Any], pointer: str) -> None:
    """A credential stays the credential it was."""
    web.api("POST", "/credentials", a_credential())

    assert_problem(web.api("PATCH", "/credentials/acme", change), 422, "invalid", pointer)


def test_a_check_says_whom_the_token_acts_for(web: OverHttp, store: Store) -> None:
    """It keeps what it finds, and ends a trouble that is over."""
    keep_credential(store, token=store.vault.seal(TOKEN), trouble="401", organization="")

    found = web.api("POST", "/credentials/acme/check").get_json()

    assert (True, "Calendly accepts this token.") == (found["ok"], found["detail"])
    kept = store.credentials.get("acme")
    assert (found["user"], found["organization"], "") == (kept.user, kept.organization, kept.trouble)


def test_a_check_of_a_refused_token_says_why(web: OverHttp, store: Store) -> None:
    """The trouble stays with the credential."""
    keep_credential(store, token=store.vault.seal("a-token-nobody-knows"))

    found = web.api("POST", "/credentials/acme/check").get_json()

    assert not found["ok"]
    assert found["detail"].startswith("Calendly refuses this token")
    assert found["detail"] == web.api("GET", "/credentials/acme").get_json()["trouble"]


def test_a_check_while_calendly_is_away_changes_nothing(make_settings: Any, store: Store) -> None:
    """Silence says nothing against a token."""
    web = OverHttp(make_settings(calendly_api_url=closed_port()), store)
    before = keep_credential(store)

    found = web.api("POST", "/credentials/acme/check").get_json()

    assert not found["ok"]
    assert found["detail"].startswith("Calendly could not be asked")
    after = store.credentials.get("acme")
    assert (before.trouble, before.token) == (after.trouble, after.token)


def test_a_real_token_never_goes_to_the_sandbox_nor_the_other_way(make_settings: Any, store: Store) -> None:
    """Each kind of credential has its own house."""
    with Sandbox() as calendly, Sandbox() as play:
        calendly.add_token(TOKEN)
        web = OverHttp(make_settings(calendly_api_url=calendly.url, sandbox_url=play.url), store)
        web.api("POST", "/credentials", a_credential())
        web.api("POST", "/credentials", {"id": "play", "kind": "sandbox"})

        assert 1 == len(calendly.calls("GET", "/users/me"))
        assert 1 == len(play.calls("GET", "/users/me"))


def test_a_credential_in_use_cannot_be_deleted(web: OverHttp) -> None:
    """The answer names who uses it; without users it goes."""
    web.api("POST", "/credentials", a_credential())
    web.api("POST", "/destinations", a_destination())

    problem = assert_problem(web.api("DELETE", "/credentials/acme"), 409, "conflict")
    assert "booking-links" in problem["detail"]
    assert ["booking-links"] == web.api("GET", "/credentials/acme").get_json()["destinations"]

    web.api("DELETE", "/destinations/booking-links")
    gone = web.api("DELETE", "/credentials/acme")
    assert (204, b"") == (gone.status_code, gone.data)
    assert_problem(web.api("GET", "/credentials/acme"), 404, "unknown_credential")


def test_a_token_whose_key_is_gone_is_still_listed(web: OverHttp, make_settings: Any) -> None:
    """Its mask says nothing; using it fails, and a new token mends it."""
    web.api("POST", "/credentials", a_credential())
    settings = make_settings(
        secret_keys=("another secret key that is as long",),
        calendly_api_url=web.settings.calendly_api_url,
        sandbox_url=web.settings.sandbox_url,
    )
    other = open_store(settings)
    later = OverHttp(settings, other)

    assert ["••••"] == [each["token"] for each in later.api("GET", "/credentials").get_json()["credentials"]]
    assert_problem(later.api("POST", "/credentials/acme/check"), 500, "cannot_open_secret")
    assert MASKED == later.api("PATCH", "/credentials/acme", {"token": TOKEN}).get_json()["token"]
    other.close()

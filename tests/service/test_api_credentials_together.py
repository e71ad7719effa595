"""Two people change one credential while Calendly is being asked: neither loses what they did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from relay.calendly import Calendly, LookUpFailed, Me, TokenRefused
from relay.config import Settings
from relay.model.call import NotSent
from relay.model.credential import Credential, Rate
from relay.store import Store
from tests.over_http import OverHttp, keep_credential
from tests.problems import assert_problem

OLD, NEW = (f"https://api.calendly.com/organizations/{name * 16}" for name in "ON")
USER = "https://api.calendly.com/users/UUUUUUUUUUUUUUUU"
KEY = "calendly-relay"


class CalendlyMeanwhile(Calendly):
    """A Calendly that answers as it is told, after somebody else did something."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.meanwhile: Callable[[], Any] = lambda: None
        self.answer: Me | Exception = Me(USER, OLD)

    def me(self, credential: Credential, token: str) -> Me:
        """Let the other one act, then answer."""
        self.meanwhile()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def web(settings: Settings, store: Store) -> OverHttp:
    """A relay with one credential, whose organization is known."""
    keep_credential(store, organization=OLD, user=USER)
    return OverHttp(settings, store)


@pytest.fixture
def calendly(web: OverHttp) -> CalendlyMeanwhile:
    """The Calendly that the relay asks."""
    fake = CalendlyMeanwhile(web.settings)
    web.app.extensions[KEY] = replace(web.app.extensions[KEY], calendly=fake)
    return fake


def alter(store: Store, **changes: Any) -> Callable[[], Credential]:
    """Give the act of changing the credential directly."""
    return lambda: store.credentials.change("acme", lambda stands: replace(stands, **changes))


def silence() -> LookUpFailed:
    """Give what the client raises when no answer comes."""
    return LookUpFailed("Calendly could not be asked.", NotSent("refused"))


def test_a_new_token_leaves_what_others_changed_meanwhile(
    web: OverHttp, store: Store, calendly: CalendlyMeanwhile
) -> None:
    """The rate was not part of the PATCH."""
    calendly.meanwhile = alter(store, rate=Rate(7, 60))
    calendly.answer = Me(USER, NEW)

    answer = web.api("PATCH", "/credentials/acme", {"token": "a-new-token-1234"})

    assert 200 == answer.status_code
    stands = store.credentials.get("acme")
    assert (Rate(7, 60), NEW, "a-new-token-1234") == (
        stands.rate,
        stands.organization,
        store.vault.open(stands.token),
    )


def test_a_part_of_the_rate_is_laid_over_the_rate_that_stands(
    web: OverHttp, store: Store, calendly: CalendlyMeanwhile
) -> None:
    """Two people may change its two halves."""
    calendly.meanwhile = alter(store, rate=Rate(7, 10))

    web.api("PATCH", "/credentials/acme", {"organization": None, "rate": {"limit": 8}})

    assert Rate(8, 10) == store.credentials.get("acme").rate


def test_a_token_that_was_changed_meanwhile_stays(
    web: OverHttp, store: Store, calendly: CalendlyMeanwhile
) -> None:
    """What Calendly said of the old one is not written beside the new one; who named an organization tries again."""
    theirs = {"organization": NEW, "user": "", "trouble": "t"}
    tokens = iter(["their-token-1234", "their-token-5678"])

    def change() -> None:
        alter(store, token=store.vault.seal(next(tokens)), **theirs)()

    calendly.meanwhile = change

    answer = web.api("PATCH", "/credentials/acme", {"organization": None})
    checked = web.api("POST", "/credentials/acme/check")

    assert_problem(answer, 409, "conflict")
    assert 200 == checked.status_code
    stands = store.credentials.get("acme")
    assert theirs == {name: getattr(stands, name) for name in theirs}
    assert "their-token-5678" == store.vault.open(stands.token)


def test_a_change_of_the_rate_goes_on_beside_a_new_token(
    web: OverHttp, store: Store, calendly: CalendlyMeanwhile
) -> None:
    """It asks for the organization only because none is known, and needs no answer."""
    alter(store, organization="")()
    token = store.vault.seal("their-token-5678")
    calendly.meanwhile = alter(store, token=token, organization=NEW)

    web.api("PATCH", "/credentials/acme", {"rate": {"limit": 8}})

    stands = store.credentials.get("acme")
    assert (token, NEW, 8) == (stands.token, stands.organization, stands.rate.limit)


def test_a_check_without_an_answer_writes_nothing(
    web: OverHttp, store: Store, calendly: CalendlyMeanwhile
) -> None:
    """Not even when."""
    calendly.answer = silence()
    before = store.credentials.get("acme")

    assert not web.api("POST", "/credentials/acme/check").get_json()["ok"]
    assert before == store.credentials.get("acme")


@pytest.mark.parametrize("answer", [Me(USER, OLD), TokenRefused("Calendly refuses this token.")])
def test_a_check_leaves_what_others_changed_meanwhile(
    web: OverHttp, store: Store, calendly: CalendlyMeanwhile, answer: Me | Exception
) -> None:
    """It writes what it learned of the token, and no more."""
    calendly.answer = answer
    calendly.meanwhile = alter(store, organization=NEW, rate=Rate(7, 10))

    web.api("POST", "/credentials/acme/check")

    stands = store.credentials.get("acme")
    assert (NEW, Rate(7, 10)) == (stands.organization, stands.rate)
    assert isinstance(answer, Exception) == bool(stands.trouble)


def test_a_read_document_with_a_new_token_does_not_keep_the_old_organization(
    web: OverHttp, store: Store, calendly: CalendlyMeanwhile
) -> None:
    """It is refused where Calendly tells another one, and found later where Calendly tells none."""
    read = {**web.api("GET", "/credentials/acme").get_json(), "token": "a-new-token-1234"}

    calendly.answer = Me(USER, NEW)
    refused = web.api("PATCH", "/credentials/acme", read)
    calendly.answer = silence()
    taken = web.api("PATCH", "/credentials/acme", read)

    assert_problem(refused, 422, "invalid", "#/organization")
    assert (200, None) == (taken.status_code, taken.get_json()["organization"])
    assert "" == store.credentials.get("acme").organization

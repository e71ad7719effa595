"""Whatever goes wrong, the answer is a problem."""

from __future__ import annotations

import json

import pytest
from flask import Flask, abort, request
from werkzeug.exceptions import ServiceUnavailable

from relay.errors import FieldError, Invalid, NotAuthenticated, RelayError, StoreUnavailable
from relay.log import set_up_log
from relay.web.answers import ReadableJson
from relay.web.headers import dress_answers
from relay.web.problems import answer_problems
from tests.problems import assert_problem

SECRET = "ada@example.com"


@pytest.fixture
def app() -> Flask:
    """An application whose views only fail."""
    set_up_log()
    app = Flask("test")
    app.json = ReadableJson(app)
    dress_answers(app)
    answer_problems(app)
    return app


def failing(app: Flask, error: Exception) -> Flask:
    """Add the view that fails with this."""

    @app.get("/fail")
    def fail() -> str:
        raise error

    return app


def every_error(error: type[RelayError]) -> list[type[RelayError]]:
    """Give an error class and all below it."""
    return [error, *(below for child in error.__subclasses__() for below in every_error(child))]


@pytest.mark.parametrize(
    "error",
    # A 405 comes from Flask, which knows what is allowed instead.
    [one for one in every_error(RelayError) if one.__module__ == "relay.errors" and one.status != 405],
)
def test_every_error_of_ours_is_a_problem(app: Flask, error: type[RelayError]) -> None:
    """Its code, its status and its sentence are what a caller gets."""
    answer = failing(app, error("It went wrong.")).test_client().get("/fail")

    problem = assert_problem(answer, error.status, error.code)
    assert "It went wrong." == problem["detail"]


def test_a_surprise_gives_nothing_away(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the answer nor the log repeats what an exception says."""
    answer = failing(app, KeyError(SECRET)).test_client().get("/fail")

    assert_problem(answer, 500, "internal_error")
    assert SECRET not in answer.get_data(as_text=True)
    logged = capsys.readouterr().err
    assert SECRET not in logged
    assert ("request.failed", "KeyError") == tuple(json.loads(logged)[name] for name in ("event", "error"))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bad_request"),
        (404, "not_found"),
        (413, "too_large"),
        (415, "unsupported_media_type"),
        (418, "i_m_a_teapot"),
    ],
)
def test_errors_of_flask_are_problems(app: Flask, status: int, code: str) -> None:
    """Those that have a class of ours get its code, others the code of their status."""

    @app.get("/abort")
    def stop() -> str:
        abort(status)

    assert_problem(app.test_client().get("/abort"), status, code)


def test_a_wrong_method_names_the_right_ones(app: Flask) -> None:
    """405 comes with Allow, and says the same for people."""
    answer = failing(app, KeyError()).test_client().post("/fail")

    problem = assert_problem(answer, 405, "method_not_allowed")
    assert "This address takes GET, HEAD, OPTIONS." == problem["detail"]
    assert {"GET", "HEAD", "OPTIONS"} == set(answer.headers["Allow"].split(", "))


def test_an_outage_says_when_to_come_back(app: Flask) -> None:
    """Senders keep what they have and repeat it."""
    answer = failing(app, StoreUnavailable()).test_client().get("/fail")

    assert_problem(answer, 503, "store_unavailable")
    assert "30" == answer.headers["Retry-After"]


def test_an_outage_is_logged_with_the_kind_of_its_cause(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused or too slow is worth knowing; the text of the cause may hold an address, and stays inside."""
    error = StoreUnavailable()
    error.__cause__ = ConnectionError(SECRET)

    failing(app, error).test_client().get("/fail")

    logged = capsys.readouterr().err
    assert SECRET not in logged
    assert ("StoreUnavailable", "ConnectionError") == tuple(
        json.loads(logged)[name] for name in ("error", "because")
    )


def test_an_outage_of_flasks_keeps_its_own_time(app: Flask) -> None:
    """What an error says about when to come back stays."""
    answer = failing(app, ServiceUnavailable(retry_after=7)).test_client().get("/fail")

    assert_problem(answer, 503, "service_unavailable")
    assert "7" == answer.headers["Retry-After"]


def test_who_is_not_authenticated_learns_how(app: Flask) -> None:
    """401 comes with a challenge."""
    answer = failing(app, NotAuthenticated()).test_client().get("/fail")

    assert_problem(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_long_list_of_faults_is_cut_and_says_so(app: Flask) -> None:
    """A hundred are listed; that there are more is said."""
    faults = tuple(FieldError("#/email", "should be an email", index) for index in range(250))
    answer = failing(app, Invalid("Wrong.", errors=faults)).test_client().get("/fail")

    problem = assert_problem(answer, 422, "invalid", "#/email")
    assert list(range(100)) == [error["index"] for error in problem["errors"]]
    assert "Wrong. Only the first 100 faults are listed." == problem["detail"]


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-DEF_1.2", True), ("a b", False), ("x" * 65, False), ("ü", False)]
)
def test_a_plain_request_id_is_kept_and_another_replaced(app: Flask, given: str, kept: bool) -> None:
    """A request can be followed through the logs of two systems."""

    @app.get("/")
    def view() -> str:
        return request.method

    answer = app.test_client().get("/", headers={"X-Request-Id": given})

    assert kept == (given == answer.headers["X-Request-Id"])
    assert answer.headers["X-Request-Id"]

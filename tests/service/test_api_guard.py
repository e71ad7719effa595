"""The management API is for who has the admin key; health is for everybody."""

from __future__ import annotations

import pytest

from relay.config import Settings
from relay.store import Store
from tests.over_http import KEY, OverHttp
from tests.problems import assert_problem


@pytest.fixture
def web(settings: Settings, store: Store) -> OverHttp:
    """An empty relay."""
    return OverHttp(settings, store)


def routes(web: OverHttp) -> list[tuple[str, str]]:
    """Give every method and path of the management API."""
    return sorted(
        (method, rule.rule.replace("<identifier>", "some-id").replace("<name>", "some-name"))
        for rule in web.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer wrong", f"Bearer {KEY}", "Basic YTpi", "Bearer ü"]
)
def test_every_route_asks_for_the_admin_key(web: OverHttp, authorization: str | None) -> None:
    """Without it nothing is looked up, read or said."""
    headers = {} if authorization is None else {"Authorization": authorization}

    found = routes(web)

    assert len(found) >= 19
    for number, (method, path) in enumerate(found):
        somewhere = {"REMOTE_ADDR": f"198.51.100.{number}"}  # of one address, so many would be too many
        answer = web.client.open(
            path, method=method, data=b"{broken", headers=headers, environ_base=somewhere
        )
        assert_problem(answer, 401, "not_authenticated")


def test_the_key_in_another_place_is_no_key(web: OverHttp) -> None:
    """Queries end up in logs."""
    assert_problem(
        web.client.get(f"/api/v1/templates?key={web.settings.admin_key}"), 401, "not_authenticated"
    )


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/templates/nothing", "unknown_template"),
        ("/credentials/nothing", "unknown_credential"),
        ("/destinations/nothing", "unknown_destination"),
        ("/destinations/NOT-A-SLUG", "unknown_destination"),
        ("/credentials/%00", "unknown_credential"),
        ("/deliveries/nothing", "unknown_delivery"),
        ("/deliveries/dlv_01M827FHJFFHKJZCADKFZBDNA", "unknown_delivery"),
        ("/deliveries/dlv_%C3%BC01M827FHJFFHKJZCADKFZBDNA", "unknown_delivery"),
        ("/nothing", "not_found"),
    ],
)
def test_what_is_not_there_is_not_found(web: OverHttp, path: str, code: str) -> None:
    """Each kind of thing has a code of its own."""
    assert_problem(web.api("GET", path), 404, code)


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("PATCH", "/credentials/nothing", "unknown_credential"),
        ("DELETE", "/credentials/nothing", "unknown_credential"),
        ("POST", "/credentials/nothing/check", "unknown_credential"),
        ("PATCH", "/destinations/nothing", "unknown_destination"),
        ("DELETE", "/destinations/nothing", "unknown_destination"),
        ("POST", "/destinations/nothing/activate", "unknown_destination"),
        ("POST", "/destinations/nothing/pause", "unknown_destination"),
        ("POST", "/deliveries/dlv_01M827FHJFFHKJZCADKFZBDNA/retry", "unknown_delivery"),
        ("POST", "/deliveries/dlv_01M827FHJFFHKJZCADKFZBDNA/cancel", "unknown_delivery"),
        ("POST", "/destinations/nothing/replay", "unknown_destination"),
        ("POST", "/destinations/NOT-A-SLUG/replay", "unknown_destination"),
        ("POST", "/deliveries/dlv_01M827FHJFFHKJZCADKFZBDNA/resolve", "unknown_delivery"),
        ("POST", "/deliveries/dlv_01M827FHJFFHKJZCADKFZBDNA/callback/retry", "unknown_delivery"),
        ("POST", "/deliveries/x/callback/retry", "unknown_delivery"),
    ],
)
def test_what_is_not_there_cannot_be_changed(web: OverHttp, method: str, path: str, code: str) -> None:
    """Writes look first."""
    assert_problem(web.api(method, path, {}), 404, code)


@pytest.mark.parametrize("path", ["/credentials", "/destinations"])
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"3", b"{", b'{"id": "a", "id": "b"}', b'{"a": NaN}', b"\xff", b"a=b"]
)
def test_documents_are_strict_json(web: OverHttp, path: str, body: bytes) -> None:
    """The same reading as for records."""
    assert_problem(web.api("POST", path, body), 400, "bad_request")


def test_documents_have_a_limit(web: OverHttp) -> None:
    """The same limit as for records."""
    assert_problem(
        web.api("POST", "/destinations", b" " * (web.settings.max_body_bytes + 1)), 413, "too_large"
    )


def test_options_are_refused_with_the_methods_that_are_right(web: OverHttp) -> None:
    """Nobody needs them; the answer names what an address takes."""
    problem = assert_problem(web.client.options("/in/anything"), 405, "method_not_allowed")

    assert "This address takes POST." == problem["detail"]


def test_head_is_get_without_a_body(web: OverHttp) -> None:
    """As load balancers ask."""
    head = web.client.head("/healthz")

    assert (200, b"") == (head.status_code, head.data)


def test_ready_means_redis_and_a_worker(web: OverHttp, store: Store) -> None:
    """Each is named; without a worker nothing would ever be sent."""
    problem = assert_problem(web.client.get("/readyz"), 503, "not_ready")
    assert (True, 0) == (problem["redis"], problem["workers"])
    assert "worker" in problem["detail"]

    store.presence.note("worker-1")

    answer = web.client.get("/readyz")
    told = answer.get_json()
    assert ["persistence"] == [
        each["code"] for each in told.pop("warnings")
    ]  # the tests' Redis writes when it likes
    assert (200, {"status": "ready", "redis": True, "workers": 1}) == (answer.status_code, told)


def test_alive_needs_nothing(web: OverHttp) -> None:
    """The process says so by itself."""
    answer = web.client.get("/healthz")

    assert (200, {"status": "ok"}) == (answer.status_code, answer.get_json())


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/templates", "/api/v1/nowhere", "/in/nowhere", "/docs"])
def test_every_answer_keeps_browsers_and_caches_out_of_trouble(web: OverHttp, path: str) -> None:
    """Nothing may frame it, keep it, guess what it is, or take it from another site."""
    answer = web.client.get(path)

    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Strict-Transport-Security": "max-age=31536000",
    }.items() <= dict(answer.headers).items()
    assert "no-store" == answer.headers["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_the_catalogue_lists_every_template(web: OverHttp) -> None:
    """Each as it is found under its own address."""
    listed = web.api("GET", "/templates").get_json()["templates"]

    assert 12 == len(listed)
    for template in listed:
        assert template == web.api("GET", f"/templates/{template['name']}").get_json()
        assert {
            "name",
            "method",
            "path",
            "schema",
            "example",
            "role",
            "plan",
            "scopes",
            "irreversible",
        } <= set(template)

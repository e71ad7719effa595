"""Settings: read whole, and every fault named at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.config import Settings, SettingsSchema, load_settings
from relay.errors import BadSettings

SECRET = "0123456789abcdef0123456789abcdef"
ADMIN = "an-admin-key-long-enough"
ENOUGH = {"REDIS_URL": "redis://redis.example:6379/0", "RELAY_SECRET_KEY": SECRET, "RELAY_ADMIN_KEY": ADMIN}


def refusal(**changes: str) -> str:
    """Give the message about an environment that is wrong."""
    with pytest.raises(BadSettings) as caught:
        load_settings({**ENOUGH, **changes})
    return caught.value.detail


def test_three_settings_are_enough() -> None:
    """All others have a default that works."""
    settings = load_settings(ENOUGH)

    assert Settings(redis_url=ENOUGH["REDIS_URL"], secret_keys=(SECRET,), admin_key=ADMIN) == settings


def test_every_missing_setting_is_named_in_one_message() -> None:
    """Nobody has to start three times to learn of three faults."""
    with pytest.raises(BadSettings) as caught:
        load_settings({})

    assert [
        "These settings are missing or wrong:",
        "  REDIS_URL: is missing",
        "  RELAY_ADMIN_KEY: is missing",
        "  RELAY_SECRET_KEY: is missing",
    ] == caught.value.detail.splitlines()


def test_missing_and_wrong_ones_are_named_together() -> None:
    """Each on a line of its own."""
    message = refusal(PORT="http", RELAY_LOG_LEVEL="loud", REDIS_URL=" ")

    assert ["PORT", "REDIS_URL", "RELAY_LOG_LEVEL"] == [
        line.split(":")[0].strip() for line in message.splitlines()[1:]
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "http://redis.example"),
        ("REDIS_URL", "redis.example:6379"),
        ("REDIS_URL", "redis://:SECRET/rest@redis.example:6379/0"),
        ("REDIS_URL", "redis://:1234/rest@redis.example:6379/0"),
        ("REDIS_URL", "redis://redis.example:port/0"),
        ("REDIS_URL", "redis://redis.example/first"),
        ("REDIS_URL", "redis://redis.example/0?socket_timeout=SECRET"),
        ("REDIS_URL", "redis://[redis.example/0"),
        ("REDIS_URL", "unix://"),
        ("REDIS_URL", "redis+sentinel://:SECRET@redis.example"),
        ("REDIS_URL", "redis+sentinel://:SECRET@redis.example/service/first"),
        ("REDIS_URL", "redis+sentinel://:SECRET@redis.example:port/service"),
        ("REDIS_URL", "redis+sentinel://redis.example/service?socket_timeout=SECRET"),
        ("REDIS_URL", "redis+cluster://:SECRET@redis.example,,other.example"),
        ("REDIS_URL", "redis+cluster://:SECRET/rest@redis.example"),
        ("REDIS_URL", "rediss+cluster://:SECRET@redis.example/1"),
        ("REDIS_URL", "redis+ring://:SECRET@redis.example"),
        ("CALENDLY_API_URL", "http://api.calendly.com"),
        ("CALENDLY_API_URL", "http://8.8.8.8"),
        ("CALENDLY_API_URL", "http://134744072"),
        ("CALENDLY_API_URL", "http://[::ffff:8.8.8.8]:8080"),
        ("CALENDLY_API_URL", "http://calendly.local.example"),
        ("CALENDLY_API_URL", "http://[bad"),
        ("CALENDLY_API_URL", "https://host:port"),
        ("CALENDLY_API_URL", "https://host:99999"),
        ("CALENDLY_API_URL", "https://:secret@host"),
        ("RELAY_CALLBACK_RETRIES", "nan"),
        ("RELAY_CALLBACK_RETRIES", "5,inf"),
        ("RELAY_SECRET_KEY", "short"),
        ("RELAY_SECRET_KEY", f"{SECRET},short"),
        ("RELAY_SECRET_KEY", ","),
        ("RELAY_ADMIN_KEY", "fifteen-letters"),
        ("RELAY_ADMIN_KEY", f"{ADMIN},fifteen-letters"),
        ("RELAY_ADMIN_KEY", ","),
        ("RELAY_TRUSTED_PROXIES", "-1"),
        ("RELAY_TRUSTED_PROXIES", "all"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "8000.5"),
        ("CALENDLY_API_URL", "api.calendly.com"),
        ("CALENDLY_API_URL", "ftp://api.calendly.com"),
        ("CALENDLY_API_URL", "https://user:word@api.calendly.com"),
        ("CALENDLY_API_URL", "https://api.calendly.com/?page=1"),
        ("CALENDLY_API_URL", "https://"),
        ("CALENDLY_AUTH_URL", "http://auth.calendly.com"),
        ("CALENDLY_AUTH_URL", "auth.calendly.com"),
        ("CALENDLY_CLIENT_ID", "two words"),
        ("CALENDLY_CLIENT_SECRET", "SECRET with a space"),
        ("RELAY_SANDBOX_URL", "sandbox"),
        ("RELAY_PUBLIC_URL", "https://relay.example/#top"),
        ("RELAY_ALLOW_PRIVATE_CALLBACKS", "perhaps"),
        ("RELAY_MAX_BODY_BYTES", "0"),
        ("RELAY_MAX_BODY_BYTES", "1 MiB"),
        ("RELAY_MAX_RECORDS", "0"),
        ("RELAY_MAX_RECORDS", "10001"),
        ("RELAY_WORKER_THREADS", "1"),
        ("RELAY_WEB_THREADS", "0"),
        ("RELAY_CALL_TIMEOUT", "0"),
        ("RELAY_CALL_TIMEOUT", "-1"),
        ("RELAY_CALL_TIMEOUT", "nan"),
        ("RELAY_CALLBACK_TIMEOUT", "inf"),
        ("RELAY_RETRY_BASE", "0"),
        ("RELAY_CALLBACK_RETRIES", "soon"),
        ("RELAY_CALLBACK_RETRIES", "5,-1"),
        ("RELAY_CALLBACK_RETRIES", ","),
        ("RELAY_RETENTION_DAYS", "0"),
        ("RELAY_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str) -> None:
    """The message has one line, about that setting, which says what would be right and not what was given."""
    lines = refusal(**{name: value}).splitlines()

    assert [name] == [line.split(":")[0].strip() for line in lines[1:]]
    assert lines[1].strip().startswith(f"{name}: should ")
    assert "SECRET" not in lines[1].removeprefix(f"  {name}")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8001",
        "[::1]:8001",
        "10.1.2.3",
        "192.168.0.7",
        "localhost:8001",
        "sandbox",
        "a.internal",
        "b.local",
    ],
)
def test_calendlys_address_may_be_in_clear_on_this_machine_or_a_private_network(host: str) -> None:
    """As sandboxes and proxies are."""
    settings = load_settings({**ENOUGH, "CALENDLY_API_URL": f"http://{host}"})

    assert f"http://{host}" == settings.calendly_api_url


@pytest.mark.parametrize(
    "address",
    [
        "redis://redis.example",
        "rediss://user:pass%2Fword%40@redis.example:6380/3?ssl_cert_reqs=required",
        "redis://:secret@[::1]:6379/",
        "unix:///run/redis.sock?db=1",
        "redis+sentinel://:secret@one.example:26379,two.example/service/0?sentinel_password=other",
        "rediss+cluster://:secret@one.example:7000,two.example:7001",
    ],
)
def test_addresses_of_redis_come_in_many_forms(address: str) -> None:
    """All that its client understands."""
    assert address == load_settings({**ENOUGH, "REDIS_URL": address}).redis_url


def test_blanks_around_a_value_do_not_count() -> None:
    """Files and forms leave them there."""
    padded = {
        name: f" {value}\n" for name, value in {**ENOUGH, "PORT": "8001", "RELAY_LOG_LEVEL": "info"}.items()
    }

    assert load_settings({**ENOUGH, "PORT": "8001"}) == load_settings(padded)


def test_the_log_level_may_be_in_capitals() -> None:
    """As many other programs write it."""
    assert "debug" == load_settings({**ENOUGH, "RELAY_LOG_LEVEL": "DEBUG"}).log_level


@pytest.mark.parametrize("name", ["REDIS_URL", "RELAY_SECRET_KEY", "RELAY_ADMIN_KEY"])
def test_a_wrong_secret_is_not_repeated(name: str) -> None:
    """Messages end up in logs."""
    message = refusal(**{name: "tell-nobody"})

    assert "tell-nobody" not in message


@pytest.mark.parametrize("name", ["REDIS_URL", "RELAY_SECRET_KEY", "RELAY_ADMIN_KEY"])
def test_a_secret_may_come_from_a_file(name: str, tmp_path: Path) -> None:
    """The line end of an editor does not count."""
    path = tmp_path / "secret"
    path.write_text(f"{ENOUGH[name]}\n", encoding="utf-8")
    environ = {**ENOUGH, f"{name}_FILE": str(path)}
    del environ[name]

    assert load_settings(ENOUGH) == load_settings(environ)


def test_a_secret_in_the_environment_comes_before_a_file(tmp_path: Path) -> None:
    """The nearer one counts, and the file is not even looked for."""
    settings = load_settings({**ENOUGH, "RELAY_ADMIN_KEY_FILE": str(tmp_path / "nowhere")})

    assert ADMIN == settings.admin_key


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """By the setting and the reason."""
    environ = {**ENOUGH, "RELAY_ADMIN_KEY_FILE": str(tmp_path / "nowhere")}
    del environ["RELAY_ADMIN_KEY"]

    with pytest.raises(BadSettings, match=r"RELAY_ADMIN_KEY: cannot be read.*RELAY_ADMIN_KEY_FILE"):
        load_settings(environ)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are not shown."""
    file = tmp_path / "key"
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(BadSettings) as caught:
        load_settings({"RELAY_ADMIN_KEY_FILE": str(file)})

    assert (
        "RELAY_ADMIN_KEY: cannot be read from the file that RELAY_ADMIN_KEY_FILE names: it is not UTF-8"
        in (caught.value.detail)
    )


@pytest.mark.parametrize("value", ["", " ", "\t"])
def test_an_empty_setting_counts_as_unset(value: str) -> None:
    """As platforms and shells leave them."""
    assert load_settings(ENOUGH) == load_settings({**ENOUGH, "PORT": value, "RELAY_SANDBOX_URL": value})


def test_lists_are_read_with_commas_between() -> None:
    """Blanks around them do not count."""
    settings = load_settings(
        {**ENOUGH, "RELAY_SECRET_KEY": f"{SECRET} , {SECRET[::-1]},", "RELAY_CALLBACK_RETRIES": "5, 0.5"}
    )

    assert (SECRET, SECRET[::-1]) == settings.secret_keys
    assert (5.0, 0.5) == settings.callback_retries


def test_a_slash_at_an_address_end_is_cut() -> None:
    """Paths are put behind it."""
    settings = load_settings({**ENOUGH, "CALENDLY_API_URL": "https://proxy.example/calendly/"})

    assert "https://proxy.example/calendly" == settings.calendly_api_url


def test_inbound_routes_hang_under_the_public_address() -> None:
    """Without one, under this machine's own."""
    assert "http://127.0.0.1:8123" == load_settings({**ENOUGH, "PORT": "8123"}).inbound_base
    assert (
        "https://relay.example"
        == load_settings({**ENOUGH, "RELAY_PUBLIC_URL": "https://relay.example/"}).inbound_base
    )


def test_settings_do_not_show_their_secrets() -> None:
    """Tracebacks print them."""
    settings = load_settings(ENOUGH)
    shown = f"{settings!r} {settings} {[settings]}"

    assert [] == [secret for secret in (SECRET, ADMIN, "redis.example") if secret in shown]


def test_every_setting_has_a_variable() -> None:
    """None can be set in code alone."""
    assert set(Settings.__slots__) == set(SettingsSchema().fields)


@given(
    name=st.sampled_from(sorted(str(field.data_key) for field in SettingsSchema().fields.values())),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_no_wrong_value_is_ever_quoted(name: str, before: str, after: str) -> None:
    """Whatever stands in a variable is taken, or refused by the variable's name alone."""
    planted, said = "planted-7f3e", f"  {name}: "

    try:
        load_settings({**ENOUGH, name: f"{before}{planted}{after}"})
    except BadSettings as exc:
        said = exc.detail

    assert f"  {name}: " in said
    assert planted not in said

"""The environment of the children."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from local.data_dir import DataDir
from local.errors import CannotStart
from local.settings import ROOT, complete, data_dir_of, given_environ, needs_redis

REDIS = "redis://127.0.0.1:6379/0"


def test_the_environment_wins_over_the_dotenv_file(tmp_path: Path) -> None:
    """A variable on the command line is for this run."""
    dotenv = tmp_path / ".env"
    dotenv.write_text("PORT=9000\nRELAY_LOG_LEVEL=debug\n", encoding="utf-8")

    assert {"PORT": "9100", "RELAY_LOG_LEVEL": "debug"} == given_environ({"PORT": "9100"}, dotenv)


def test_empty_variables_count_as_unset(tmp_path: Path) -> None:
    """A copied example file has many of them."""
    assert {} == given_environ({"PORT": " ", "REDIS_URL": ""}, tmp_path / "missing")


@pytest.mark.parametrize(
    ("given", "needed"),
    [({}, True), ({"REDIS_URL": REDIS}, False), ({"REDIS_URL_FILE": "/run/secrets/redis"}, False)],
)
def test_a_redis_is_embedded_unless_one_is_named(given: dict[str, str], needed: bool) -> None:
    """Either form of the variable names one."""
    assert needed == needs_redis(given)


def test_data_lies_in_the_projects_folder_unless_named() -> None:
    """A relative name lies there too, an absolute one where it says."""
    folders = [
        data_dir_of(given).path for given in ({}, {"RELAY_DATA_DIR": "d"}, {"RELAY_DATA_DIR": "/srv/d"})
    ]

    assert [ROOT / ".relay", ROOT / "d", Path("/srv/d")] == folders


def test_everything_that_is_not_given_gets_a_local_value(tmp_path: Path) -> None:
    """Nothing has to be set to try the relay."""
    house = complete({}, DataDir(tmp_path), REDIS)

    assert (8000, 8001, "http://127.0.0.1:8000") == (house.port, house.sandbox_port, house.api_url)
    assert {
        "PORT": "8000",
        "REDIS_URL": REDIS,
        "RELAY_ALLOW_PRIVATE_CALLBACKS": "true",
        "RELAY_DATA_DIR": str(tmp_path),
        "RELAY_PUBLIC_URL": "http://127.0.0.1:8000",
        "RELAY_SANDBOX_URL": "http://127.0.0.1:8001",
    }.items() <= house.environ.items()


def test_keys_are_made_once_and_are_the_owners_alone(tmp_path: Path) -> None:
    """What was encrypted yesterday can be read tomorrow."""
    first = complete({}, DataDir(tmp_path), REDIS)
    first.keep_new_keys(DataDir(tmp_path))
    second = complete({}, DataDir(tmp_path), REDIS)

    assert first.environ["RELAY_SECRET_KEY"] == second.environ["RELAY_SECRET_KEY"]
    assert first.admin_key == second.admin_key
    assert {} == second.new_keys
    assert 0o600 == stat.S_IMODE((tmp_path / "secret_key").stat().st_mode)


def test_keys_are_not_kept_before_they_are_found_right(tmp_path: Path) -> None:
    """A start that is refused leaves no key behind that a later one would take for the folder's own."""
    house = complete({}, DataDir(tmp_path), REDIS)

    assert {"RELAY_SECRET_KEY", "RELAY_ADMIN_KEY"} == set(house.new_keys)
    assert [] == list(tmp_path.iterdir())


def test_settings_show_no_secret(tmp_path: Path) -> None:
    """They may end up in a traceback."""
    house = complete({"RELAY_SECRET_KEY": "s" * 32}, DataDir(tmp_path), "redis://:hidden@127.0.0.1:6379/0")

    assert [False] * 3 == [text in repr(house) for text in ("hidden", "s" * 32, house.admin_key)]


def test_what_is_given_stays(tmp_path: Path) -> None:
    """The house fills gaps and changes nothing."""
    given = {
        "PORT": "9000",
        "REDIS_URL": REDIS,
        "RELAY_ADMIN_KEY": "a-key-of-my-own-choice",
        "RELAY_ALLOW_PRIVATE_CALLBACKS": "false",
        "RELAY_PUBLIC_URL": "https://relay.example",
        "RELAY_SANDBOX_URL": "http://127.0.0.1:9001",
        "RELAY_SECRET_KEY": "s" * 32,
    }

    house = complete(given, DataDir(tmp_path), None)

    assert given.items() <= house.environ.items()
    assert 9001 == house.sandbox_port


def test_a_key_from_a_file_is_not_replaced(tmp_path: Path) -> None:
    """The variable that names the file is enough; of several keys the house uses the first."""
    (tmp_path / "admin").write_text("a-key-from-a-secret-store, an-older-one-of-it\n", encoding="utf-8")

    house = complete({"RELAY_ADMIN_KEY_FILE": str(tmp_path / "admin")}, DataDir(tmp_path), REDIS)

    assert "a-key-from-a-secret-store" == house.admin_key
    assert "RELAY_ADMIN_KEY" not in house.environ


def test_a_sandbox_on_another_machine_is_not_started(tmp_path: Path) -> None:
    """Only a loopback address is ours to listen on."""
    house = complete({"RELAY_SANDBOX_URL": "https://sandbox.example"}, DataDir(tmp_path), REDIS)

    assert house.sandbox_port is None


def test_every_wrong_setting_is_named_at_once(tmp_path: Path) -> None:
    """One message, before anything starts."""
    with pytest.raises(CannotStart, match=r"(?s)PORT.*RELAY_MAX_RECORDS"):
        complete({"PORT": "none", "RELAY_MAX_RECORDS": "0"}, DataDir(tmp_path), REDIS)

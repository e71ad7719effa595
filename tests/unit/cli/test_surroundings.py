"""Where the relay is, and which key opens it."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.cli.endings import Trouble
from relay.cli.surroundings import Surroundings

LOCAL = "http://127.0.0.1:8000"
FAR = "https://relay.example"


@pytest.mark.parametrize(
    ("option", "environ", "local", "address"),
    [
        ("https://a.example/", {"RELAY_URL": FAR}, {}, "https://a.example"),
        (None, {"RELAY_URL": FAR, "RELAY_PUBLIC_URL": "https://p.example"}, {}, FAR),
        (None, {"RELAY_PUBLIC_URL": "https://p.example/base"}, {}, "https://p.example/base"),
        (None, {"PORT": "9000"}, {}, "http://127.0.0.1:9000"),
        (None, {}, {"PORT": "9001"}, "http://127.0.0.1:9001"),
        (None, {}, {}, LOCAL),
    ],
)
def test_the_nearest_word_counts(
    option: str | None, environ: dict[str, str], local: dict[str, str], address: str
) -> None:
    """The option, then the environment, then what `make run` uses."""
    assert address == Surroundings(environ, local).address(option)


@pytest.mark.parametrize(
    "text",
    ["my.relay", "ftp://relay.example", "http://u:p@relay.example", "http://[", "http://a:0", "https://a?b"],
)
def test_an_address_that_is_none_is_told_without_quoting_it(text: str) -> None:
    """A password may stand in it."""
    with pytest.raises(Trouble) as caught:
        Surroundings({}, {}).address(text)

    assert text not in str(caught.value)


def test_the_admin_key_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    """A file that is named goes first."""
    file, other = tmp_path / "key", tmp_path / "other"
    file.write_text("from-file\n", encoding="utf-8")
    other.write_text("from-other", encoding="utf-8")

    assert ["from-file", "from-environ", "from-other", None] == [
        Surroundings({"RELAY_ADMIN_KEY": "from-environ"}, {}).admin_key(file, FAR),
        Surroundings({"RELAY_ADMIN_KEY": "from-environ,an-older-one"}, {}).admin_key(None, FAR),
        Surroundings({"RELAY_ADMIN_KEY_FILE": str(other)}, {}).admin_key(None, FAR),
        Surroundings({}, {}).admin_key(None, FAR),
    ]


def test_the_key_of_make_run_stays_on_this_machine(tmp_path: Path) -> None:
    """Neither the kept key nor that of the .env file goes to another host."""
    (tmp_path / ".relay").mkdir()
    (tmp_path / ".relay" / "admin_key").write_text("kept", encoding="utf-8")
    kept = Surroundings({}, {}, tmp_path)
    dotenv = Surroundings({}, {"RELAY_ADMIN_KEY": "dotenv"}, tmp_path)

    assert ["kept", None, "dotenv", None] == [
        kept.admin_key(None, LOCAL),
        kept.admin_key(None, FAR),
        dotenv.admin_key(None, "http://localhost:8000"),
        dotenv.admin_key(None, FAR),
    ]


def test_a_key_file_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    """Missing, empty or not text."""
    (tmp_path / "empty").touch()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")

    for name, said in (("none", "No such file"), ("empty", "is empty"), ("bytes", "not UTF-8")):
        with pytest.raises(Trouble, match=said):
            Surroundings({}, {}).admin_key(tmp_path / name, LOCAL)


def test_keys_are_never_shown() -> None:
    """Not even where these values end up in a traceback."""
    assert "hush" not in repr(Surroundings({"RELAY_ADMIN_KEY": "hush"}, {"RELAY_ADMIN_KEY": "hush"}))

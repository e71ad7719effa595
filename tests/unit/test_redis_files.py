"""Files that REDIS_URL names for TLS: what cannot be used is said at start, without its path or its content."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.config import load_settings
from relay.errors import BadSettings
from tests.system.tls_front import make_certificate

ENOUGH = {"RELAY_SECRET_KEY": "0" * 32, "RELAY_ADMIN_KEY": "1" * 16}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate and its key in one file, and a file that is neither."""
    made = tmp_path_factory.mktemp("hidden-path")
    make_certificate(made)
    (made / "notes.txt").write_text("hidden-content\n", encoding="utf-8")
    return made


def load(query: str) -> str:
    """Give what start-up says of a REDIS_URL with this query; an empty text where it starts."""
    try:
        load_settings({**ENOUGH, "REDIS_URL": f"rediss://:hidden-password@redis.example/0?{query}"})
    except BadSettings as exc:
        return exc.detail.removeprefix("These settings are missing or wrong:\n  REDIS_URL: ")
    return ""


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "ssl_ca_certs={0}/gone.pem",
            "its ssl_ca_certs names a file that cannot be read: No such file or directory",
        ),
        ("ssl_ca_certs={0}", "its ssl_ca_certs names a file that cannot be read: Is a directory"),
        ("ssl_ca_certs={0}/notes.txt", "its ssl_ca_certs holds no certificate in PEM"),
        ("ssl_ca_data=hidden-content", "its ssl_ca_data holds no certificate in PEM"),
        (
            "ssl_ca_path={0}/gone",
            "its ssl_ca_path names a folder that cannot be read: No such file or directory",
        ),
        (
            "ssl_certfile={0}/gone.pem",
            "its ssl_certfile names a file that cannot be read: No such file or directory",
        ),
        ("ssl_keyfile={0}/certificate.pem", "its ssl_keyfile stands without ssl_certfile"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_by_its_option(folder: Path, query: str, said: str) -> None:
    """Whoever reads the log learns what to mend, and nothing else."""
    assert said == load(query.format(folder))


def test_a_certificate_needs_its_key(folder: Path) -> None:
    """One that cannot be used would be missed at the first connection only."""
    said = load(f"ssl_certfile={folder}/certificate.pem&ssl_keyfile={folder}/notes.txt")

    assert said.startswith("its ssl_certfile and ssl_keyfile")
    assert "hidden" not in said


def test_good_files_are_no_fault(folder: Path) -> None:
    """The file may hold both the certificate and the key."""
    file = folder / "certificate.pem"

    assert "" == load(f"ssl_ca_certs={file}&ssl_ca_path={folder}&ssl_certfile={file}")
    assert "" == load("ssl_cert_reqs=none")

"""Secure connections: whom the doors trust, and that nothing is sent to anybody else."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from relay.model.call import Answer, NotSent, Silence
from relay.outgoing import Door

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SHORT = 1.0  # seconds for a request; no machine is so busy that it begins to send after them
HELD = 20.0  # seconds for which a server keeps a caller hanging, and then it hangs up: who waits for that is found out


def _certificate(folder: Path, *names: x509.GeneralName, days: int = 1) -> Path:
    """Write a certificate with its key that vouches for itself and is good for these names."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=2))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = folder / f"{certificate.serial_number}.pem"
    written.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return written


LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


@pytest.fixture
def listen_securely(listen: Callable[..., Any]) -> Callable[..., Any]:
    """Start a server with a certificate."""

    def start(certificate: Path, then: Any = None, first: Any = None) -> Any:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

        def script(connection: Any, listener: Any) -> None:
            with context.wrap_socket(connection, server_side=True) as secure:
                listener.end_with_test(secure)
                if first:
                    first(secure)
                while listener.read_request(secure):
                    if then:
                        then(secure)
                        return
                    secure.sendall(OK)

        return listen(script)

    return start


def _post(door: Any, port: int, timeout: float = 30.0) -> Any:
    return door.send("POST", f"https://127.0.0.1:{port}/", {}, b"{}", timeout)


def test_a_trusted_certificate_for_the_right_name(
    open_door: Callable[..., Door], listen_securely: Callable[..., Any], tmp_path: Path
) -> None:
    """The call is made, twice over one connection."""
    certificate = _certificate(tmp_path, LOOPBACK)
    server = listen_securely(certificate)
    door = open_door(authorities=str(certificate))

    outcomes = [_post(door, server.port), _post(door, server.port)]

    assert [Answer, Answer] == [type(outcome) for outcome in outcomes]
    assert 1 == server.connections


def test_a_certificate_that_nobody_vouches_for(
    door: Door, listen_securely: Callable[..., Any], tmp_path: Path
) -> None:
    """Nothing is sent."""
    server = listen_securely(_certificate(tmp_path, LOOPBACK))

    outcome = _post(door, server.port)

    assert isinstance(outcome, NotSent)
    assert not outcome.forbidden
    assert "the certificate of 127.0.0.1 is not trusted (self-signed certificate)" == outcome.reason
    assert [] == server.requests


def test_a_certificate_for_another_name(
    open_door: Callable[..., Door], listen_securely: Callable[..., Any], tmp_path: Path
) -> None:
    """A trusted certificate is worth nothing under a name that it was not made for."""
    certificate = _certificate(tmp_path, x509.DNSName("elsewhere.example"))
    server = listen_securely(certificate)

    outcome = _post(open_door(authorities=str(certificate)), server.port)

    assert isinstance(outcome, NotSent)
    assert "the certificate of 127.0.0.1 is not trusted" in outcome.reason
    assert [] == server.requests


def test_a_certificate_that_has_expired(
    open_door: Callable[..., Door], listen_securely: Callable[..., Any], tmp_path: Path
) -> None:
    """Nothing is sent."""
    certificate = _certificate(tmp_path, LOOPBACK, days=-1)
    server = listen_securely(certificate)

    outcome = _post(open_door(authorities=str(certificate)), server.port)

    assert isinstance(outcome, NotSent)
    assert "expired" in outcome.reason
    assert [] == server.requests


def test_a_server_that_speaks_no_tls(door: Door, listen: Callable[..., Any]) -> None:
    """Nothing is sent in clear instead."""
    server = listen(lambda connection, _: connection.sendall(OK))

    outcome = _post(door, server.port)

    assert isinstance(outcome, NotSent)
    assert [] == server.requests


def test_a_handshake_that_never_ends(door: Door, listen: Callable[..., Any]) -> None:
    """It takes no longer than the request may, and nothing was sent."""

    def hang(connection: socket.socket, listener: Any) -> None:
        listener.ending.wait(HELD)
        connection.shutdown(socket.SHUT_RDWR)

    outcome = _post(door, listen(hang).port, timeout=SHORT)

    assert isinstance(outcome, NotSent)
    assert "127.0.0.1 did not answer within 1 seconds" == outcome.reason


def test_a_secure_connection_that_ends_without_an_answer(
    open_door: Callable[..., Door], listen_securely: Callable[..., Any], tmp_path: Path
) -> None:
    """The request may have arrived."""
    certificate = _certificate(tmp_path, LOOPBACK)
    server = listen_securely(certificate, lambda secure: secure.close())

    outcome = _post(open_door(authorities=str(certificate)), server.port)

    assert isinstance(outcome, Silence)
    assert 1 == len(server.requests)


def test_a_secure_server_that_reads_slowly(
    open_door: Callable[..., Door], listen_securely: Callable[..., Any], tmp_path: Path
) -> None:
    """The time is for the whole request, however many parts it is sent in."""
    certificate = _certificate(tmp_path, LOOPBACK)
    body = b"x" * 40_000_000
    read = 0

    def read_slowly(secure: Any) -> None:
        # Never so slow that one part of the request would take too long, only all of them together.
        nonlocal read
        while piece := secure.recv(16_384):
            read += len(piece)
            if read % 262_144 < 16_384:
                server.ending.wait(0.05)

    server = listen_securely(certificate, first=read_slowly)
    door = open_door(authorities=str(certificate))

    outcome = door.send("POST", f"https://127.0.0.1:{server.port}/", {}, body, SHORT)

    assert isinstance(outcome, Silence)
    assert read < len(body) / 2


def test_a_secure_server_that_drips(
    open_door: Callable[..., Door], listen_securely: Callable[..., Any], tmp_path: Path
) -> None:
    """The time is for the whole answer, under TLS too."""
    certificate = _certificate(tmp_path, LOOPBACK)

    def drip(secure: Any) -> None:
        secure.sendall(b"HTTP/1.1 200 OK\r\n")
        over = time.monotonic() + HELD
        while time.monotonic() < over and not server.ending.wait(0.05):
            secure.sendall(b"X: y\r\n")

    server = listen_securely(certificate, drip)

    outcome = _post(open_door(authorities=str(certificate)), server.port, timeout=SHORT)

    assert isinstance(outcome, Silence)
    assert "127.0.0.1 did not answer within 1 seconds" == outcome.reason

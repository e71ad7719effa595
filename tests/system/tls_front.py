"""TLS in front of a server that has none: the embedded Valkey is built without it."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local.ports import LOOPBACK

PIECE = 65_536  # bytes


class TlsFront:
    """Takes TLS connections on a free port and passes their bytes on to `port`, until it is closed.

    `certificate` is a file with a certificate and its key.
    """

    def __init__(self, certificate: Path, port: int) -> None:
        self._behind = port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, name="tls-front", daemon=True).start()

    def close(self) -> None:
        """Stop listening and end every connection."""
        for each in (self._listening, *self._open):
            hang_up(each)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            secure = self._context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            return  # a client that does not trust us
        with secure, socket.create_connection((LOOPBACK, self._behind)) as behind:
            self._open |= {secure, behind}
            back = threading.Thread(target=pass_on, args=(behind, secure), daemon=True)
            back.start()
            pass_on(secure, behind)
            back.join()
        self._open -= {secure, behind}


def pass_on(source: socket.socket, target: socket.socket) -> None:
    """Pass bytes on until one side ends, and end the other."""
    with suppress(OSError):
        while piece := source.recv(PIECE):
            target.sendall(piece)
    hang_up(target)
    hang_up(source)


def hang_up(connection: socket.socket) -> None:
    """End a connection that may have ended already."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def make_certificate(folder: Path) -> Path:
    """Write a certificate for loopback that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "certificate.pem"
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file

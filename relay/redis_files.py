"""The files with certificates that REDIS_URL names for TLS: whether they can be used, said before anything needs them."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAMES = ("ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile")


def fault_in_files(options: Mapping[str, Any]) -> str:
    """Say which of the client's options names a file that cannot be used, and why: nothing of its path or its content.

    Gives an empty text where all is well.
    """
    for name in NAMES:
        if options.get(name) and (
            fault := _fault_in_path(Path(options[name]), is_folder=name == "ssl_ca_path")
        ):
            return f"{name} names a {fault}"
    return _fault_in_authorities(options) or _fault_in_certificate(options)


def _fault_in_path(path: Path, *, is_folder: bool) -> str:
    kind = "folder" if is_folder else "file"
    try:
        if is_folder:
            next(path.iterdir(), None)
        else:
            path.read_bytes()
    except (OSError, ValueError) as exc:  # a path with a null byte in it is a ValueError
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else "that is no path"
        return f"{kind} that cannot be read: {why}"
    return ""


def _fault_in_authorities(options: Mapping[str, Any]) -> str:
    names = [name for name in ("ssl_ca_certs", "ssl_ca_data") if options.get(name)]
    for name in names:
        argument = "cafile" if name == "ssl_ca_certs" else "cadata"
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(**{argument: options[name]})
        except (OSError, ValueError):
            return f"{name} holds no certificate in PEM"
    return ""


def _fault_in_certificate(options: Mapping[str, Any]) -> str:
    certificate, key = options.get("ssl_certfile"), options.get("ssl_keyfile")
    if not certificate and not key:
        return ""
    if not certificate:
        return "ssl_keyfile stands without ssl_certfile"
    try:
        # A password that is missing is an empty one: OpenSSL would ask for it at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(
            certificate, key, password=options.get("ssl_password") or ""
        )
    except (OSError, ValueError):
        return "ssl_certfile and ssl_keyfile (with ssl_password, if it has one) are not a certificate with its key in PEM"
    return ""

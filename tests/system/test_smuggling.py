"""A request has one meaning: what a proxy in front could read in two ways is refused, and its connection ends."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from local.ports import LOOPBACK
from local.valkey import EmbeddedValkey
from tests.web_process import ADMIN_KEY, web_process

# What an attacker hides behind a body. Should it ever be answered, its own path is what tells.
HIDDEN = "GET /hidden-by-an-attacker HTTP/1.1\r\nHost: relay\r\n\r\n"
CHUNKED_END = "0\r\n\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, valkey: EmbeddedValkey) -> Iterator[int]:
    """Give the port of a web process with the settings that it has in earnest."""
    with web_process(tmp_path_factory.mktemp("smuggling") / "log", REDIS_URL=valkey.url) as number:
        yield number


def answers_to(port: int, sent: str) -> list[bytes]:
    """Send these bytes on one connection, and give the status lines of all answers until it ends."""
    with socket.create_connection((LOOPBACK, port), timeout=30) as client:
        client.sendall(sent.encode("latin-1"))
        client.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while piece := client.recv(4096):
                received += piece
        except ConnectionResetError:
            pass  # an end as well
    return [line for line in received.split(b"\r\n") if line.startswith(b"HTTP/1.")]


def post(headers: str, body: str) -> str:
    """Give a request as it travels, to a route that reads its body."""
    key = f"Authorization: Bearer {ADMIN_KEY}\r\n"
    return f"POST /api/v1/destinations HTTP/1.1\r\nHost: relay\r\n{headers}{key}\r\n{body}"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", CHUNKED_END, id="both measures"),
        pytest.param(
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", CHUNKED_END, id="both, turned round"
        ),
        pytest.param("Content-Length: 0\r\nContent-Length: 44\r\n", "", id="two lengths"),
        pytest.param("Content-Length: 0, 44\r\n", "", id="two lengths in one"),
        pytest.param("Content-Length: +0\r\n", "", id="a length with a sign"),
        pytest.param("Content-Length: 0x0\r\n", "", id="a length in hexadecimal"),
        pytest.param("Content-Length: 0_0\r\n", "", id="a length as Python writes it"),
        pytest.param("Content-Length: \u00b2\r\n", "", id="a digit beyond ASCII"),
        pytest.param("Content-Length:\r\n", "", id="an empty length"),
        pytest.param("Content-Length : 0\r\n", "", id="a blank before the colon"),
        pytest.param("Transfer-Encoding: xchunked\r\n", CHUNKED_END, id="an unknown coding"),
        pytest.param("Transfer-Encoding: identity, chunked, chunked\r\n", CHUNKED_END, id="chunked twice"),
        pytest.param("Transfer-Encoding: chunked, identity\r\n", CHUNKED_END, id="chunked, but not last"),
        pytest.param("Transfer-Encoding : chunked\r\n", CHUNKED_END, id="a coding with a blank"),
        pytest.param("Transfer-Encoding: \x0bchunked\r\n", CHUNKED_END, id="a control character"),
        pytest.param(" Content-Length: 0\r\n", "", id="a folded first header"),
        pytest.param("X-A: b\r\n Content-Length: 44\r\n", "", id="a folded header"),
        pytest.param("X-A: b\nContent-Length: 0\r\n", "", id="a bare line feed"),
        pytest.param("X-A: b\rContent-Length: 0\r\n", "", id="a bare carriage return"),
        pytest.param("X-A: b\x00\r\nContent-Length: 0\r\n", "", id="a zero byte"),
    ],
)
def test_a_measure_that_can_be_read_in_two_ways_is_refused(port: int, headers: str, body: str) -> None:
    """One answer, a refusal; what stands behind it is never taken for a request."""
    answers = answers_to(port, post(headers, body) + HIDDEN)

    assert len(answers) <= 1, answers
    assert all(line.split()[1] in {b"400", b"411", b"431", b"501"} for line in answers), answers


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("-1\r\n\r\n", id="a negative size"),
        pytest.param("0x1\r\na\r\n0\r\n\r\n", id="a size with a prefix"),
        pytest.param("1_0\r\naaaaaaaaaaaaaaaa\r\n0\r\n\r\n", id="a size as Python writes it"),
        pytest.param("1\r\nab\r\n0\r\n\r\n", id="a chunk longer than it says"),
        pytest.param("1\nab\n0\n\n", id="bare line feeds"),
        pytest.param("g\r\na\r\n0\r\n\r\n", id="no number"),
        pytest.param(" 1\r\na\r\n0\r\n\r\n", id="a blank before the size"),
    ],
)
def test_chunks_that_can_be_read_in_two_ways_end_the_connection(port: int, body: str) -> None:
    """Whatever is answered, what stands behind is not a second request."""
    answers = answers_to(port, post("Transfer-Encoding: chunked\r\n", body) + HIDDEN)

    assert len(answers) <= 1, answers
    assert all(line.split()[1] == b"400" for line in answers), answers


@pytest.mark.parametrize(
    "line",
    [
        "POST evil.example:443 HTTP/1.1",
        "POST /in/nowhere HTTP/1.1 HTTP/1.1",
        "POST  /in/nowhere HTTP/1.1",
        "POST\t/in/nowhere\tHTTP/1.1",
        "post /in/nowhere HTTP/1.1",
        "POST /in/nowhere HTTP/9.9",
        "POST /in/nowhere",
        "P(ST /in/nowhere HTTP/1.1",
    ],
)
def test_an_odd_first_line_reaches_no_route(port: int, line: str) -> None:
    """It is refused, or leads nowhere: never to more than one answer."""
    answers = answers_to(port, f"{line}\r\nHost: relay\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    assert len(answers) <= 1, answers
    assert all(answer.split()[1].startswith(b"4") or answer.split()[1] == b"505" for answer in answers), (
        answers
    )


def test_headers_that_pose_as_others_are_not_taken_for_them(port: int) -> None:
    """`Transfer_Encoding` and `Content_Length` are nothing; a header of ours cannot be overlaid by its look-alike."""
    answers = answers_to(
        port,
        "POST /in/nowhere HTTP/1.1\r\nHost: relay\r\nContent_Length: 44\r\nTransfer_Encoding: chunked\r\n"
        "Content-Length: 2\r\nConnection: close\r\n\r\n[]",
    )

    assert 1 == len(answers)
    assert answers[0].split()[1] in {b"400", b"404", b"503"}


def test_no_header_moves_the_path(port: int) -> None:
    """A proxy on this machine that lets only `/in/…` through is not led around by what the sender adds to it."""
    request = "GET /in/api/v1/templates HTTP/1.1\r\nHost: relay\r\nSCRIPT_NAME: /in\r\nConnection: close\r\n"
    (answer,) = answers_to(port, f"{request}Authorization: Bearer {ADMIN_KEY}\r\n\r\n")

    assert b"404" == answer.split()[1]

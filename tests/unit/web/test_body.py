"""Bodies are never held beyond their limit."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Request
from gunicorn.http.errors import ChunkMissingTerminator, InvalidChunkSize, InvalidHeader, NoMoreData

from relay.errors import BadRequest, TooLarge, UnsupportedMediaType
from relay.web.body import read_body, read_object


class Wire(io.RawIOBase):
    """What a web server hands over as the body; counts what was taken from it."""

    def __init__(self, size: int, breaks: Exception | None = None) -> None:
        self.left = size
        self.taken = 0
        self.breaks = breaks

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with blanks."""
        if self.breaks is not None:
            raise self.breaks
        count = min(len(buffer), self.left)
        buffer[:count] = b" " * count
        self.left -= count
        self.taken += count
        return count


def a_request(wire: io.RawIOBase | io.BytesIO, length: str | None) -> Request:
    """Give a request as gunicorn would: with a length, or chunked and ended by the server."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "SERVER_NAME": "relay",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": wire,
        "wsgi.input_terminated": True,
    }
    return Request(environ if length is None else {**environ, "CONTENT_LENGTH": length})


def test_an_announced_body_that_is_too_long_is_not_read_at_all() -> None:
    """The announcement is enough to refuse it."""
    wire = Wire(2000)

    with pytest.raises(TooLarge, match="1000 bytes"):
        read_body(a_request(wire, "2000"), 1000)
    assert 0 == wire.taken


def test_a_chunked_body_is_read_no_further_than_its_limit() -> None:
    """One byte more than allowed proves that it is too long."""
    wire = Wire(10_000_000)

    with pytest.raises(TooLarge, match="1000 bytes"):
        read_body(a_request(wire, None), 1000)
    assert 1001 == wire.taken


@pytest.mark.parametrize("length", [None, "1000"])
def test_a_body_of_exactly_the_limit_is_read(length: str | None) -> None:
    """The limit itself is allowed."""
    body = read_body(a_request(Wire(1000), length), 1000)

    assert 1000 == len(body)


@pytest.mark.parametrize(
    "breaks",
    [
        OSError("reset"),
        NoMoreData(),
        InvalidChunkSize(b"zz"),
        ChunkMissingTerminator(b"x"),
        InvalidHeader("x"),
    ],
)
def test_a_body_that_breaks_off_is_a_bad_request(breaks: Exception) -> None:
    """Malformed chunks are the sender's fault, not ours."""
    with pytest.raises(BadRequest, match="broke off"):
        read_body(a_request(Wire(1000, breaks), None), 1000)


def test_half_a_body_is_no_body() -> None:
    """The first lines of many could be taken for all, and the sender sends all of them again."""
    lines = io.BytesIO(b'{"a": 1}\n')

    with pytest.raises(BadRequest, match="broke off"):
        read_body(a_request(lines, "18"), 1000)


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"null", b"3"])
def test_a_document_is_one_object(raw: bytes) -> None:
    """Other JSON is refused before anything looks into it."""
    with pytest.raises(BadRequest, match="one JSON object"):
        read_object(a_request(io.BytesIO(raw), None), 1000)


def test_an_empty_body_is_an_empty_document_only_where_it_is_optional() -> None:
    """Actions need no body; documents do."""
    assert {} == read_object(a_request(io.BytesIO(b" \n"), None), 1000, optional=True)
    with pytest.raises(BadRequest, match="empty"):
        read_object(a_request(io.BytesIO(b""), None), 1000)


def test_a_compressed_body_is_refused_in_words() -> None:
    """It would otherwise look like a body that is no UTF-8."""
    request = a_request(Wire(10), "10")
    request.environ["HTTP_CONTENT_ENCODING"] = "gzip"

    with pytest.raises(UnsupportedMediaType, match="Compressed"):
        read_body(request, 1000)

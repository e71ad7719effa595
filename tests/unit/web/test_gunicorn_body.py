"""Telling when a request's body is there, from bytes that come in any pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.gunicorn_body import LONGEST_LINE, OVERHEAD, body_after, waits_to_be_asked

LARGEST = 100_000
HEAD = b"POST /in/here HTTP/1.1\r\nHost: relay\r\n%b\r\n\r\n"
CHUNKED = HEAD % b"Transfer-Encoding: chunked"


def chunked(pieces: list[bytes], trailers: bytes = b"") -> bytes:
    """Give a body in chunks."""
    return b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in pieces) + b"0\r\n" + trailers + b"\r\n"


def whole_after(head: bytes, body: bytes) -> int | None:
    """Give how many bytes of the body had to arrive, one after the other; None where it is not waited for at all."""
    waited = body_after(head, LARGEST)
    if waited is None:
        return None
    return next(n for n in range(len(body) + 1) if waited.is_whole(bytearray(head + body[:n])))


@given(
    st.lists(st.binary(min_size=1, max_size=40), max_size=6),
    st.sampled_from([b"", b"X-Sum: 1\r\n", b"A: b\r\nC: d\r\n"]),
)
def test_a_body_in_chunks_is_whole_with_its_last_byte_and_not_before(
    pieces: list[bytes], trailers: bytes
) -> None:
    """Whatever the chunks hold, be it what ends a chunk, and with trailers."""
    body = chunked(pieces, trailers)

    assert len(body) == whole_after(CHUNKED, body)


@pytest.mark.parametrize(
    ("headers", "body", "bytes_awaited"),
    [
        (b"Content-Length: 5", b"12345", 5),
        (b"content-length:\t5 ", b"12345", 5),
        (b"Content-Length: 0", b"", None),
        (b"X: y", b"", None),
        (b"Content-Length: 1073741824", b"", 0),
        (b"Content-Length: 5\r\nContent-Length: 6", b"12345", None),
        (b"Content-Length: -5", b"", None),
        (b"Content-Length: 00000000000000000000005", b"12345", 5),
        (b"Content-Length: 9999999999999999999", b"", None),
        (b"Expect: 100-continue\r\nContent-Length: 5", b"12345", 5),
        (b"Expect: anything\r\nContent-Length: 5", b"12345", 5),
        (b"Transfer-Encoding: identity, chunked", b"0\r\n\r\n", 5),
        (b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", b"0\r\n\r\n", 5),
        (b"Transfer-Encoding: chunked", b"xyz\r\n", 5),
        (b"Transfer-Encoding: chunked", b"-5\r\n", 4),
        (b"Transfer-Encoding: chunked", b"40000000\r\n", 10),
        (b"Transfer-Encoding: chunked", b"1" * LONGEST_LINE, LONGEST_LINE),
    ],
)
def test_what_is_odd_or_too_long_is_not_waited_for(
    headers: bytes, body: bytes, bytes_awaited: int | None
) -> None:
    """The parser refuses it, or the application does; neither needs all of it."""
    assert bytes_awaited == whole_after(HEAD % headers, body)


def test_a_body_in_tiny_chunks_is_not_walked_to_its_end() -> None:
    """To count through each of them would keep everybody else waiting."""
    tiny = b"1\r\nx\r\n"

    assert len(b"1\r\n") + len(tiny) * (OVERHEAD // 5) == whole_after(CHUNKED, tiny * (OVERHEAD // 5 + 1))


@pytest.mark.parametrize(
    ("head", "waits"),
    [
        (HEAD % b"Expect: 100-continue", True),
        (HEAD % b"EXPECT:100-Continue ", True),
        (HEAD % b"Expect: anything", False),
        (HEAD % b"X-Expect: 100-continue", False),
        ((HEAD % b"Expect: 100-continue").replace(b"HTTP/1.1", b"HTTP/1.0"), False),
    ],
)
def test_some_senders_wait_to_be_asked(head: bytes, waits: bool) -> None:
    """Those that say so in the one way that there is."""
    assert waits is waits_to_be_asked(head)

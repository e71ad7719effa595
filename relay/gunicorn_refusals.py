"""Answers of the web process to what never becomes a request: they take no thread, and so none of the application."""

from __future__ import annotations

TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_SLOW = (
    b'{"type": "urn:calendly-relay:problem:too_slow", "title": "Too slow", "status": 408, '
    b'"detail": "The body took longer to arrive than this relay waits."}'
)
TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\nServer: relay\r\nConnection: close\r\nCache-Control: no-store\r\n"
    b"X-Content-Type-Options: nosniff\r\nContent-Type: application/problem+json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_TOO_SLOW), _TOO_SLOW)
)

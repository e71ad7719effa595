"""Reading an answer: bounded, JSON where it is JSON, and nothing in it that could not be stored or sent on."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import Any

from requests import Response

from relay.model.call import Answer
from relay.model.strict_json import read

MOST_HEADERS = 60
LONGEST_HEADER = 1000  # characters of one value
PRIVATE_HEADERS = frozenset(
    {"set-cookie", "set-cookie2", "authorization", "proxy-authorization", "authentication-info", "cookie"}
)


def read_answer(response: Response, most: int) -> Answer:
    """Read at most `most` bytes of the body and give the answer; what is longer is cut, and says so.

    Raises what the connection raises when the answer is interim, broken or too slow.
    """
    raw = response.raw
    whole = False
    try:
        _refuse_interim(response.status_code)
        pieces, size = [], 0
        while size <= most and (piece := raw.read(most + 1 - size, decode_content=False)):
            pieces.append(piece)
            size += len(piece)
        whole = size <= most
    finally:
        if not whole:
            raw.close()  # what is still on its way must never be read as the next request's answer
        raw.release_conn()
    headers = keep_headers(response.headers)
    return Answer(response.status_code, headers, read_body(b"".join(pieces)[:most], headers, whole=whole))


def _refuse_interim(status: int) -> None:
    if status < 200:
        raise http.client.BadStatusLine("an interim answer")


def keep_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Give the headers with lower-case names, cut to a sane size, without those that carry secrets."""
    kept = {name.lower(): value[:LONGEST_HEADER] for name, value in list(headers.items())[:MOST_HEADERS]}
    return {name: value for name, value in kept.items() if name not in PRIVATE_HEADERS}


def read_body(raw: bytes, headers: Mapping[str, str], *, whole: bool = True) -> Any:
    """Give the JSON value, a text where it is something else, or None where there is nothing."""
    coding = headers.get("content-encoding", "identity").strip().lower()
    if raw and coding not in {"", "identity"}:
        return f"(a body packed as {coding[:20]}, which nobody asked for; it was not read)"
    text = raw.decode("utf-8", errors="replace")
    if not whole:
        return text + "… (cut)"
    if not text.strip():
        return None
    if "json" in headers.get("content-type", "").lower() or text.lstrip()[:1] in {"{", "["}:
        try:
            return read(text)
        except ValueError:  # no JSON, or nothing that could be stored and sent on as JSON
            return text
    return text

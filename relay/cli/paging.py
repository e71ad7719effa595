"""Reading lists of the relay from end to end, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from relay.cli.client import Client

MOST_A_PAGE = 200
NOTHING: Mapping[str, object] = {}


def read_pages(
    client: Client,
    path: str,
    name: str,
    query: Mapping[str, object] = NOTHING,
    limit: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Give what stands under `name` on each page, at most `limit`. Pages may be empty and still have a next one."""
    left = limit
    cursor: str | None = None
    while left is None or left > 0:
        size = MOST_A_PAGE if left is None else min(left, MOST_A_PAGE)
        page = client.get(path, **query, limit=size, cursor=cursor)
        yield from page[name]
        left = left and left - len(page[name])
        cursor = page["next_cursor"]
        if cursor is None:
            return

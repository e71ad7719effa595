"""The line to paste."""

from __future__ import annotations

import json
import shlex

from local.run import curl_line


def test_the_line_to_paste_survives_the_shell() -> None:
    """Quotes and spaces arrive as they are, and it is one line."""
    record = {"owner": "https://api.calendly.com/event_types/E", "deal": 'Ann\'s "big" one'}

    line = curl_line("http://127.0.0.1:8000/in/x", "k-1", record)

    words = shlex.split(line)
    assert "\n" not in line
    assert ["curl", "-sS", "http://127.0.0.1:8000/in/x"] == words[:3]
    assert "Authorization: Bearer k-1" in words
    assert record == json.loads(words[-1])

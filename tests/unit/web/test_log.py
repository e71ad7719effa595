"""What the log says, and what it keeps to itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from relay.log import LineHandler, WithoutRequests, set_up_log


@pytest.fixture(autouse=True)
def _leave_no_trace() -> Iterator[None]:
    """Give other tests the logging they had."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    set_up_log("info")
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Give what was logged."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def fail_with(secret: str) -> None:
    """Fail, and say a secret doing so."""
    try:
        int(secret)
    except ValueError as exc:
        raise LookupError(secret) from exc


def test_an_event_is_one_line_of_json_that_begins_with_when_and_what(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A person can read down the lines, a program can read each."""
    structlog.get_logger().info("inbound.accepted", destination="büro", records=3)

    (line,) = lines(capsys)
    assert ["timestamp", "level", "event", "destination", "records"] == list(line)
    assert ("info", "inbound.accepted", "büro", 3) == tuple(line.values())[1:]


def test_an_exception_is_logged_by_type_and_place_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The text of an exception may quote what somebody sent."""
    try:
        fail_with("ada@example.com")
    except LookupError as exc:
        structlog.get_logger().error("request.failed", exc_info=exc)
        logging.getLogger("library").exception("it failed")

    ours, theirs = lines(capsys)
    for line in (ours, theirs):
        assert ("LookupError", "ValueError") == (line["error"], line["because"])
        assert any("fail_with" in place for place in line["at"])
        assert "ada@example.com" not in json.dumps(line)
    assert ("library", "it failed") == (theirs["logger"], theirs["event"])


def test_what_is_below_the_level_stays_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Libraries that name addresses do so below "warning", and are not asked."""
    structlog.get_logger().debug("too.small")
    logging.getLogger("urllib3.connectionpool").info("GET https://example.com/?token=secret")

    assert [] == lines(capsys)


def test_setting_the_log_up_twice_logs_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Handlers that were there stay; ours is there once."""
    stranger = logging.NullHandler()
    logging.getLogger().addHandler(stranger)

    set_up_log("info")
    logging.getLogger("library").warning("once")

    assert ["once"] == [line["event"] for line in lines(capsys)]
    assert stranger in logging.getLogger().handlers
    assert 1 == sum(isinstance(handler, LineHandler) for handler in logging.getLogger().handlers)


def test_a_line_that_cannot_be_written_harms_nobody(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record with the wrong number of arguments is its author's fault, not its caller's; the next one is written."""
    monkeypatch.setattr(logging, "raiseExceptions", False)
    set_up_log("info")

    wrong = ("%s %s", "one")
    logging.getLogger("library").warning(*wrong)
    logging.getLogger("library").warning("right")

    assert "right" == lines(capsys)[-1]["event"]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Error handling request POST /in/crm?token=SECRET", "Error handling request POST …"),
        ("GET /in/crm?token=SECRET&x=1 was slow", "GET /in/crm?… was slow"),
        (
            "Invalid request from ip=::1: Invalid HTTP Header: 'Authorization Bearer SECRET'",
            "Invalid request from ip=::1: Invalid HTTP Header…",
        ),
        (
            "Invalid request from ip=10.0.0.1: Invalid HTTP request line: 'GET /SECRET and\nmore SECRET'",
            "Invalid request from ip=10.0.0.1: Invalid HTTP request line…",
        ),
        (
            "Ignored premature client disconnection. No more data after: b'GET / HTTP/1.1\\r\\nKey: SECRET'",
            "Ignored premature client disconnection. No more data after:…",
        ),
        ("Worker exiting (pid: 17)", "Worker exiting (pid: 17)"),
    ],
)
def test_lines_of_the_web_server_lose_what_clients_sent(said: str, left: str) -> None:
    """What went wrong stays."""
    record = logging.LogRecord("gunicorn.error", logging.WARNING, __file__, 1, "%s", (said,), None)

    assert WithoutRequests().filter(record)
    assert left == record.getMessage()

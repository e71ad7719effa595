"""The log: one JSON line an event on standard error, without payloads, secrets or exception texts."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

FRAMES = 12  # the innermost ones, which say where it went wrong
QUIET = ("urllib3", "requests", "werkzeug")  # what they say at "info" holds addresses with their queries
# What a web server's lines quote of requests, each with the part that may stay. Keys stand in queries and in headers.
_QUOTED = (
    (re.compile(r"(Invalid request from ip=\S*: [^:('\"]*).*", re.DOTALL), r"\1…"),
    (re.compile(r"(No more data after:).*", re.DOTALL), r"\1…"),
    (re.compile(r"(Error handling request [A-Z]+) .*", re.DOTALL), r"\1 …"),
    (re.compile(r"\?[^\s'\"]*"), "?…"),
)


def set_up_log(level: str = "info") -> None:
    """Send our own events and those of libraries to standard error, one JSON line each, from `level` upward."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        show_where,
    ]
    structlog.configure(
        processors=[*shared, name_first, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=StandardError(),
        # A cached logger would keep its processors when a test captures what is logged.
        cache_logger_on_first_use=False,
    )
    _join_libraries(shared, number)


class StandardError:
    """Makes loggers that write to whatever `sys.stderr` is at that moment."""

    def __call__(self, *_: Any) -> structlog.WriteLogger:
        """Give a logger that writes each line at once, so that lines of several threads don't mix."""
        return structlog.WriteLogger(sys.stderr)


class LineHandler(logging.Handler):
    """Writes what libraries log to whatever `sys.stderr` is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as one line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:  # noqa: BLE001 # as every handler does: a line that fails never fails its caller
            self.handleError(record)


class WithoutRequests(logging.Filter):
    """Cuts what clients sent out of the lines of the web server, and leaves what went wrong."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, cut."""
        text = record.getMessage()
        for quoted, rest in _QUOTED:
            text = quoted.sub(rest, text)
        record.msg, record.args = text, ()
        return True


def _join_libraries(shared: list[Processor], number: int) -> None:
    """Let Python's own logging end in the same lines."""
    handler = LineHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                show_where,
                name_first,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [other for other in root.handlers if not isinstance(other, LineHandler)] + [handler]
    root.setLevel(number)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))


def show_where(_: Any, __: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and the places it passed: its text may quote a record or a secret."""
    error = _exception(event.pop("exc_info", None))
    if error is not None:
        event["error"] = type(error).__name__
        event["at"] = places(error)
        if error.__cause__ is not None:
            event["because"] = type(error.__cause__).__name__
    return event


def name_first(_: Any, __: str, event: EventDict) -> EventDict:
    """Put when, how grave and what before the rest, so that a person can read down the lines."""
    first = ("timestamp", "level", "event")
    return {**{name: event[name] for name in first if name in event}, **event}


def places(error: BaseException) -> list[str]:
    """Give the file, line and function of the innermost frames, without any value."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _exception(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        error: BaseException | None = exc_info[1]
        return error
    return sys.exc_info()[1] if exc_info else None

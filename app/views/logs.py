"""Logs: JSON lines with an allow-list of fields. Never bodies, headers, queries or tokens."""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime

import orjson

FIELDS = ("request_id", "method", "route", "status", "ms", "user", "error", "code")


class JSONLines(logging.Formatter):
    """A record as one line of JSON. Of an exception: its class and where, not its text.

    Exceptions of the driver carry whole documents in their text.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as its line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.msg if not record.args else record.getMessage(),
        }
        extra = {name: record.__dict__[name] for name in FIELDS if name in record.__dict__}
        line |= {name: value for name, value in extra.items() if value is not None}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return orjson.dumps(line, default=str).decode()


def init_logs(level: str) -> None:
    """Send the bank's own log to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONLines())
    for name in ("app", "strongroom"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False

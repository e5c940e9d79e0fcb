"""Logs of the shop: JSON lines with an allow-list of fields. Never bodies, headers or queries."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime

FIELDS = ("request_id", "method", "route", "status", "ms", "error", "order", "event")


class JSONLines(logging.Formatter):
    """A record as one line of JSON. Of an exception: its class and where, not its text."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as its line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: record.__dict__[name] for name in FIELDS if name in record.__dict__}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["where"] = [f"{each.filename}:{each.lineno} {each.name}" for each in frames]
        return json.dumps(line, default=str)


def init_logs(level: str) -> None:
    """Send the shop's own log to standard error as JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JSONLines())
    logger = logging.getLogger("shop")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False

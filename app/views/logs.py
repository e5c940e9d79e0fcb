"""Logs: JSON lines with an allow-list of fields. Never bodies, headers, queries or tokens."""

from __future__ import annotations

import atexit
import logging
import sys
import time
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from queue import SimpleQueue
from threading import Event, Thread
from typing import TextIO, cast

import orjson

FIELDS = ("request_id", "method", "route", "status", "ms", "user", "error", "code")
_FLUSH_SECONDS = 1.0
_GATHER_SECONDS = 0.02
_requests = logging.getLogger("strongroom.requests")
Line = dict[str, object]


class JSONLines(logging.Formatter):
    """A record as one line of JSON. Of an exception: its class and where, not its text.

    Exceptions of the driver carry whole documents in their text.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as its line."""
        event = record.msg if not record.args else record.getMessage()
        line: dict[str, object] = {
            "at": record.created, "level": record.levelname, "logger": record.name, "event": event,
        }  # fmt: skip
        line |= {name: record.__dict__.get(name) for name in FIELDS}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return _text(line)


def _text(line: Line) -> str:
    """A line as JSON, without what is not known of it."""
    known = {name: value for name, value in line.items() if value is not None}
    moment = datetime.fromtimestamp(cast(float, line["at"]), UTC)
    known["at"] = moment.isoformat(timespec="milliseconds")
    known["level"] = str(line["level"]).lower()
    return orjson.dumps(known, default=str).decode()


class Lines(logging.Handler):
    """Hands lines to one thread, which writes fifty times a second all that are there.

    A request that writes its own line lets go of the interpreter and waits to get it back, at many
    requests for as long as all the rest of it takes. What is in the queue when the process is
    killed is lost; what the bank must not lose is in the database.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stream: TextIO = sys.stderr
        self._lines: SimpleQueue[str | Line | Event] = SimpleQueue()
        Thread(target=self._write, name="log", daemon=True).start()
        atexit.register(self.flush)

    def createLock(self) -> None:  # noqa: N802 - as the library calls it
        """The queue needs no lock."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Hand over the record's line."""
        try:
            self._lines.put(self.format(record))
        except Exception:  # noqa: BLE001 - a log that cannot be written must not fail the request
            self.handleError(record)

    def put(self, line: Line) -> None:
        """Hand over a line that needs no record: "at" in Unix time, "level", and what else."""
        self._lines.put(line)

    def flush(self) -> None:
        """Wait until every line that was handed over is written."""
        written = Event()
        self._lines.put(written)
        written.wait(_FLUSH_SECONDS)

    def _write(self) -> None:
        while True:
            waiting = [self._lines.get()]
            while not self._lines.empty():
                waiting.append(self._lines.get())
            told = [each for each in waiting if isinstance(each, Event)]
            # Whatever cannot be written, nobody reads any more, or is no text: the thread goes on.
            with suppress(OSError, ValueError, TypeError):
                lines = [_text(each) if isinstance(each, dict) else each for each in waiting]
                self.stream.write("".join(f"{each}\n" for each in lines if isinstance(each, str)))
                self.stream.flush()
            for each in told:
                each.set()
            if not told:
                time.sleep(_GATHER_SECONDS)


@cache
def _handler() -> Lines:
    """One for each process, however many applications it makes."""
    handler = Lines()
    handler.setFormatter(JSONLines())
    return handler


def init_logs(level: str) -> None:
    """Send the bank's own log to standard error as JSON lines."""
    handler = _handler()
    for name in ("app", "strongroom"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False


def log_request(**known: object) -> None:
    """The line of a request. It goes past the library's records, which cost five times as much as
    all the rest of it."""
    if _requests.isEnabledFor(logging.INFO):
        line = {"at": time.time(), "level": "info", "logger": _requests.name, "event": "request"}
        _handler().put(line | known)

"""New transactions as they are committed, by whichever process: MongoDB's change stream of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo.synchronous.change_stream import ChangeStream

from app.models.database import Database, Document
from app.models.transactions import NAME, Transaction, from_document

_AWAIT_MS = 500
_NEW: list[Document] = [{"$match": {"operationType": "insert"}}]


class Arrivals:
    """One stream; begun again after an error, it goes on where it was."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection(NAME)
        self._place: Mapping[str, Any] | None = None
        self._stream: ChangeStream[Document] | None = None

    def begin(self) -> None:
        """Watch from now on. Raises what the driver says where that is not possible."""
        self.close()
        self._stream = self._collection.watch(
            _NEW, resume_after=self._place, max_await_time_ms=_AWAIT_MS
        )
        self._place = self._stream.resume_token

    def next(self) -> Transaction | None:
        """The next one; None after half a second without, or where it was not begun."""
        if self._stream is None:
            return None
        change = self._stream.try_next()
        self._place = self._stream.resume_token
        return from_document(change["fullDocument"]) if change else None

    def close(self) -> None:
        """Watch no longer."""
        stream, self._stream = self._stream, None
        if stream:
            stream.close()

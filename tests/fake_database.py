"""A database in memory, for queries that need no transaction: fast, and no proof of anything else.

mongomock knows no sessions, no validators and no snapshots. So the one seam that is replaced here
is the transaction: all collections are copied before the work and put back when it fails. What
many do at one moment is proved on the real MongoDB alone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TypeVar

import mongomock

from app.models.database import Database, Document, Duplicate, Shape

T = TypeVar("T")


class FakeDatabase(Database):
    """Collections in memory, with their unique indexes."""

    def __init__(self, shapes: Sequence[Shape] = ()) -> None:
        super().__init__(mongomock.MongoClient(tz_aware=True), "fake")
        self._inside = self._database
        for shape in shapes:
            made = self._database.create_collection(shape.name)
            for index in shape.indexes:
                if index.document.get("unique"):
                    kept = ("unique", "partialFilterExpression")
                    options = {name: v for name, v in index.document.items() if name in kept}
                    made.create_index(list(index.document["key"].items()), **options)
            if shape.seeds:
                made.insert_many(shape.seeds)

    @property
    def in_transaction(self) -> bool:
        """Nobody else is here: all of it is one."""
        return True

    def attempt(self, work: Callable[[], T]) -> T:
        """Run `work`; whatever it raises, every collection is as it was before."""
        before = self._contents()
        try:
            return work()
        except BaseException as error:
            self._put_back(before)
            if isinstance(error, mongomock.DuplicateKeyError):
                raise Duplicate("a field that mongomock does not name") from error
            raise

    def atomically(self, work: Callable[[], T]) -> T:
        """The same: nobody else is here to contend with."""
        return self.attempt(work)

    def _contents(self) -> dict[str, list[Document]]:
        names = self._database.list_collection_names()
        return {name: copy.deepcopy(list(self._database[name].find())) for name in names}

    def _put_back(self, before: dict[str, list[Document]]) -> None:
        for name in self._database.list_collection_names():
            self._database[name].delete_many({})
            if documents := before.get(name):
                self._database[name].insert_many(documents)

"""The shop's connection to its own MongoDB: transactions, collections, indexes, validators."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import pymongo
from pymongo import MongoClient, ReadPreference
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import CollectionInvalid, OperationFailure, PyMongoError
from pymongo.operations import IndexModel
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shop.errors import Unavailable

Document = dict[str, Any]
T = TypeVar("T")
DriverError = PyMongoError
"""What the driver raises; `create_app` hands it to the renderer of problems."""

_inside: ContextVar[bool] = ContextVar("inside_a_transaction_of_the_shop", default=False)
_BUDGET_SECONDS = 8.0
_NAMESPACE_EXISTS = 48
_DUPLICATE_KEY = 11000


class Contention(Exception):
    """The transaction met another one, or lost its server, and may simply run again."""


class Duplicate(Exception):
    """A unique index refused a document; `field` is the first field of that index."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} exists")
        self.field = field


@dataclass(frozen=True)
class Shape:
    """What MongoDB is to know of a collection: its name, validator and indexes."""

    name: str
    validator: Mapping[str, Any] = field(default_factory=dict)
    indexes: Sequence[IndexModel] = ()


def closed(properties: Mapping[str, Any], *, optional: Mapping[str, Any] | None = None) -> Document:
    """The schema of an object that has all of these properties, perhaps the optional ones, and no
    other."""
    return {
        "bsonType": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": {**properties, **(optional or {})},
    }


def connect(uri: str, name: str, *, pool: int = 100) -> Database:
    """The shop's one client per process. Make it after the process forked, never before."""
    client: MongoClient[Document] = MongoClient(
        uri, w="majority", journal=True, readConcernLevel="majority", timeoutMS=5000,
        serverSelectionTimeoutMS=3000, connectTimeoutMS=2000, maxPoolSize=pool, tz_aware=True,
        appname="shop",
    )  # fmt: skip
    return Database(client, name)


class Database:
    """One MongoDB database and the way to change several documents at once."""

    def __init__(self, client: MongoClient[Document], name: str) -> None:
        self._client = client
        self._database = client[name]
        # A transaction has its concerns from its start; its commands must not repeat the client's.
        self._joined = client.get_database(
            name, read_concern=ReadConcern(), write_concern=WriteConcern()
        )
        self.name = name

    def collection(self, name: str) -> Collection[Document]:
        """A collection; inside `atomically` its operations join the transaction."""
        return (self._joined if _inside.get() else self._database)[name]

    def atomically(self, work: Callable[[], T]) -> T:
        """Run `work` in a transaction, again on contention, until it is in or time is up.

        `work` must do nothing but read and write the database: it may run several times. Raises
        Duplicate where a unique index refused, Unavailable where time was up or nobody can say
        whether it was committed.
        """
        deadline = time.monotonic() + _BUDGET_SECONDS
        pause = 0.002
        while True:
            try:
                return self._attempt(work)
            except Contention as error:
                if time.monotonic() + pause > deadline:
                    raise Unavailable("the shop is busy with the same documents") from error
                time.sleep(pause)
                pause = min(pause * 2, 0.1)

    def _attempt(self, work: Callable[[], T]) -> T:
        try:
            with self._client.start_session() as session, session.bind(end_session=False):
                session.start_transaction(
                    ReadConcern("snapshot"), WriteConcern("majority", j=True),
                    ReadPreference.PRIMARY,
                )  # fmt: skip
                token = _inside.set(True)
                try:
                    return _work_and_commit(session, work)
                finally:
                    _inside.reset(token)
                    if session.in_transaction:
                        session.abort_transaction()
        except PyMongoError as error:
            raise _translated(error) from error

    def migrate(self, shapes: Sequence[Shape]) -> None:
        """Create collections, validators and indexes; safe to repeat."""
        for shape in shapes:
            try:
                self._database.create_collection(shape.name)
            except (OperationFailure, CollectionInvalid) as error:
                if getattr(error, "code", None) not in (None, _NAMESPACE_EXISTS):
                    raise
            self._database.command("collMod", shape.name, validator=dict(shape.validator))
            if shape.indexes:
                self.collection(shape.name).create_indexes(list(shape.indexes))

    def missing(self, shapes: Sequence[Shape]) -> list[str]:
        """What the migration would still have to make: names of collections and indexes."""
        found = {entry["name"]: entry for entry in self._database.list_collections()}
        lacking = []
        for shape in shapes:
            options = found.get(shape.name, {}).get("options", {})
            if options.get("validator", {}) != dict(shape.validator) or shape.name not in found:
                lacking.append(shape.name)
                continue
            present = self.collection(shape.name).index_information()
            names = [str(index.document["name"]) for index in shape.indexes]
            lacking += [f"{shape.name}.{name}" for name in names if name not in present]
        return lacking

    def drop(self) -> None:
        """Forget everything; the tests and nobody else."""
        self._client.drop_database(self.name)

    def close(self) -> None:
        """Let go of every connection."""
        self._client.close()


def now() -> datetime:
    """The time of this process in UTC, in whole milliseconds as MongoDB keeps it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def is_lost(error: Exception) -> bool:
    """Whether the driver says that the database does not answer, or not in time."""
    timeout = isinstance(error, PyMongoError) and error.timeout
    return bool(timeout) or isinstance(error, pymongo.errors.ConnectionFailure)


def _work_and_commit(session: ClientSession, work: Callable[[], T]) -> T:
    with pymongo.timeout(_BUDGET_SECONDS):
        result = work()
        _commit(session)
        return result


def _commit(session: ClientSession) -> None:
    """Commit; a lost answer is asked for once more, which is safe."""
    try:
        session.commit_transaction()
    except PyMongoError as error:
        if not error.has_error_label("UnknownTransactionCommitResult") or error.timeout:
            raise
        session.commit_transaction()


def _translated(error: PyMongoError) -> Exception:
    """The driver's error as the shop's; one that tells about the work itself stays as it is."""
    if error.has_error_label("UnknownTransactionCommitResult"):
        return Unavailable("whether it was done is not known")
    if error.has_error_label("TransientTransactionError"):
        return Contention(type(error).__name__)
    if is_lost(error):
        return Unavailable("the database does not answer")
    details = getattr(error, "details", None) or {}
    refused = next(iter(details.get("writeErrors") or [details]))
    if refused.get("code") == _DUPLICATE_KEY:
        return Duplicate(next(iter(refused.get("keyPattern") or {"_id": 1})))
    return error

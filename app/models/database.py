"""The connection to MongoDB: transactions, collections, indexes, validators.

A model module describes its collection with a `Shape`; `migrate` makes them all, `missing` tells
what a running bank lacks. Nothing is created while serving.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from contextvars import Context, ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import pymongo
from bson.errors import InvalidBSON
from pymongo import MongoClient, ReadPreference
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    InvalidURI,
    OperationFailure,
    PyMongoError,
)
from pymongo.operations import IndexModel
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from app.errors import Unavailable

Document = dict[str, Any]
T = TypeVar("T")
_in_transaction: ContextVar[bool] = ContextVar("in_transaction", default=False)
_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)

UnreadableDocument = InvalidBSON
"""A stored document that Python cannot hold, such as a time beyond the year 9999."""

DriverError = PyMongoError
"""What the driver raises; `create_app` hands it to the renderer of problems."""

_MAJORITY = WriteConcern("majority", j=True)
_SNAPSHOT = ReadConcern("snapshot")
_BUDGET_SECONDS = 4.0
_ABORT_SECONDS = 0.5
_ASK_AGAIN_SECONDS = 0.005
_PATIENCE_SECONDS = 600.0
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
    """What MongoDB is to know of a collection: its name, validator and indexes.

    To an `append_only` collection the bank may add; it may change nothing there. `seeds` are made
    by the migration, all at once where there are none yet; the bank may change them, not add any.
    What is added to a `watched` one the bank may be told of as it happens.
    """

    name: str
    validator: Mapping[str, Any] = field(default_factory=dict)
    indexes: Sequence[IndexModel] = ()
    append_only: bool = False
    seeds: Sequence[Document] = ()
    watched: bool = False


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
    """The bank's one client per process. Make it after the process forked, never before."""
    options: Document = {
        "w": "majority",
        "journal": True,
        "readConcernLevel": "majority",
        "retryWrites": True,
        "retryReads": True,
        "timeoutMS": 5000,
        "serverSelectionTimeoutMS": 3000,
        "connectTimeoutMS": 2000,
        "waitQueueTimeoutMS": 500,
        "maxPoolSize": pool,
        "tz_aware": True,
        "appname": "strongroom",
    }
    try:
        client: MongoClient[Document] = MongoClient(uri, **options)
    except (InvalidURI, ConfigurationError, ValueError):
        raise Unavailable("MONGO_URI is not an address of a MongoDB replica set") from None
    return Database(client, name)


class Database:
    """One MongoDB database and the ways to change several documents at once."""

    def __init__(self, client: MongoClient[Document], name: str) -> None:
        self._client = client
        self._database = client[name]
        # A transaction has its concerns from its start; its commands must not repeat the client's.
        self._inside = client.get_database(
            name, read_concern=ReadConcern(), write_concern=WriteConcern()
        )
        self._collections: dict[tuple[bool, str], Collection[Document]] = {}
        self._notes: dict[str, Collection[Document]] = {}
        self.name = name

    @property
    def in_transaction(self) -> bool:
        """Whether this is the work of `attempt` or `atomically`."""
        return _in_transaction.get()

    def collection(self, name: str) -> Collection[Document]:
        """A collection; inside `attempt` and `atomically` its operations join the transaction."""
        inside = _in_transaction.get()
        # Kept: the driver makes a new one each time it is asked, at the cost of half a read.
        if (inside, name) not in self._collections:
            self._collections[inside, name] = (self._inside if inside else self._database)[name]
        return self._collections[inside, name]

    def notes(self, name: str) -> Collection[Document]:
        """A collection for what may be lost with its server: a write waits for no journal and no
        majority. Outside of transactions only."""
        if name not in self._notes:
            concern = WriteConcern(1, j=False)
            self._notes[name] = self._database.get_collection(name, write_concern=concern)
        return self._notes[name]

    def noted(self, name: str, id: str, change: Sequence[Document]) -> Document:
        """The document of that id after a change, made where there is none; as `notes`, in one
        command, which costs half of what the driver's own way does."""
        reply = self._database.command(
            "findAndModify", name, query={"_id": {"$eq": id}}, update=change, upsert=True, new=True,
            writeConcern={"w": 1, "j": False}, codec_options=self._database.codec_options,
        )  # fmt: skip
        return dict(reply["value"])

    def command(self, name: str, value: object = 1, **arguments: Any) -> Document:
        """Run a database command, for what collections have no method for."""
        return self._database.command(name, value, **arguments)

    def insert(self, name: str, documents: Sequence[Document]) -> None:
        """Insert them into that collection in order, in one command; inside `attempt` only."""
        _accepted(self.command("insert", name, documents=documents))

    def update(self, name: str, changes: Sequence[tuple[Document, Document]]) -> int:
        """Change one document for each (criterion, change), in order, in one command; how many
        did change. Inside `attempt` only."""
        updates = [{"q": criterion, "u": change} for criterion, change in changes]
        return int(_accepted(self.command("update", name, updates=updates))["nModified"])

    def attempt(self, work: Callable[[], T]) -> T:
        """Run `work` in one transaction, once, and commit it.

        Raises Contention where the same work may run again, Duplicate where a unique index
        refused, Unavailable(unknown) where nobody can say whether it was committed; after any
        other error, too, the transaction is undone.
        """
        try:
            with self._client.start_session() as session, session.bind(end_session=False):
                session.start_transaction(_SNAPSHOT, _MAJORITY, ReadPreference.PRIMARY)
                token = _in_transaction.set(True)
                try:
                    return _work_and_commit(session, work)
                finally:
                    _in_transaction.reset(token)
                    _abandon(session)
        except PyMongoError as error:
            raise _translated(error) from error

    def atomically(self, work: Callable[[], T]) -> T:
        """Run `work` in a transaction, again on contention, until it is in or time is up.

        `work` must do nothing but read and write the database: it may run several times.
        """
        deadline = time.monotonic() + _BUDGET_SECONDS
        pause = 0.002
        while True:
            try:
                return self.attempt(work)
            except Contention as error:
                if time.monotonic() + pause > deadline:
                    raise Unavailable("the bank is busy with the same documents") from error
                time.sleep(pause)
                pause = min(pause * 2, 0.1)

    def misshapen(self, shape: Shape) -> Iterator[object]:
        """The ids of stored documents that the collection's schema would refuse."""
        # The schema only: an $expr of the validator fails on what is no number at all.
        schema = {"$jsonSchema": shape.validator["$jsonSchema"]}
        rows = self.collection(shape.name).find({"$nor": [schema]}, {"_id": 1})
        while True:
            # Where all is well, the whole collection is read before there is an answer.
            with patiently():
                row = next(rows, None)
            if row is None:
                return
            yield row["_id"]

    def migrate(self, shapes: Sequence[Shape]) -> None:
        """Create collections, validators and indexes; safe to repeat."""
        for shape in shapes:
            self._create(shape.name)
            self._database.command(
                "collMod",
                shape.name,
                validator=dict(shape.validator),
                validationLevel="strict",
                validationAction="error",
            )
            if shape.indexes:
                # On a bank with a history, an index more takes its time.
                with patiently():
                    self.collection(shape.name).create_indexes(list(shape.indexes))
            self.seed(shape)

    def seed(self, shape: Shape) -> None:
        """Make the shape's seeds where there are none; what became of them is never touched.

        All of them or nothing: one that is missing later was taken away, and is not made anew.
        """
        if self.unseeded(shape):
            # Another migration at the same moment may have made them.
            with suppress(Duplicate):
                self.atomically(lambda: self.insert(shape.name, list(shape.seeds)))

    def unseeded(self, shape: Shape) -> bool:
        """Whether the migration would still have to make the shape's seeds."""
        return bool(shape.seeds) and self.collection(shape.name).find_one({}, {"_id": 1}) is None

    def _create(self, name: str) -> None:
        try:
            self._database.create_collection(name)
        except (OperationFailure, pymongo.errors.CollectionInvalid) as error:
            if getattr(error, "code", None) not in (None, _NAMESPACE_EXISTS):
                raise

    def missing(self, shapes: Sequence[Shape]) -> list[str]:
        """What the migration would still have to make: names of collections and indexes."""
        found = {entry["name"]: entry for entry in self._database.list_collections()}
        lacking: list[str] = []
        for shape in shapes:
            options = found.get(shape.name, {}).get("options", {})
            if shape.name not in found or not _same_validator(options, shape):
                lacking.append(shape.name)
                continue
            present = self.collection(shape.name).index_information()
            made = [index.document for index in shape.indexes]
            lacking += [
                f"{shape.name}.{index['name']}"
                for index in made
                if not _same_index(present.get(index["name"], {}), index)
            ]
            if self.unseeded(shape):
                lacking.append(f"{shape.name}'s first documents")
        return lacking

    def writable(self, *, seconds: float = 0.3) -> bool:
        """Whether a primary answers within that time."""
        try:
            with pymongo.timeout(seconds):
                return bool(self._client.admin.command("hello").get("isWritablePrimary"))
        except PyMongoError:
            return False

    def transactional(self) -> bool:
        """Whether this is a replica set (or behind mongos), so that transactions exist."""
        hello = self._client.admin.command("hello")
        return "setName" in hello or hello.get("msg") == "isdbgrid"

    def drop(self) -> None:
        """Forget everything; the tests and nobody else."""
        self._client.drop_database(self.name)

    def close(self) -> None:
        """Let go of every connection."""
        self._client.close()


def _accepted(reply: Document) -> Document:
    """The reply to a write command, without a write that was refused.

    The driver's own writes prepare for what a transaction never needs, such as more documents than
    one command takes, and for a few documents cost as much again as the command itself.
    """
    if reply.get("writeErrors"):
        raise BulkWriteError(reply)
    return reply


def patiently() -> AbstractContextManager[object]:
    """For operations that read a whole collection: minutes instead of the client's seconds.

    Inside a transaction its own, shorter time still holds.
    """
    return nullcontext() if _in_transaction.get() else pymongo.timeout(_PATIENCE_SECONDS)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All operations inside have that much time together; an open transaction is undone even so."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        with pymongo.timeout(seconds):
            yield
    finally:
        _deadline.reset(token)


def settled(work: Callable[[], T]) -> T:
    """Run what must be written though the time of its request is over: never less than a moment.

    Outside of transactions only.
    """
    seconds = max(min(seconds_left(), _BUDGET_SECONDS), _ABORT_SECONDS)
    # In a context of its own, for the reason of `_abandon`.
    return Context().run(_within_own_time, seconds, work)


def _within_own_time(seconds: float, work: Callable[[], T]) -> T:
    with pymongo.timeout(seconds):
        return work()


def seconds_left() -> float:
    """What is left of the time that `within` gave; without it, there is no end."""
    return _deadline.get() - time.monotonic()


def now() -> datetime:
    """The time of this process in UTC, in whole milliseconds as MongoDB keeps it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _work_and_commit(session: ClientSession, work: Callable[[], T]) -> T:
    deadline = time.monotonic() + _BUDGET_SECONDS
    with pymongo.timeout(_BUDGET_SECONDS):
        result = work()
        while not _committed(session, deadline):
            time.sleep(_ASK_AGAIN_SECONDS)
        return result


def _committed(session: ClientSession, deadline: float) -> bool:
    """Commit; False when the answer was lost and asking again may still bring it.

    Only the server's TransientTransactionError says for certain that nothing was committed; after
    any other error, such as a write concern's that was interrupted, it may have been.
    """
    try:
        session.commit_transaction()
    except PyMongoError as error:
        unknown = error.has_error_label("UnknownTransactionCommitResult")
        if error.has_error_label("TransientTransactionError") and not unknown:
            raise
        if error.timeout or time.monotonic() > deadline:
            raise Unavailable("whether it was done is not known", outcome="unknown") from error
        return False
    return True


def _abandon(session: ClientSession) -> None:
    """Undo an open transaction outside its own budget, so that it holds its documents no longer."""
    if session.in_transaction:
        # In a context of its own: a time that is over would end this before it began.
        Context().run(_abort, session)


def _abort(session: ClientSession) -> None:
    with pymongo.timeout(_ABORT_SECONDS):
        session.abort_transaction()


def _translated(error: PyMongoError) -> Exception:
    """The driver's error as the bank's; one that tells about the work itself stays as it is."""
    if error.has_error_label("UnknownTransactionCommitResult"):
        return Unavailable("whether it was done is not known", outcome="unknown")
    if error.has_error_label("TransientTransactionError"):
        return Contention(str(error.__class__.__name__))
    if is_lost(error):
        return Unavailable("the database does not answer")
    refused = _refusal(error)
    if refused.get("code") == _DUPLICATE_KEY:
        return Duplicate(next(iter(refused.get("keyPattern") or {"_id": 1})))
    return error


def _refusal(error: PyMongoError) -> Mapping[str, Any]:
    """What the server said of the one write that it refused, alone or among others."""
    details = getattr(error, "details", None) or {}
    found: Mapping[str, Any] = next(iter(details.get("writeErrors") or [details]))
    return found


def _same_index(present: Mapping[str, Any], index: Mapping[str, Any]) -> bool:
    """Whether it is the index: one of that name that does not hold what this one does is not."""
    return bool(
        present.get("key") == list(index["key"].items())
        and present.get("unique", False) == index.get("unique", False)
        and present.get("partialFilterExpression") == index.get("partialFilterExpression")
    )


def is_lost(error: Exception) -> bool:
    """Whether the driver says that the database does not answer, or not in time."""
    timeout = isinstance(error, PyMongoError) and error.timeout
    return bool(timeout) or isinstance(error, pymongo.errors.ConnectionFailure)


def _same_validator(options: Mapping[str, Any], shape: Shape) -> bool:
    if not shape.validator:
        return True
    return bool(
        options.get("validator") == shape.validator
        and options.get("validationAction", "error") == "error"
        and options.get("validationLevel", "strict") == "strict"
    )

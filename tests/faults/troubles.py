"""What may be wrong with MongoDB for a while: `with` one of these, and well again after it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient

from embedded_mongo import EmbeddedMongo

COMMANDS = ("find", "update", "insert", "commitTransaction")
"""What a bank at work sends."""


@contextmanager
def blocked(
    administrator: MongoClient[dict[str, Any]], milliseconds: int, *commands: str
) -> Iterator[None]:
    """These commands of the bank wait so long in MongoDB."""
    point = {"configureFailPoint": "failCommand"}
    data = {
        "failCommands": commands,
        "blockConnection": True,
        "blockTimeMS": milliseconds,
        "appName": "strongroom",
    }
    administrator.admin.command({**point, "mode": "alwaysOn", "data": data})
    try:
        yield
    finally:
        administrator.admin.command({**point, "mode": "off"})


@contextmanager
def stopped(mongo: EmbeddedMongo) -> Iterator[None]:
    """mongod takes connections, because the system does, and answers nothing."""
    assert mongo.pid
    os.kill(mongo.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(mongo.pid, signal.SIGCONT)

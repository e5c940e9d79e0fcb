"""The shop that a process serves: its settings, its database, its clock, its till, its post."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shop.config import Config
from shop.controllers.post import Post
from shop.controllers.till import Till
from shop.models.database import Database
from shop.models.schema import SHAPES


@dataclass(frozen=True)
class Shop:
    """What every controller is handed."""

    config: Config
    database: Database
    now: Callable[[], datetime]
    till: Till
    post: Post


def migrate(database: Database) -> None:
    """Create collections, validators and indexes; safe to repeat."""
    database.migrate(SHAPES)


def unmigrated(database: Database) -> list[str]:
    """What the migration would still have to make."""
    return database.missing(SHAPES)

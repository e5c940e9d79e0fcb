"""The bank as a controller sees it: its settings, its books, its clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.config import Config
from app.controllers.feed import Feed
from app.controllers.ledger import Ledger, Limits, LimitsByCurrency
from app.controllers.mail import Post, carrier_of
from app.controllers.passwords import Passwords
from app.controllers.payments.hooks import Hooks
from app.controllers.payments.outward import Outward
from app.errors import Unavailable
from app.models import sessions
from app.models.accounts import Account, find_accounts
from app.models.database import Database, DriverError
from app.models.gathering import Gathering
from app.models.roles import APP, excess, install_roles, install_user
from app.models.schema import SHAPES
from app.models.sessions import Session
from app.models.titles import Titles

__all__ = [
    "Actor",
    "Bank",
    "DriverError",
    "install_database_roles",
    "install_least_privilege",
    "limits_of",
    "migrate",
    "open_bank",
    "too_mighty",
    "unmigrated",
]


@dataclass(frozen=True)
class Bank:
    """Everything a controller may reach, handed in as its first argument."""

    config: Config
    database: Database
    ledger: Ledger
    passwords: Passwords
    titles: Titles
    sessions: Gathering[Session]
    accounts: Gathering[Account]
    post: Post
    hooks: Hooks
    feed: Feed
    clock: Callable[[], datetime]

    def now(self) -> datetime:
        """The present moment in UTC, in whole milliseconds."""
        return self.clock()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: a person in a living session. Customers have no roles.

    `default_account` is a customer's, and `default_currency` the account's, where the session
    knows them, and whether there is a `second_factor` to ask for (None: look). `request_id` and
    `address`, on the network, are those of the request.
    """

    user: str
    session: str
    plane: str
    roles: frozenset[str] = frozenset()
    default_account: str | None = None
    default_currency: str | None = None
    request_id: str = ""
    address: str = ""
    second_factor: bool | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request of somebody unknown comes from: its id, the address on the network, and what
    the device says that it is."""

    request_id: str = ""
    address: str = ""
    device: str = ""


def limits_of(config: Config) -> LimitsByCurrency:
    """The limits of every currency the bank keeps."""
    return {
        currency: Limits(
            per_posting=config.limit("limit_per_posting", currency),
            daily_deposits=config.limit("limit_daily_deposits", currency),
            daily_spending=config.limit("limit_daily_spending", currency),
            unconfirmed=config.limit("unconfirmed_daily_limit", currency),
        )
        for currency in config.currencies
    }


def open_bank(
    config: Config,
    database: Database,
    clock: Callable[[], datetime],
    say: Callable[[str], object] = lambda _: None,
) -> Bank:
    """Join the parts; `database` must be migrated. `say` prints mails where MAIL_URL is console:.

    Mails and webhooks are sent once `start` of `bank.post` and of `bank.hooks` was called.
    """
    ledger = Ledger(database, limits_of(config), clock, queue=config.ledger_queue)
    passwords = Passwords(at_once=config.hashes_at_once, queue=config.hash_queue)
    living = Gathering(lambda ids: sessions.look_up(database, ids, clock()))
    kept = Gathering(lambda numbers: find_accounts(database, numbers))
    post = Post(config, database, clock, carrier_of(config, say))
    hooks = Hooks(config, database, clock, Outward(public_only=config.production))
    return Bank(
        config, database, ledger, passwords, Titles(kept.find), living, kept, post, hooks,
        Feed(database), clock,
    )  # fmt: skip


def migrate(database: Database) -> None:
    """Create collections, indexes and validators. Raises Unavailable without transactions."""
    if not database.transactional():
        raise Unavailable("MongoDB must be a replica set: money needs transactions")
    # The bank's own user may look whether all is there, and may not make it.
    if unmigrated(database):
        database.migrate(SHAPES)


def install_least_privilege(database: Database, username: str, password: str) -> None:
    """Make the roles of MongoDB users, and the user the bank is to run as."""
    install_roles(database, SHAPES)
    install_user(database, username, password, APP)


def install_database_roles(database: Database) -> None:
    """Make the roles of MongoDB users, for users whom an operator makes."""
    install_roles(database, SHAPES)


def too_mighty(database: Database) -> list[str]:
    """What the user of MONGO_URI may do that the bank needs nobody to do while it serves."""
    return excess(database, SHAPES)


def unmigrated(database: Database) -> list[str]:
    """What the migration would still have to make."""
    return database.missing(SHAPES)

"""What may be asked of the ledger, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.errors import BankError
from app.models.audit import Event, stream_of
from app.models.claims import Claim, Told
from app.models.transactions import KINDS, SYSTEM_ACCOUNTS, Transaction
from money import Money

MAX_POSTING_MINOR = 10**12
"""No posting moves more than this, in minor units, whatever the limits of the bank say."""


@dataclass(frozen=True, slots=True)
class Line:
    """A signed amount, in minor units, on an account."""

    account: str
    minor: int


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key with the scope of its caller, and the fingerprint of the request."""

    text: str
    fingerprint: str


State = tuple[int, int]
"""The state of an account: its sequence number, which moves with money, and its revision."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A movement of money to be made: lines of customers and lines of the bank, summing to zero.

    `holds` reserve money on accounts, or with a negative amount free it; a posting that only does
    that has no lines, and no transaction comes of it. `claims` change with it or not at all; what
    it `tells` is inserted and its `events` go into the audit with it; it `expects` its accounts in
    the state in which somebody was shown them. A posting that does not balance is a mistake of the
    program, not of a caller: ValueError.
    """

    kind: str
    currency: str
    entries: tuple[Line, ...]
    actor: str
    holds: tuple[Line, ...] = ()
    contra: tuple[Line, ...] = ()
    memo: str = ""
    reference: str = ""
    key: Key | None = None
    reverses: str | None = None
    claims: tuple[Claim, ...] = ()
    expects: Mapping[str, State] = field(default_factory=dict)
    tells: tuple[Told, ...] = ()
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind} is not a kind of transaction")
        if not _one_each(self.entries, self.holds):
            raise ValueError("a posting has entries, one for each account, or holds")
        if not self.entries and (self.contra or self.key or self.reverses):
            raise ValueError("what only holds has no contra lines, no key, and takes nothing back")
        if any(line.account not in SYSTEM_ACCOUNTS for line in self.contra):
            raise ValueError("contra lines are on the bank's own accounts")
        if any(line.minor == 0 for line in (*self.entries, *self.holds)):
            raise ValueError("an entry moves something")
        if sum(line.minor for line in (*self.entries, *self.contra)) != 0:
            raise ValueError("the lines of a posting sum to zero")

    @property
    def accounts(self) -> tuple[str, ...]:
        """The customers' accounts that it changes, each once."""
        return tuple(dict.fromkeys(line.account for line in (*self.entries, *self.holds)))

    @property
    def resources(self) -> frozenset[str]:
        """Everything that two postings cannot use at the same time."""
        names = list(self.accounts)
        names += [f"claim:{claim.collection}:{claim.id}" for claim in self.claims]
        # Two transactions that go on with the same stream of the audit would only meet there.
        names += [f"audit:{stream_of(event.object)}" for event in self.events]
        if self.key:
            names.append(f"key:{self.key.text}")
        if self.reverses:
            names.append(f"reverses:{self.reverses}")
        return frozenset(names)


def _one_each(*parts: tuple[Line, ...]) -> bool:
    """Whether there are lines, and in each part of them one for each account."""
    return any(parts) and all(len({line.account for line in part}) == len(part) for part in parts)


@dataclass(frozen=True, slots=True)
class Held:
    """Money was reserved, or freed, and none moved."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction that is in the books; `replayed` when an earlier request put it there."""

    transaction: Transaction
    replayed: bool = False


Outcome = Receipt | Held | BankError
"""What became of one posting."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a customer may move on an account of one currency, in minor units."""

    per_posting: Money
    daily_deposits: Money
    daily_spending: Money
    unconfirmed: Money
    """A day's deposits, or spending, where the owner has no confirmed address."""


LimitsByCurrency = Mapping[str, Limits]

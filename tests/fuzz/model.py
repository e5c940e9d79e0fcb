"""A bank in pure Python: what the real one has to answer to each request, and with which figures.

It shares nothing with the application but `money.py`. Where several rules would refuse, the order
of the checks below is the order of the bank's. A long file, because the model is read as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from money import InvalidMoney, Money


@dataclass(frozen=True)
class Expected:
    """An answer: its status, the type of its problem (empty when done), some of its members."""

    status: int
    problem: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    replayed: bool = False


@dataclass(frozen=True)
class Limit:
    """What one posting, a day's deposits and a day's spending may come to, in minor units."""

    posting: int
    deposits: int
    spending: int


@dataclass(frozen=True)
class Request:
    """A movement as a customer asks for it; None is left out of the body."""

    operation: str
    amount: str
    account: str | None = None
    to: str | None = None
    currency: str | None = None
    memo: str | None = None

    def body(self) -> dict[str, str]:
        """The JSON body."""
        names = ("amount", "account", "to", "currency", "memo")
        return {name: text for name in names if (text := getattr(self, name)) is not None}

    def asked(self) -> Request:
        """What counts under a key: 12.5 and 12.50 ask for the same, and so do no memo and ''."""
        return replace(self, amount=str(Decimal(self.amount).normalize()), memo=self.memo or "")


@dataclass
class Line:
    """One line of an account's history; the bank gives it its id and its time."""

    kind: str
    minor: int
    balance: int
    counterparty: str | None
    memo: str
    id: str = ""
    at: str = ""


@dataclass
class Account:
    """A customer's account; `lines` is all of its history, oldest first."""

    number: str
    owner: str
    currency: str
    status: str = "open"
    revision: int = 1
    deposited: int = 0
    spent: int = 0
    lines: list[Line] = field(default_factory=list)

    @property
    def minor(self) -> int:
        """The balance."""
        return self.lines[-1].balance if self.lines else 0

    def money(self, minor: int) -> dict[str, str]:
        """An amount in the account's currency, as answers show it."""
        return Money(minor, self.currency).as_dict()

    def shown(self) -> dict[str, Any]:
        """What both its owner and a banker see of it."""
        available = self.minor if self.status == "open" else 0
        figures = {"balance": self.money(self.minor), "available": self.money(available)}
        return {"account": self.number, "status": self.status, "owner": self.owner, **figures}

    def shown_line(self, seq: int) -> dict[str, Any]:
        """What its owner sees of the line with that sequence number."""
        line = self.lines[seq - 1]
        given = {"id": line.id, "at": line.at} if line.id else {}
        figures = {"amount": self.money(line.minor), "balance": self.money(line.balance)}
        told = {"kind": line.kind, "memo": line.memo, "counterparty": line.counterparty}
        return {"account": self.number, "seq": seq, **given, **figures, **told}


@dataclass
class Person:
    """A customer, and whether the customer's session lives."""

    name: str
    default: str
    inside: bool = True
    frozen: bool = False


Outcome = Expected | tuple[Account, int]
"""What a key stands for: a refusal, or the line that was written."""


class Refused(Exception):
    """A rule of the bank says no."""

    def __init__(self, status: int, problem: str, **figures: Any) -> None:
        super().__init__(problem)
        self.expected = Expected(status, problem, figures)


INVALID_TOKEN = Expected(401, "invalid-token")
_KINDS = {"deposit": "deposit", "withdraw": "withdrawal", "transfer": "transfer"}


class Bank:
    """The model: people, accounts, and what became of each key."""

    def __init__(self, limits: Mapping[str, Limit], *, max_accounts: int) -> None:
        self.limits = limits
        self.max_accounts = max_accounts
        self.people: dict[str, Person] = {}
        self.accounts: dict[str, Account] = {}
        self.records: dict[tuple[str, str], tuple[Request, Outcome]] = {}
        self.newest: list[Line] = []

    def joined(self, name: str, number: str, *, inside: bool = True) -> None:
        """Somebody has become a customer, with a first account in the bank's first currency."""
        self.people[name] = Person(name, number, inside)
        self.opened(name, number, next(iter(self.limits)))

    def own(self, name: str, number: str | None) -> Account | None:
        """A person's own account of that number, or the default one."""
        account = self.accounts.get(number or self.people[name].default)
        return account if account and account.owner == name else None

    def owned(self, name: str) -> list[Account]:
        """All accounts of a person, oldest first."""
        return [account for account in self.accounts.values() if account.owner == name]

    def day_passes(self) -> None:
        """Midnight: what was moved today counts no more."""
        for account in self.accounts.values():
            account.deposited = account.spent = 0

    def totals(self) -> dict[str, int]:
        """What all accounts hold together, in minor units, by currency."""
        sums = dict.fromkeys((each.currency for each in self.accounts.values()), 0)
        for account in self.accounts.values():
            sums[account.currency] += account.minor
        return sums

    def logging_in(self, name: str) -> Expected:
        """Somebody logs in with the right password."""
        person = self.people[name]
        person.inside = not person.frozen
        return Expected(403, "customer-frozen") if person.frozen else Expected(200)

    def shut_out(self, name: str, frozen: bool) -> Expected:
        """A banker freezes a customer, which ends the session, or unfreezes one."""
        person = self.people[name]
        if person.frozen == frozen:
            return Expected(409, "already-in-state")
        person.frozen, person.inside = frozen, person.inside and not frozen
        return Expected(200, figures={"status": "frozen" if frozen else "active"})

    def choosing(self, name: str, number: str | None) -> Expected:
        """Another default account, or a change of nothing."""
        person = self.people[name]
        if not person.inside:
            return INVALID_TOKEN
        account = self.own(name, number)
        if number and account is None:
            return Expected(404, "account-not-found")
        if number and account and account.status == "closed":
            return Expected(409, "account-closed")
        person.default = number or person.default
        return Expected(200, figures={"default_account": person.default})

    def opened(self, name: str, number: str, currency: str) -> None:
        """Another account is there, under the number that the bank has drawn."""
        self.accounts[number] = Account(number, name, currency)

    def opening(self, name: str, currency: str) -> Expected:
        """What becomes of the wish for another account."""
        if not self.people[name].inside:
            return INVALID_TOKEN
        if currency not in self.limits:
            return Expected(422, "invalid-field", {"field": "currency"})
        if len([a for a in self.owned(name) if a.status != "closed"]) >= self.max_accounts:
            return Expected(422, "too-many-accounts", {"limit": self.max_accounts})
        return Expected(201, figures={"owner": name, "currency": currency, "status": "open"})

    def change(self, number: str, status: str, revision: int) -> Expected:
        """A banker freezes, opens or closes an account."""
        account = self.accounts[number]
        if account.status == "closed":
            return Expected(409, "account-closed")
        if account.revision != revision:
            return Expected(412, "outdated")
        if account.status == status:
            return Expected(409, "already-in-state")
        if status == "closed" and account.minor:
            return Expected(409, "account-not-empty", {"balance": account.money(account.minor)})
        account.status, account.revision = status, revision + 1
        owner = self.people[account.owner]
        living = [other.number for other in self.owned(owner.name) if other.status != "closed"]
        if owner.default == number and living:
            owner.default = number if number in living else living[0]
        return Expected(200, figures={**account.shown(), "revision": account.revision})

    def move(self, name: str, request: Request, key: str | None) -> Expected:
        """A deposit, a withdrawal or a transfer: the answer; and the money moves here as well."""
        self.newest = []
        if not self.people[name].inside:
            return INVALID_TOKEN
        try:
            source, minor = self._understood(name, request)
        except Refused as refused:
            # What is refused before the books are opened is not kept under the key.
            return refused.expected
        if key and (record := self.records.get((name, key))):
            return self._again(record, request)
        outcome = self._settled(source, minor, request)
        if key:
            self.records[name, key] = (request.asked(), outcome)
        return self._answer(outcome)

    def _answer(self, outcome: Outcome) -> Expected:
        if isinstance(outcome, Expected):
            return outcome
        account, seq = outcome
        return Expected(201, figures=account.shown_line(seq))

    def _again(self, record: tuple[Request, Outcome], request: Request) -> Expected:
        """The first answer under the key once more, if it is the same request."""
        asked, outcome = record
        if asked != request.asked():
            return Expected(422, "key-reused")
        return replace(self._answer(outcome), replayed=True)

    def _understood(self, name: str, request: Request) -> tuple[Account, int]:
        """The account that the request is about, and the amount in minor units."""
        account = self.own(name, request.account)
        if account is None:
            raise Refused(404, "account-not-found")
        if request.to == account.number:
            raise Refused(422, "same-account")
        if request.currency not in (None, account.currency):
            raise Refused(422, "currency-mismatch", currency=account.currency)
        try:
            return account, Money.parse(request.amount, account.currency).minor
        except InvalidMoney:
            raise Refused(422, "invalid-field", field="amount") from None

    def _settled(self, source: Account, minor: int, request: Request) -> Outcome:
        try:
            target = self._target(source, request.to) if request.to else None
            self._check(source, minor, request.operation)
            if target and target.status == "closed":
                raise Refused(409, "account-closed", account=target.number)
        except Refused as refused:
            return refused.expected
        incoming = request.operation == "deposit"
        source.deposited += minor if incoming else 0
        source.spent += 0 if incoming else minor
        self._write(source, minor if incoming else -minor, request, request.to)
        if target:
            self._write(target, minor, request, source.number)
        return source, len(source.lines)

    def _target(self, source: Account, number: str) -> Account:
        target = self.accounts.get(number)
        if target is None:
            raise Refused(404, "account-not-found", account=number)
        if target.currency != source.currency:
            raise Refused(422, "currency-mismatch", currency=target.currency)
        return target

    def _check(self, account: Account, minor: int, operation: str) -> None:
        """The rules for the account that its owner moves money on, in their order."""
        limit, money = self.limits[account.currency], account.money
        incoming = operation == "deposit"
        daily = limit.deposits if incoming else limit.spending
        used = account.deposited if incoming else account.spent
        if account.status == "closed":
            raise Refused(409, "account-closed", account=account.number)
        if account.status == "frozen" and not incoming:
            raise Refused(409, "account-frozen", account=account.number)
        if minor > limit.posting:
            raise Refused(422, "posting-limit-exceeded", limit=money(limit.posting))
        if minor > daily - used:
            figures = {"limit": money(daily), "used": money(used), "remaining": money(daily - used)}
            raise Refused(422, "daily-limit-exceeded", **figures)
        if not incoming and minor > account.minor:
            figures = {"available": money(account.minor), "requested": money(minor)}
            raise Refused(422, "insufficient-funds", account=account.number, **figures)

    def _write(self, account: Account, minor: int, request: Request, other: str | None) -> None:
        kind, memo = _KINDS[request.operation], request.memo or ""
        line = Line(kind, minor, account.minor + minor, other, memo)
        account.lines.append(line)
        self.newest.append(line)

    def booked(self, id: str, at: str) -> None:
        """Id and time that the bank gave to the newest movement."""
        for line in self.newest:
            line.id, line.at = id, at

"""What the people of a loaded bank do with their money, drawn at random with a seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from random import Random
from typing import Self

from app.controllers.ledger import Key, Line, Posting
from app.models.accounts import Account
from benchmarks.people import CURRENCY, SHOP

SHOP_SHARE, DEPOSITS, WITHDRAWALS, KEYED = 0.1, 0.35, 0.65, 0.1
_EARNED = ("Salary", "Scholarship", "Pension", "Refund", "Sold a bicycle", "Cash paid in")
_SPENT = ("Cash machine", "Rent", "Electricity", "Train ticket", "Pharmacy", "Cinema", "Insurance")
_GIVEN = ("Dinner, thank you!", "Half of the rent", "Birthday", "Concert tickets", "Taxi home")
_BOUGHT = ("Groceries", "Coffee", "Bread", "Newspaper", "Fruit and vegetables")


class Traffic:
    """An endless iterator of postings; each worker moves money of accounts of its own.

    What an account has is followed on the way, so that next to nothing is refused.
    """

    def __init__(self, everybody: Sequence[Account], worker: int, workers: int, seed: str) -> None:
        self._chance = Random(seed)
        self._seed = seed
        self._count = 0
        self._shop = next(a for a in everybody if a.username == SHOP and a.currency == CURRENCY)
        # In order of names, not of numbers: those are drawn anew in every bank.
        names = sorted({account.username for account in everybody} - {SHOP})
        mine = set(names[worker::workers])
        people = sorted(
            (a for a in everybody if a.status == "open" and a.username != SHOP),
            key=lambda account: (account.username, account.currency),
        )
        self._own = [account for account in people if account.username in mine]
        self._buyers = [account for account in self._own if account.currency == CURRENCY]
        self._of: dict[str, list[Account]] = defaultdict(list)
        for account in people:
            self._of[account.currency].append(account)
        self._has = {account.number: account.available_minor for account in self._own}

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Posting:
        self._count += 1
        chance = self._chance
        if chance.random() < SHOP_SHARE:
            return self._purchase(chance.choice(self._buyers), chance.randrange(100, 2500))
        account, drawn = chance.choice(self._own), chance.random()
        minor = chance.randrange(300, 9000)
        if drawn < DEPOSITS or self._has[account.number] < minor:
            return self._deposit(account, chance.randrange(20_000, 400_000), chance.choice(_EARNED))
        if drawn < WITHDRAWALS:
            return self._withdrawal(account, minor)
        return self._transfer(account, chance.choice(self._of[account.currency]), minor)

    def _purchase(self, account: Account, minor: int) -> Posting:
        memo = self._chance.choice(_BOUGHT)
        if self._has[account.number] < minor:
            return self._deposit(self._shop, minor, memo)
        return self._moved(account, self._shop, minor, memo)

    def _deposit(self, account: Account, minor: int, memo: str) -> Posting:
        if account.number in self._has:
            self._has[account.number] += minor
        return self._posting("deposit", account, [Line(account.number, minor)], memo)

    def _withdrawal(self, account: Account, minor: int) -> Posting:
        self._has[account.number] -= minor
        memo = self._chance.choice(_SPENT)
        return self._posting("withdrawal", account, [Line(account.number, -minor)], memo)

    def _transfer(self, account: Account, to: Account, minor: int) -> Posting:
        if to is account:
            return self._withdrawal(account, minor)
        return self._moved(account, to, minor, self._chance.choice(_GIVEN))

    def _moved(self, account: Account, to: Account, minor: int, memo: str) -> Posting:
        self._has[account.number] -= minor
        lines = [Line(account.number, -minor), Line(to.number, minor)]
        return self._posting("transfer", account, lines, memo)

    def _posting(self, kind: str, account: Account, lines: Sequence[Line], memo: str) -> Posting:
        """One in ten carries a key, as the requests of careful clients do."""
        name = f"load {self._seed} {self._count}"
        keyed = self._chance.random() < KEYED
        outside = -sum(line.minor for line in lines)
        return Posting(
            kind=kind,
            currency=account.currency,
            entries=tuple(lines),
            contra=(Line("cash", outside),) if outside else (),
            actor=account.owner,
            memo=memo,
            key=Key(f"{account.owner}:{name}", name) if keyed else None,
        )

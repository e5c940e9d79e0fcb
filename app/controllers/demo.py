"""Demo people and a few months of their history, made through the controllers like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from app.controllers import accounts, audits, bankers, customers, transfers
from app.controllers.bank import Actor, Bank, Caller, open_bank
from app.controllers.bankers import NewBanker
from app.controllers.ledger import Key, Line, Posting
from app.controllers.orders import Deposit, OpenAccount, Register, Transfer, Withdraw
from app.errors import AlreadyBootstrapped, UsernameTaken
from app.models import audit, payees, users

PASSWORD = "strongroom-demo"  # noqa: S105 - published on purpose; production refuses DEMO
CUSTOMERS = ("alice", "bob", "carol")
_ROLES = {
    "teller": {"teller"},
    "approver": {"teller", "approver"},
    "auditor": {"auditor"},
    "admin-ann": {"admin"},
    "admin-ben": {"admin"},
}
BANKERS = tuple(_ROLES)
DAYS = 120
_NAMES = {"alice": "Alice Adler", "bob": "Bob Brandt", "carol": "Carol Castro"}
_SALARIES = {"alice": "3150.00", "bob": "2480.00", "carol": "4020.00"}
_SHOPS = ("Groceries", "Coffee", "Books", "Train ticket", "Pharmacy", "Cinema", "Lunch")


def loaded(bank: Bank) -> bool:
    """Whether the demo was loaded to its end."""
    return bool(audit.events_about(bank.database, "demo"))


def load(bank: Bank) -> None:
    """Make the demo people and their history; a load that was cut off goes on where it stopped."""
    _History(bank).run()
    audits.keep(bank, audits.event(bank, audits.SERVER, "demo loaded", "demo"))


@dataclass
class _Moving:
    """A clock that the history sets, never beyond the present."""

    moment: datetime
    present: Callable[[], datetime]

    def __call__(self) -> datetime:
        return min(self.moment, self.present())


class _History:
    """One telling of the demo's story, day by day, with a fixed seed."""

    def __init__(self, bank: Bank) -> None:
        self._random = Random(4217)  # noqa: S311 - a story, not a secret
        today = bank.now().replace(hour=9, minute=0, second=0, microsecond=0)
        self._start = today - timedelta(days=DAYS)
        self._clock = _Moving(self._start, bank.now)
        self._bank = open_bank(bank.config, bank.database, self._clock)
        self._people: dict[str, Actor] = {}
        self._numbers: dict[str, str] = {}
        self._step = 0

    def run(self) -> None:
        """Everybody, then every day."""
        self._make_bankers()
        for username in CUSTOMERS:
            self._make_customer(username)
        for day in range(DAYS):
            self._day(day)
        self._open_savings()
        self._bank.ledger.close()

    def _make_bankers(self) -> None:
        newcomers = [NewBanker(name, PASSWORD, frozenset(r)) for name, r in _ROLES.items()]
        try:
            bankers.bootstrap(self._bank, newcomers)
        except AlreadyBootstrapped:
            return

    def _make_customer(self, username: str) -> None:
        email = f"{username}@example.com"
        order = Register(username, PASSWORD, _NAMES[username], email, None)
        try:
            newcomer = replace(customers.newcomer_of(self._bank, order), email=email)
            user, _ = customers.admit(self._bank, newcomer, Caller())
        except UsernameTaken:
            found = users.find_by_username(self._bank.database, username)
            if found is None:
                raise
            user = found
        # The story is told, not lived: nobody is there to answer a code.
        self._people[username] = Actor(user.id, "demo", "customer", second_factor=False)
        self._numbers[username] = user.default_account or ""

    def _day(self, day: int) -> None:
        date = self._start + timedelta(days=day)
        for username in CUSTOMERS:
            for hours, act in self._acts(username, day):
                minutes = self._random.randrange(60)
                self._clock.moment = date + timedelta(hours=hours, minutes=minutes)
                act()

    def _acts(self, username: str, day: int) -> Iterator[tuple[int, Callable[[], None]]]:
        """What a person does on a day, with the hour; the same story at every telling."""
        if day % 30 == 0:
            yield 0, lambda: self._deposit(username, _SALARIES[username], "Salary")
        if day % 30 == 2 and username != "carol":
            yield 1, lambda: self._transfer(username, "carol", "780.00", "Rent")
        if day % 30 == 29:
            yield 2, lambda: self._bank_pays(username, "interest", 150 + self._random.randrange(90))
        if self._random.random() < 0.45:
            cents = self._random.randrange(320, 6400)
            shop = self._random.choice(_SHOPS)
            yield 3, lambda: self._withdraw(username, str(Decimal(cents) / 100), shop)
        if self._random.random() < 0.08:
            friend = self._random.choice([name for name in CUSTOMERS if name != username])
            yield 5, lambda: self._transfer(username, friend, "25.00", "Dinner, thank you!")

    def _deposit(self, username: str, amount: str, memo: str) -> None:
        order = Deposit(Decimal(amount), None, memo)
        transfers.deposit(self._bank, self._people[username], order, self._key())

    def _withdraw(self, username: str, amount: str, memo: str) -> None:
        order = Withdraw(Decimal(amount), None, memo)
        transfers.withdraw(self._bank, self._people[username], order, self._key())

    def _transfer(self, username: str, to: str, amount: str, memo: str) -> None:
        order = Transfer(self._numbers[to], Decimal(amount), None, memo)
        person = self._people[username]
        transfers.transfer(self._bank, person, order, self._key())
        # As after a code: a little more to a friend asks for none.
        payees.remember(self._bank.database, person.user, order.to, self._bank.now())

    def _bank_pays(self, username: str, kind: str, cents: int) -> None:
        key = Key(f"demo:{self._key()}", "demo")
        account = accounts.own_account(self._bank, self._people[username], None)
        self._bank.ledger.post(
            Posting(
                kind=kind,
                currency=account.currency,
                entries=(Line(account.number, cents),),
                contra=(Line("interest", -cents),),
                actor=audit.SERVER,
                memo="Interest of the month",
                key=key,
            )
        )

    def _open_savings(self) -> None:
        """A second account for one of them, in another currency."""
        actor = self._people["carol"]
        if (
            "EUR" in self._bank.config.currencies
            and len(accounts.own_accounts(self._bank, actor)) < 2
        ):
            order = OpenAccount("Holidays", "EUR")
            opened = accounts.open_account(self._bank, actor, order)
            deposit = Deposit(Decimal("640.00"), opened.number, "Saved for Lisbon")
            transfers.deposit(self._bank, actor, deposit, self._key())

    def _key(self) -> str:
        """The key of the next step, the same at every telling."""
        self._step += 1
        return f"demo-step-{self._step:06d}"

"""A customer of the bank: logged in once, then every call has a token that is good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from bank_client.entrance import PendingRegistration
from bank_client.orders import Amount, asked_of, segment, spread
from bank_client.paging import pages
from bank_client.person import Person
from bank_client.reading import items
from bank_client.shapes import Account, Balance, Registered, Transaction
from bank_client.wire import Call, given


class Customer(Person):
    """One customer at one bank. Threads may share it."""

    def register(
        self,
        username: str,
        password: str,
        *,
        name: str = "",
        email: str | None = None,
        phone: str | None = None,
    ) -> Registered | PendingRegistration:
        """Become a customer; with an e-mail address, `verify` the code that is mailed there."""
        return self._entrance.register(
            username=username, password=password, name=name, email=email, phone=phone
        )

    def accounts(self) -> list[Account]:
        """All your accounts, oldest first."""
        return self._send(Call("GET", "/accounts"), items(Account.read))

    def account(self, number: str) -> Account:
        """One of your accounts."""
        return self._send(Call("GET", f"/accounts/{segment(number)}"), Account.read)

    def open_account(self, name: str | None = None, *, currency: str | None = None) -> Account:
        """Open another account."""
        return self._send(
            Call("POST", "/accounts", given(name=name, currency=currency)), Account.read
        )

    def balance(self, account: str | None = None, *, at: datetime | None = None) -> Balance:
        """The balance of an account, now or at a time; without one, of the default account."""
        return self._send(
            Call("GET", "/balance", query=spread(account=account, at=at)), Balance.read
        )

    def deposit(
        self, amount: Amount, *, account: str | None = None, memo: str = "", key: str | None = None
    ) -> Transaction:
        """Put money on an account. The same `key` never pays twice; without one, one is made."""
        return self._move("/deposit", key, asked_of(amount, account=account, memo=memo))

    def withdraw(
        self,
        amount: Amount,
        *,
        account: str | None = None,
        memo: str = "",
        code: str | None = None,
        key: str | None = None,
    ) -> Transaction:
        """Take money from an account. The same `key` never pays twice; without one, one is made."""
        return self._move("/withdraw", key, asked_of(amount, account=account, memo=memo, code=code))

    def transfer(
        self,
        to: str,
        amount: Amount,
        *,
        account: str | None = None,
        memo: str = "",
        code: str | None = None,
        key: str | None = None,
    ) -> Transaction:
        """Send money to an account. The same `key` never pays twice; without one, one is made."""
        asked = asked_of(amount, to=to, account=account, memo=memo, code=code)
        return self._move("/transfer", key, asked)

    def transactions(
        self,
        account: str | None = None,
        *,
        kind: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        least: Decimal | str | None = None,
        most: Decimal | str | None = None,
        words: str | None = None,
        page_size: int = 100,
    ) -> Iterator[Transaction]:
        """The transactions of an account, newest first, fetched page by page."""
        query = spread(
            account=account, kind=kind, since=since, until=until, min=least, max=most, q=words,
            limit=page_size,
        )  # fmt: skip
        return pages(self._send, "/transactions", query, Transaction.read)

    def transaction(self, id: str) -> Transaction:
        """One transaction."""
        return self._send(Call("GET", f"/transactions/{segment(id)}"), Transaction.read)

    def set_pin(self, account: str, pin: str, *, code: str | None = None) -> None:
        """Give an account a PIN to pay with, or another one."""
        self.ask("PUT", f"/accounts/{segment(account)}/pin", given(pin=pin, code=code))

    def pin_state(self, account: str) -> str:
        """Whether an account has a PIN: "none", "set" or "locked"."""
        call = Call("GET", f"/accounts/{segment(account)}/pin")
        return self._send(call, lambda body: str(body["state"]))

    def _move(self, path: str, key: str | None, asked: Mapping[str, object]) -> Transaction:
        return self._make(path, asked, key, Transaction.read)

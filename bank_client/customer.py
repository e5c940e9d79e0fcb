"""A customer of the bank: logged in once, then every call has a token that is good."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Self, TypeVar

from bank_client.entrance import Entrance, LoggedIn, PendingLogIn, PendingRegistration
from bank_client.orders import Amount, asked_of, segment, spread
from bank_client.paging import pages
from bank_client.problems import Unauthenticated
from bank_client.reading import items, raw
from bank_client.session import Session, Tokens
from bank_client.shapes import Account, Balance, CodeAsked, Profile, Registered, Transaction
from bank_client.wire import AGENT, Call, Patience, Wire, given, new_key

T = TypeVar("T")


class Customer:
    """One customer at one bank. Threads may share it.

    `tokens` are of a log-in before; `on_tokens` is told whenever they change (None: logged out),
    so that they can be kept. Whatever goes wrong is raised as a Problem.
    """

    def __init__(
        self,
        base_url: str,
        *,
        tokens: Tokens | None = None,
        on_tokens: Callable[[Tokens | None], None] | None = None,
        patience: Patience | None = None,
        agent: str = AGENT,
        insecure: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wire = Wire(base_url, patience=patience, agent=agent, insecure=insecure)
        self._session = Session(self._wire, tokens, on_tokens, clock)
        self._entrance = Entrance(self._wire, self._session)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    def close(self) -> None:
        """Hang up; the log-in lives on."""
        self._wire.close()

    @property
    def tokens(self) -> Tokens | None:
        """The tokens now, to be kept; None for nobody."""
        return self._session.tokens

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

    def log_in(
        self, username: str, password: str, *, device_token: str | None = None
    ) -> LoggedIn | PendingLogIn:
        """Log in; a pending log-in waits for a code: `verify` it."""
        return self._entrance.log_in(username, password, device_token)

    def log_out(self) -> None:
        """End the session at the bank; the tokens are forgotten here in any case."""
        try:
            self.ask("POST", "/auth/logout")
        except Unauthenticated:
            pass
        finally:
            self._session.begin(None)

    def profile(self) -> Profile:
        """What the bank knows of you."""
        return self._send(Call("GET", "/me"), Profile.read)

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

    def ask_code(
        self,
        purpose: str,
        *,
        account: str | None = None,
        to: str | None = None,
        amount: Amount | None = None,
    ) -> CodeAsked:
        """Ask for a code, for exactly this: "transfer", "withdraw", "set_pin", "change_password",
        "change_email" or "second_factor"."""
        asked = {**asked_of(amount, account=account, to=to), "purpose": purpose}
        return self._send(Call("POST", "/auth/codes", asked), CodeAsked.read)

    def change_password(self, current: str, new: str, *, code: str | None = None) -> None:
        """Set another password; you stay logged in here alone."""
        self.ask(
            "POST", "/auth/password", given(current_password=current, new_password=new, code=code)
        )

    def set_pin(self, account: str, pin: str, *, code: str | None = None) -> None:
        """Give an account a PIN to pay with, or another one."""
        self.ask("PUT", f"/accounts/{segment(account)}/pin", given(pin=pin, code=code))

    def pin_state(self, account: str) -> str:
        """Whether an account has a PIN: "none", "set" or "locked"."""
        call = Call("GET", f"/accounts/{segment(account)}/pin")
        return self._send(call, lambda body: str(body["state"]))

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        key: str = "",
    ) -> Any:
        """Any other call of the bank: its JSON, or None."""
        return self._send(Call(method, path, body, query, key), raw)

    def _move(self, path: str, key: str | None, asked: Mapping[str, object]) -> Transaction:
        return self._send(Call("POST", path, asked, key=key or new_key()), Transaction.read)

    def _send(self, call: Call, read: Callable[[Any], T]) -> T:
        return self._wire.send(call, read, self._session)

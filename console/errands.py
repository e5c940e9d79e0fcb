"""What commands and menus both do: log in, prove a second factor, move money once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import uuid4

from bank_client import (
    Customer,
    Forbidden,
    PendingLogIn,
    Problem,
    Refused,
    Transaction,
    Unauthenticated,
)
from bank_client.person import Person
from console import asking
from console.kept import Order, Taken
from console.visit import Visit
from money import exact

T = TypeVar("T")
_CODES = 3


def log_in(visit: Visit, username: str) -> None:
    """Log in with the password, and a code where one is needed."""
    password = asking.secret("Password")
    with visit.stranger(username) as bank:
        with visit.screen.busy():
            entered = bank.log_in(username, password, device_token=visit.kept.device(username))
        if isinstance(entered, PendingLogIn):
            pending = entered
            how = "app or recovery code" if "totp" in pending.methods else "by mail"
            entered = _again(visit, Unauthenticated, lambda: pending.verify(_code(how)))
        visit.kept.keep_device(username, entered.device_token)


def log_out(visit: Visit) -> None:
    """End the session; it is forgotten here even where the bank cannot be asked."""
    try:
        with visit.screen.busy():
            visit.customer.log_out()
    finally:
        visit.forget()


def proved(
    visit: Visit, bank: Person, act: Callable[[str | None], T], purpose: str, **about: str | None
) -> T:
    """What `act` does, with a code of the second factor where the bank asks for one."""
    try:
        with visit.screen.busy():
            return act(None)
    except Forbidden as problem:
        if problem.kind != "second-factor-needed":
            raise
    how = _ask_for_code(visit, bank, purpose, about)

    def with_code() -> T:
        code = _code(how)
        with visit.screen.busy():
            return act(code)

    return _again(visit, Refused, with_code)


def _ask_for_code(visit: Visit, bank: Person, purpose: str, about: dict[str, str | None]) -> str:
    try:
        with visit.screen.busy():
            asked = bank.ask_code(purpose, **about)
    except Problem as problem:
        # Of what the code is for, nothing was done.
        problem.outcome = "not_applied"
        raise
    return f"sent to {asked.sent_to}" if asked.sent_to else "app or recovery code"


def _code(how: str) -> str:
    return asking.text(f"Code ({how})")


def _again(visit: Visit, kind: type[Problem], act: Callable[[], T]) -> T:
    """Ask for the code again while it is wrong, a few times."""
    for left in range(_CODES - 1, -1, -1):
        try:
            return act()
        except kind as problem:
            wrong = problem.kind in ("invalid-code", "wrong-credentials")
            if not wrong or not left or not asking.interactive():
                raise
            visit.screen.warn("Invalid code, try again; an empty one leads back.")
    raise AssertionError


def order_of(
    visit: Visit, act: str, amount: str, *, account: str | None, to: str | None = None,
    memo: str = "", key: str | None = None,
) -> Order:  # fmt: skip
    """An order of whoever is logged in; its amount always written the same way."""
    written = f"{exact(amount).normalize():f}"
    made = key or uuid4().hex
    return Order(act, visit.username, written, account, to, memo, made, named=bool(key))


def move(visit: Visit, order: Order) -> Transaction:
    """Move money, once however often it is asked for.

    The order is kept until the bank has answered it; the same one meanwhile is that one again.
    Raises InFlight.
    """
    with visit.kept.taking(order) as taken:
        if taken.waited:
            visit.screen.warn("This order had no answer yet: asked again under its key.")
        return proved(
            visit, visit.customer, lambda code: _attempt(visit, taken, code), order.act,
            account=order.account, to=order.to, amount=order.amount,
        )  # fmt: skip


def ask_again(visit: Visit, act: Callable[[Transaction], None]) -> None:
    """Ask again for every order that had no answer; the bank does none of them twice."""
    for order in visit.kept.waiting(visit.username):
        act(move(visit, order))


def _attempt(visit: Visit, taken: Taken, code: str | None) -> Transaction:
    taken.settled = False
    try:
        done = _send(visit.customer, taken.order, code)
    except Problem as problem:
        taken.settled = _settles(problem, waited=taken.waited)
        taken.waited = not taken.settled
        if taken.waited:
            problem.outcome = "unknown"
        raise
    taken.settled = True
    return done


def _settles(problem: Problem, *, waited: bool) -> bool:
    """Whether it is sure that the order was not done, neither now nor when it was sent before."""
    if not waited:
        return problem.outcome == "not_applied"
    # A refusal before the key is looked at says nothing of the time before.
    asked_for_code = problem.kind == "second-factor-needed"
    return asked_for_code or (problem.decided and problem.status != 403)


def _send(bank: Customer, order: Order, code: str | None) -> Transaction:
    same = {"account": order.account, "memo": order.memo, "key": order.key}
    if order.act == "deposit":
        return bank.deposit(order.amount, **same)  # type: ignore[arg-type]
    if order.act == "withdraw":
        return bank.withdraw(order.amount, code=code, **same)  # type: ignore[arg-type]
    return bank.transfer(order.to or "", order.amount, code=code, **same)  # type: ignore[arg-type]

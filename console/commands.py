"""A customer's plain commands, for scripts and the impatient."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from itertools import islice
from typing import Any

import click

from bank_client import Transaction
from console import asking, errands, rows
from console.showing import Screen
from console.visit import Visit
from money import InvalidMoney, exact

Act = Callable[..., None]


class AmountType(click.ParamType[str]):
    """An amount in major units."""

    name = "amount"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:  # fmt: skip
        """The text, where it is an amount."""
        try:
            exact(str(value))
        except InvalidMoney as error:
            self.fail(str(error), param, ctx)
        return str(value)


def visiting(act: Act) -> Act:
    """A command with --json that is given the visit; hangs up at its end."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @wraps(act)
    def command(*args: Any, **more: Any) -> None:
        context = click.get_current_context()
        context.find_root().obj["as_json"] = as_json = bool(more.pop("as_json"))
        visit = Visit(context.find_root().obj["address"], Screen(as_json=as_json))
        try:
            act(visit, *args, **more)
        finally:
            visit.close()

    return command


def paid(act: Act) -> Act:
    """The arguments that all movements of money have."""
    for option in (
        click.option("--key", help="Your own name of this order: the same one never pays twice."),
        click.option("--memo", default="", help="What it is for."),
        click.option("--account", help="Of which account; by default your default one."),
        click.argument("amount", type=AmountType()),
    ):
        act = option(act)
    return act


@click.command()
@click.argument("username")
@visiting
def login(visit: Visit, username: str) -> None:
    """Log in; the password is asked for, or read as a line of standard input."""
    errands.log_in(visit, username)
    profile = visit.customer.profile()
    if visit.screen.as_json:
        visit.screen.json(profile)
    visit.screen.good(f"Welcome, {profile.name or profile.username}.")


@click.command()
@visiting
def logout(visit: Visit) -> None:
    """Log out; the log-in that is kept on this machine is removed."""
    errands.log_out(visit)
    if visit.screen.as_json:
        visit.screen.json({"logged_in": False})
    visit.screen.good("Logged out.")


@click.command()
@click.option("--account", help="By default your default one.")
@visiting
def balance(visit: Visit, account: str | None) -> None:
    """Show the balance, with your name and the account's number."""
    show_balance(visit, account)


@click.command()
@visiting
def accounts(visit: Visit) -> None:
    """Show your accounts."""
    with visit.screen.busy():
        found = visit.customer.accounts()
    visit.screen.rows(found, map(rows.account, found))


@click.command()
@click.option("--account", help="By default your default one.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@click.option("--kind", help="Only of this kind: deposit, withdrawal, transfer ...")
@visiting
def transactions(visit: Visit, account: str | None, limit: int, kind: str | None) -> None:
    """Show transactions, newest first, each with the balance after it."""
    show_transactions(visit, account, limit, kind)


@click.command()
@paid
@visiting
def deposit(visit: Visit, amount: str, **more: Any) -> None:
    """Put money on an account."""
    move(visit, "deposit", amount, **more)


@click.command()
@paid
@visiting
def withdraw(visit: Visit, amount: str, **more: Any) -> None:
    """Take money from an account."""
    move(visit, "withdraw", amount, **more)


@click.command()
@click.option("--to", required=True, help="The number of the account that gets it.")
@paid
@visiting
def transfer(visit: Visit, amount: str, **more: Any) -> None:
    """Send money to an account."""
    move(visit, "transfer", amount, **more)


@click.command()
@visiting
def again(visit: Visit) -> None:
    """Ask again for orders that have no answer yet; none is done twice."""
    if not visit.kept.waiting(visit.username):
        visit.screen.rows([], [])
    errands.ask_again(visit, lambda done: show_moved(visit, done))


@click.command()
@visiting
def password(visit: Visit) -> None:
    """Change your password, with the current one and a code."""
    change_password(visit)
    if visit.screen.as_json:
        visit.screen.json({"changed": True})


ALL = (login, logout, balance, accounts, transactions, deposit, withdraw, transfer, again, password)


def show_balance(visit: Visit, account: str | None) -> None:
    """A balance with its customer and account."""
    with visit.screen.busy():
        found = visit.customer.balance(account)
    visit.screen.facts(
        found, customer=found.customer, account=found.account, balance=found.balance,
        available=found.available,
    )  # fmt: skip


def show_transactions(visit: Visit, account: str | None, limit: int, kind: str | None) -> None:
    """The latest transactions."""
    size = min(limit, 100)
    with visit.screen.busy():
        listed = visit.customer.transactions(account, kind=kind or None, page_size=size)
        found = list(islice(listed, limit))
    wide = visit.screen.wide
    visit.screen.rows(found, (rows.transaction(each, wide=wide) for each in found))


def move(visit: Visit, act: str, amount: str, **more: Any) -> None:
    """Move money and show the receipt."""
    order = errands.order_of(visit, act, amount, **{"account": None, **more})
    show_moved(visit, errands.move(visit, order))


def show_moved(visit: Visit, done: Transaction) -> None:
    """The receipt of a movement."""
    visit.screen.good("Done.")
    visit.screen.facts(
        done, kind=done.kind, amount=done.amount, account=done.account, to=done.counterparty,
        memo=done.memo or None, balance=done.balance, reference=done.id,
    )  # fmt: skip


def change_password(visit: Visit) -> None:
    """Ask for the current password, the new one twice, and a code."""
    current = asking.secret("Current password")
    new = asking.secret("New password")
    if asking.interactive() and asking.secret("New password, once more") != new:
        visit.screen.warn("The two are not the same. Nothing was changed.")
        return
    bank = visit.customer
    errands.proved(
        visit, bank, lambda code: bank.change_password(current, new, code=code), "change_password"
    )
    visit.screen.good("Password changed. You are logged in here alone.")

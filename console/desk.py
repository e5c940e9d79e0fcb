"""A banker's plain commands."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, TypeVar

import click

from bank_client import Approval, DeskAccount, Verification
from console import errands, live, rows
from console.commands import visiting
from console.visit import Visit

T = TypeVar("T")
_STATES = click.Choice(["pending", "executed", "rejected", "void", "expired"])
_limit = click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="How many."
)
_reason = click.option("--reason", required=True, help="Why; it is written into the audit.")


@click.group(name="banker")
def banker() -> None:
    """What bankers do: accounts, transactions, four eyes, the books."""


@banker.command(name="accounts")
@click.option("--status", type=click.Choice(["open", "frozen", "closed"]))
@click.option("--search", help="The beginning of a name, a user name or a number.")
@click.option("--sort", type=click.Choice(["newest", "oldest", "balance", "-balance", "name"]))
@_limit
@visiting
def accounts(visit: Visit, limit: int, **filters: str | None) -> None:
    """Show all customers' accounts."""
    show_accounts(visit, limit, **filters)


@banker.command(name="transactions")
@click.option("--account", help="Only of this account.")
@click.option("--actor", help="Only of this user.")
@click.option("--kind", help="Only of this kind: deposit, withdrawal, transfer ...")
@_limit
@visiting
def transactions(visit: Visit, limit: int, **filters: str | None) -> None:
    """Show all customers' transactions, newest first."""
    show_transactions(visit, limit, **filters)


@banker.command(name="account")
@click.argument("number")
@visiting
def account(visit: Visit, number: str) -> None:
    """Show one account."""
    show_account(visit, account_of(visit, number))


@banker.command(name="freeze")
@click.argument("number")
@_reason
@visiting
def freeze(visit: Visit, number: str, reason: str) -> None:
    """Stop money from leaving an account, at once."""
    do_freeze(visit, account_of(visit, number), reason)


@banker.command(name="unfreeze")
@click.argument("number")
@_reason
@visiting
def unfreeze(visit: Visit, number: str, reason: str) -> None:
    """Propose to let money leave an account again; another banker approves it."""
    do_unfreeze(visit, account_of(visit, number), reason)


@banker.command(name="approvals")
@click.option("--status", type=_STATES, default="pending", show_default=True)
@_limit
@visiting
def approvals(visit: Visit, limit: int, status: str) -> None:
    """Show what was proposed."""
    found = taken(visit, visit.banker.approvals(status=status, page_size=min(limit, 100)), limit)
    wide = visit.screen.wide
    visit.screen.rows(found, (rows.approval(each, wide=wide) for each in found))


@banker.command(name="approval")
@click.argument("id")
@visiting
def approval(visit: Visit, id: str) -> None:
    """Show one proposal with what it would do."""
    with visit.screen.busy():
        found = visit.banker.approval(id)
    show_approval(visit, found)


@banker.command(name="approve")
@click.argument("id")
@click.option("--effect", help="The effect_hash that you were shown; else nothing was compared.")
@click.option("--reason", default="", help="Why.")
@visiting
def approve(visit: Visit, id: str, effect: str | None, reason: str) -> None:
    """Do what another banker proposed."""
    with visit.screen.busy():
        found = visit.banker.approval(id)
    if effect and effect != found.effect_hash:
        raise click.ClickException("It is not what you were shown any more. Nothing was done.")
    show_approval(visit, approved(visit, found, reason))


@banker.command(name="reject")
@click.argument("id")
@_reason
@visiting
def reject(visit: Visit, id: str, reason: str) -> None:
    """Reject a proposal, or withdraw your own."""
    do_reject(visit, id, reason)


@banker.command(name="books")
@click.option("--full", is_flag=True, help="Walk everything again, not only what is new.")
@visiting
def books(visit: Visit, full: bool) -> None:
    """Show the state of the books; exit code 1 where a rule is broken."""
    if not show_books(visit, full=full).ok:
        click.get_current_context().exit(1)


@banker.command(name="live")
@visiting
def follow(visit: Visit) -> None:
    """Show new transactions as they happen, until Ctrl-C."""
    live.follow(visit)


def taken(visit: Visit, listed: Iterable[T], limit: int) -> list[T]:
    """The first ones of a list."""
    with visit.screen.busy():
        return list(islice(listed, limit))


def account_of(visit: Visit, number: str) -> DeskAccount:
    """One account, as it is now."""
    with visit.screen.busy():
        return visit.banker.account(number)


def do_freeze(visit: Visit, found: DeskAccount, reason: str) -> None:
    """Freeze an account and show it."""
    with visit.screen.busy():
        frozen = visit.banker.freeze(found, reason)
    visit.screen.good("Frozen.")
    show_account(visit, frozen)


def do_unfreeze(visit: Visit, found: DeskAccount, reason: str) -> None:
    """Propose to unfreeze an account and show the proposal."""
    with visit.screen.busy():
        proposed = visit.banker.unfreeze(found, reason)
    visit.screen.good("Proposed: another banker has to approve it.")
    show_approval(visit, proposed)


def do_reject(visit: Visit, id: str, reason: str) -> None:
    """Reject a proposal and show what became of it."""
    with visit.screen.busy():
        rejected = visit.banker.reject(id, reason)
    show_approval(visit, rejected)


def show_accounts(
    visit: Visit, limit: int, *, status: str | None = None, search: str | None = None,
    sort: str | None = None,
) -> None:  # fmt: skip
    """All customers' accounts."""
    size = min(limit, 100)
    listed = visit.banker.accounts(status=status, words=search, sort=sort, page_size=size)
    found, wide = taken(visit, listed, limit), visit.screen.wide
    visit.screen.rows(found, (rows.desk_account(each, wide=wide) for each in found))


def show_transactions(visit: Visit, limit: int, **filters: Any) -> None:
    """All customers' transactions."""
    listed = visit.banker.transactions(page_size=min(limit, 100), **filters)
    found, wide = taken(visit, listed, limit), visit.screen.wide
    visit.screen.rows(found, (rows.desk_transaction(each, wide=wide) for each in found))


def show_account(visit: Visit, found: DeskAccount) -> None:
    """One account, in full."""
    visit.screen.facts(
        found, account=found.number, name=found.name, customer=found.customer, user=found.owner,
        status=found.status, balance=found.balance, available=found.available, held=found.held,
        transactions=found.transactions, opened=found.opened_at,
    )  # fmt: skip


def show_approval(visit: Visit, found: Approval) -> None:
    """One proposal, with each thing that would become another."""
    effect = {
        f"{each.what} of {each.object}": f"{each.before} > {each.after} {each.currency or ''}"
        for each in found.effect
    }
    visit.screen.facts(
        found, id=found.id, kind=found.kind, subject=found.subject, maker=found.maker,
        reason=found.reason, status=found.status, until=found.expires_at,
        decided_by=found.decided_by, **effect, effect_hash=found.effect_hash, link=found.link,
    )  # fmt: skip


def show_books(visit: Visit, *, full: bool) -> Verification:
    """The state of the books."""
    with visit.screen.busy("Walking the books ..."):
        found = visit.banker.verify(full=full)
    state = "in order" if found.ok else f"NOT in order: {len(found.findings)} findings"
    visit.screen.facts(
        found, books=state, accounts=found.accounts, transactions=found.transactions,
        lines_walked=found.lines, events_walked=found.events, checked=found.checked_at,
    )  # fmt: skip
    for each in found.findings:
        visit.screen.say(f"{each.rule}: {each.account} {each.seq}: {each.detail}")
    return found


def approved(visit: Visit, found: Approval, reason: str) -> Approval:
    """A proposal that was approved just as it was shown."""
    bank = visit.banker
    return errands.proved(
        visit, bank, lambda code: bank.approve(found, reason, code=code), "approve",
        approval=found.id,
    )  # fmt: skip

"""What a table shows of each answer; on a wide screen, a little more."""

from __future__ import annotations

from bank_client import Account, Approval, DeskAccount, DeskTransaction, Transaction

Row = dict[str, object]


def transaction(one: Transaction, *, wide: bool) -> Row:
    """A customer's transaction."""
    row: Row = {"time": one.at, "kind": one.kind, "amount": one.amount, "balance": one.balance}
    more: Row = {"to": one.counterparty, "seq": one.seq} if wide else {}
    return {**row, **more, "memo": one.memo}


def account(one: Account) -> Row:
    """A customer's own account."""
    return {
        "account": one.number, "status": one.status, "balance": one.balance,
        "available": one.available, "name": one.name,
    }  # fmt: skip


def desk_account(one: DeskAccount, *, wide: bool) -> Row:
    """Any account, for bankers."""
    row: Row = {"account": one.number, "status": one.status, "balance": one.balance}
    more: Row = {"available": one.available, "transactions": one.transactions} if wide else {}
    return {**row, **more, "owner": one.owner, "customer": one.customer}


def desk_transaction(one: DeskTransaction, *, wide: bool) -> Row:
    """Any transaction, for bankers."""
    row: Row = {"time": one.at, "kind": one.kind, "amount": one.amount, "accounts": _ends(one)}
    more: Row = {"by": one.actor, "id": one.id} if wide else {}
    return {**row, **more, "memo": one.memo}


def approval(one: Approval, *, wide: bool) -> Row:
    """A proposal."""
    row: Row = {"id": one.id, "kind": one.kind, "subject": one.subject, "maker": one.maker}
    more: Row = {"until": one.expires_at, "reason": one.reason} if wide else {}
    return {**row, "status": one.status, **more}


def _ends(one: DeskTransaction) -> str:
    """From where to where the money went."""
    sources = [each.account for each in one.lines if each.amount.minor < 0]
    targets = [each.account for each in one.lines if each.amount.minor > 0]
    return f"{', '.join(sources)} > {', '.join(targets)}"

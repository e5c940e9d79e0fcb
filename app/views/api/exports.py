"""Lists as CSV, streamed, and a transaction as a row of either form.

A file is made while it is sent, when its request is over: what is handed in may not ask for it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from flask import Response

from app.controllers.desk import Account, Transaction, User
from app.controllers.dossiers import TransactionDossier
from app.controllers.receipts import Party, View
from app.views.api.representations import masked_email, masked_phone, rfc3339

NamesOf = Callable[[list[str]], Mapping[str, str]]
PartiesOf = Callable[[list[View]], Mapping[str, Party]]
Row = TypeVar("Row")
_ROWS_AT_ONCE = 200
# What begins a formula; the last four are the wide forms of Asian keyboards.
_FORMULA = ("=", "+", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff20", "\uff0d")
_ACCOUNT_COLUMNS = (
    "account", "customer", "owner", "name", "status", "balance", "available", "currency",
    "transactions", "opened_at",
)  # fmt: skip
_TRANSACTION_COLUMNS = (
    "id", "at", "kind", "actor", "account", "amount", "balance", "currency", "seq", "memo",
    "reference", "reverses", "hash",
)  # fmt: skip
_HISTORY_COLUMNS = (
    "at", "kind", "amount", "balance", "currency", "counterparty_name", "counterparty", "memo",
    "reference", "account", "seq", "id", "reverses",
)  # fmt: skip
_CUSTOMER_COLUMNS = ("id", "username", "name", "email", "phone", "status", "created_at")


def accounts(found: Iterable[Account]) -> Response:
    """A CSV file of accounts."""
    return _file("accounts.csv", _ACCOUNT_COLUMNS, map(_account_cells, found))


def customers(found: Iterable[User]) -> Response:
    """A CSV file of customers, their addresses masked."""
    return _file("customers.csv", _CUSTOMER_COLUMNS, map(_customer_cells, found))


def transactions(found: Iterable[Transaction], names: NamesOf) -> Response:
    """A CSV file of transactions, one row for each line on a customer's account.

    `names` tells the user names of the actors, a chunk of them at a time.
    """
    rows = (
        cells
        for chunk in _chunks(found)
        for cells in _transaction_cells(chunk, names([each.actor for each in chunk]))
    )
    return _file("transactions.csv", _TRANSACTION_COLUMNS, rows)


def history(found: Iterable[View], parties_of: PartiesOf) -> Response:
    """A CSV file of what happened on a customer's account, for the customer.

    `parties_of` tells who is on the other side, of a chunk of them at a time.
    """
    rows = (cells for chunk in _chunks(found) for cells in _history_cells(chunk, parties_of(chunk)))
    return _file("transactions.csv", _HISTORY_COLUMNS, rows)


def rows(found: list[Transaction], names: NamesOf) -> list[dict[str, Any]]:
    """Transactions as `row` shows them, with the user names of who made them."""
    known = names([each.actor for each in found])
    return [row(each, known.get(each.actor, each.actor)) for each in found]


def row(transaction: Transaction, actor: str) -> dict[str, Any]:
    """A transaction with all its lines, for the representation."""
    money = transaction.money
    lines: list[dict[str, Any]] = [
        {
            "account": line.account,
            "amount": money(line.amount_minor),
            "balance": money(line.balance_minor),
            "seq": line.seq,
        }
        for line in transaction.entries
    ]
    lines += [
        {"account": line.account, "amount": money(line.amount_minor), "balance": None, "seq": None}
        for line in transaction.contra
    ]
    return {
        "id": transaction.id,
        "kind": transaction.kind,
        "at": transaction.at,
        "actor": actor,
        "amount": max((line["amount"] for line in lines), key=lambda amount: amount.minor),
        "lines": lines,
        "memo": transaction.memo,
        "reference": transaction.reference,
        "reverses": transaction.reversed_id,
        "hash": transaction.hash,
    }


def in_full(dossier: TransactionDossier) -> dict[str, Any]:
    """A transaction with what stands around it, for the representation."""
    shown = row(dossier.transaction, dossier.actor)
    places: list[str | None] = [entry.prev for entry in dossier.transaction.entries]
    places += [None] * len(dossier.transaction.contra)
    return shown | {
        "lines": [line | {"prev": p} for line, p in zip(shown["lines"], places, strict=True)],
        "key": dossier.transaction.key,
        "reversals": [each.id for each in dossier.reversals],
        "left": dossier.left,
    }


def _account_cells(account: Account) -> list[str]:
    return [
        account.number,
        account.customer,
        account.username,
        account.name,
        account.status,
        account.balance.amount,
        account.available.amount,
        account.currency,
        str(account.seq),
        rfc3339(account.opened_at),
    ]


def _history_cells(chunk: list[View], parties: Mapping[str, Party]) -> Iterator[list[str]]:
    for view in chunk:
        transaction = view.transaction
        other = parties.get(transaction.id)
        yield [
            rfc3339(transaction.at),
            transaction.kind,
            view.amount.amount,
            view.balance.amount,
            transaction.currency,
            other.name if other else "",
            view.counterparty or "",
            transaction.memo,
            transaction.reference,
            view.account,
            str(view.entry.seq),
            transaction.id,
            transaction.reversed_id or "",
        ]


def _customer_cells(user: User) -> list[str]:
    return [
        user.id,
        user.username,
        user.name,
        masked_email(user.email) or "",
        masked_phone(user.phone) or "",
        user.status,
        rfc3339(user.created_at),
    ]


def _chunks(found: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(found)
    while chunk := list(islice(iterator, _ROWS_AT_ONCE)):
        yield chunk


def _transaction_cells(chunk: list[Transaction], names: Mapping[str, str]) -> Iterator[list[str]]:
    for transaction, line in ((each, line) for each in chunk for line in each.entries):
        yield [
            transaction.id,
            rfc3339(transaction.at),
            transaction.kind,
            names.get(transaction.actor, transaction.actor),
            line.account,
            transaction.money(line.amount_minor).amount,
            transaction.money(line.balance_minor).amount,
            transaction.currency,
            str(line.seq),
            transaction.memo,
            transaction.reference,
            transaction.reversed_id or "",
            transaction.hash,
        ]


def _file(name: str, columns: Iterable[str], rows: Iterable[list[str]]) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(_lines(columns, rows), headers=headers, content_type="text/csv; charset=utf-8")


def _lines(columns: Iterable[str], rows: Iterable[list[str]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for count, cells in enumerate(rows, 1):
        writer.writerow(map(_harmless, cells))
        if count % _ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; amounts stay numbers."""
    if cell[:1] in _FORMULA:
        return f"'{cell}"
    if cell.startswith("-") and not cell[1:].replace(".", "", 1).isdigit():
        return f"'{cell}"
    return cell

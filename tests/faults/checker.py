"""Judges a run by its history and by the final database alone; it shares no code with the bank.

    python -m tests.faults.checker HISTORY MONGO_URI DATABASE

prints what was wrong, one line for each violation, and exits with 1; with 0 if nothing was. A line
begins with the rule that was broken:

    zero-sum        the lines of a transaction, or all money of a currency, do not add up to 0
    balance         an account does not hold the sum of its entries, or an entry's is not the
                    running sum
    history         an account does not hold what the movements of the history come to
    negative        a balance below zero, of an account or of an entry
    seq             an account's entries are not numbered 1, 2, 3 ... up to the account's own seq
    prev, head      the chain of hashes of an account is broken, or the account has another end
    hash            a transaction is not what its hash was made of
    orphan          an entry on an account that does not exist
    lost            an acknowledged key has no transaction, or an account of the run is not there
    duplicate       a key has more than one transaction
    mistaken        a transaction is not the one that was acknowledged, or not what was asked for
    moved           a key that was refused, or never applied, has a transaction
    invented        a transaction whose key is not in the history
    record          a key's record and its transaction do not name each other
    contradiction   one key was acknowledged and refused, or asked for two things
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from tests.faults.chain import genesis, hash_of
from tests.faults.history import read

Document = Mapping[str, Any]
NO_KEY = "none"
"""Stands for the key of a transaction that has none."""


@dataclass
class Asked:
    """Everything that the history says about one key."""

    kind: str
    account: str
    to: str | None
    minor: int
    acknowledged: set[str] = field(default_factory=set)
    refused: bool = False
    open_tries: set[int] = field(default_factory=set)

    @property
    def lines(self) -> Counter[str]:
        """What it moves, by account; the bank's own side is cash."""
        sign = 1 if self.kind == "deposit" else -1
        return Counter({self.account: sign * self.minor, self.to or "cash": -sign * self.minor})


@dataclass
class Books:
    """The final database: accounts by number, transactions, records by key."""

    accounts: Mapping[str, Document]
    transactions: Sequence[Document]
    records: Mapping[str, Document]
    entries: dict[str, list[tuple[Document, Document]]] = field(default_factory=dict)
    """Each account's entries, with their transactions, by `seq`."""

    @classmethod
    def of(cls, database: Database[dict[str, Any]]) -> Books:
        """Read it all."""
        accounts = {found["_id"]: found for found in database["accounts"].find()}
        records = {_key(found["_id"]): found for found in database["idempotency"].find()}
        books = cls(accounts, list(database["transactions"].find()), records)
        entries = defaultdict(list)
        for transaction in books.transactions:
            for entry in transaction["entries"]:
                entries[entry["account"]].append((entry, transaction))
        for account, own in entries.items():
            books.entries[account] = sorted(own, key=lambda each: int(each[0]["seq"]))
        return books


def check(history: Path, database: Database[dict[str, Any]]) -> list[str]:
    """Every violation, in words; the database is read by its administrator, after the run."""
    asked, accounts, contradictions = _read_history(history)
    books = Books.of(database)
    made = defaultdict(list)
    for transaction in books.transactions:
        made[_key(transaction["key"])].append(transaction)
    return [
        *contradictions,
        *_check_transactions(books),
        *(wrong for number in books.accounts for wrong in _check_account(books, number)),
        *(f"orphan: {number}" for number in books.entries if number not in books.accounts),
        *(f"lost: account {number}" for number in accounts - {*books.accounts}),
        *_check_totals(books),
        *(wrong for key, each in asked.items() for wrong in _check_key(key, each, made[key])),
        *(f"invented: {key}" for key, found in made.items() if found and key not in asked),
        *_check_records(books, made),
        *_check_against_history(books, asked, made),
    ]


def tallied(violations: Sequence[str]) -> dict[str, int]:
    """The violations as the figures of a report: money adrift, below zero, lost, made twice."""
    rules = Counter(violation.partition(":")[0] for violation in violations)
    drift = sum(rules[rule] for rule in ("zero-sum", "balance", "history"))
    return {"drift": drift} | {rule: rules[rule] for rule in ("negative", "lost", "duplicate")}


def _read_history(path: Path) -> tuple[dict[str, Asked], set[str], list[str]]:
    """What was asked for, by key; the accounts of the run; where the history itself cannot be."""
    asked: dict[str, Asked] = {}
    accounts: set[str] = set()
    tries: dict[int, str] = {}
    wrong: list[str] = []
    for line in read(path):
        if line["event"] == "account":
            accounts.add(line["account"])
        elif line["event"] == "invoke":
            movement = (line["kind"], line["account"], line["to"], line["minor"])
            each = asked.setdefault(line["key"], Asked(*movement))
            if (each.kind, each.account, each.to, each.minor) != movement:
                wrong.append(f"contradiction: {line['key']} asked for two things")
            tries[line["id"]] = line["key"]
            each.open_tries.add(line["id"])
        else:
            _note_answer(asked[tries[line["id"]]], line)
    for key, each in asked.items():
        if each.acknowledged and each.refused:
            wrong.append(f"contradiction: {key} was acknowledged and refused")
    return asked, accounts, wrong


def _note_answer(asked: Asked, line: Document) -> None:
    if line["event"] != "unknown":
        asked.open_tries.discard(line["id"])
    if line["event"] == "ok":
        asked.acknowledged.add(line["transaction"])
    asked.refused |= line["event"] == "refused"


def _check_transactions(books: Books) -> Iterator[str]:
    for transaction in books.transactions:
        lines = [*transaction["entries"], *transaction["contra"]]
        if sum(line["amount"] for line in lines) != 0:
            yield f"zero-sum: transaction {transaction['_id']}"
        if hash_of(transaction) != transaction["hash"]:
            yield f"hash: transaction {transaction['_id']}"


def _check_totals(books: Books) -> Iterator[str]:
    """What customers hold and what stands on the bank's own accounts is nothing together."""
    totals: Counter[str] = Counter()
    for account in books.accounts.values():
        totals[account["currency"]] += account["balance"]
    for transaction in books.transactions:
        totals[transaction["currency"]] += sum(line["amount"] for line in transaction["contra"])
    yield from (f"zero-sum: {name} by {total}" for name, total in totals.items() if total)


def _check_account(books: Books, number: str) -> Iterator[str]:
    account, entries = books.accounts[number], books.entries.get(number, [])
    numbers = [int(entry["seq"]) for entry, _ in entries]
    if numbers != list(range(1, account["seq"] + 1)):
        wrong = sorted({*numbers} ^ {*range(1, account["seq"] + 1)})[:9]
        yield f"seq: account {number} is at {account['seq']}, missing or too many: {wrong}"
    before, running = genesis(account), 0
    for entry, transaction in entries:
        place = f"account {number} seq {entry['seq']}"
        running += entry["amount"]
        if entry["balance"] != running:
            yield f"balance: {place} says {entry['balance']}, not {running}"
        if entry["balance"] < 0:
            yield f"negative: {place} holds {entry['balance']}"
        if entry["prev"] != before:
            yield f"prev: {place}"
        if transaction["currency"] != account["currency"]:
            yield f"zero-sum: {place} is of another currency"
        before = transaction["hash"]
    if account["head"] != before:
        yield f"head: account {number}"
    if account["balance"] != running:
        yield f"balance: account {number} holds {account['balance']}, not {running}"
    if account["balance"] - account["held"] < 0:
        yield f"negative: account {number} holds {account['balance']}"


def _check_key(key: str, asked: Asked, made: Sequence[Document]) -> Iterator[str]:
    """The one outcome of a key is what was answered, and what was asked for."""
    if len(made) > 1:
        yield f"duplicate: {key} has {len(made)} transactions"
    if asked.acknowledged and not made:
        yield f"lost: {key} was acknowledged"
    if made and not asked.acknowledged and (asked.refused or not asked.open_tries):
        yield f"moved: {key} was {'refused' if asked.refused else 'not applied'}"
    for found in made:
        if asked.acknowledged - {found["_id"]}:
            yield f"mistaken: {key} is {found['_id']}, acknowledged as {asked.acknowledged}"
        lines: Counter[str] = Counter()
        for line in (*found["entries"], *found["contra"]):
            lines[line["account"]] += line["amount"]
        if (found["kind"], dict(lines)) != (asked.kind, dict(asked.lines)):
            yield f"mistaken: {key} asked for {asked.kind} {dict(asked.lines)}, made {dict(lines)}"


def _check_records(books: Books, made: Mapping[str, Sequence[Document]]) -> Iterator[str]:
    for key, found in made.items():
        if key == NO_KEY:
            continue
        named = books.records.get(key, {}).get("transaction")
        yield from (f"record: of {key} names {named}" for each in found if each["_id"] != named)
    for key, record in books.records.items():
        if record["transaction"] and not made.get(key):
            yield f"record: of {key} names a transaction that is not there"


def _check_against_history(
    books: Books, asked: Mapping[str, Asked], made: Mapping[str, Sequence[Document]]
) -> Iterator[str]:
    """What was acknowledged, and what of the unknown was done, is what the accounts hold."""
    expected: Counter[str] = Counter()
    for key, each in asked.items():
        done = each.acknowledged or (made.get(key) and each.open_tries and not each.refused)
        expected.update(each.lines if done else {})
    del expected["cash"]
    for number in {*books.accounts, *expected}:
        holds = books.accounts.get(number, {}).get("balance", 0)
        if holds != expected[number]:
            yield f"history: account {number} holds {holds}, not {expected[number]}"


def _key(stored: str | None) -> str:
    """A key is stored with the user whose it is: <user>:<key>."""
    return (stored or NO_KEY).rpartition(":")[2]


def main(history: str, uri: str, name: str) -> int:
    """Print every violation; 1 if there is one, else 0."""
    with MongoClient[dict[str, Any]](uri, tz_aware=True, readConcernLevel="majority") as client:
        violations = check(Path(history), client[name])
    sys.stdout.writelines(f"{violation}\n" for violation in violations)
    sys.stdout.write(f"{len(violations)} violations\n")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
